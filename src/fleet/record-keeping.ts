import type { Compliance } from './data-types.ts'
import { parseDuration } from './units.ts'

/**
 * How long a regulation wants records to be kept, at least, and where it says so. GDPR sets no minimum.
 * https://eur-lex.europa.eu/eli/dir/2014/65/oj, https://eur-lex.europa.eu/eli/dir/2015/849/oj, https://www.pcisecuritystandards.org/
 */
export const recordKeeping: Partial<Record<Compliance, { readonly keep: ReturnType<typeof parseDuration>; readonly source: string }>> = {
  mifid: { keep: parseDuration('5 years'), source: 'MiFID II, article 16(7)' },
  aml: { keep: parseDuration('5 years'), source: 'Directive (EU) 2015/849, article 40' },
  'pci-dss': { keep: parseDuration('1 year'), source: 'PCI DSS 4.0, requirement 10.5.1' },
}
