import type { Colors } from 'picocolors/types.js'
import schema from '../../schema/services.schema.json' with { type: 'json' }
import { loadCatalogs } from '../fleet/catalog.ts'
import type { Fleet } from '../fleet/types.ts'
import { destroyRules } from '../plan/changes/types.ts'
import { rules } from '../rules/index.ts'
import { closest } from '../suggest.ts'
import { explainField, fieldNames } from './explain-field.ts'
import { explainLoss } from './explain-loss.ts'
import { explainRule } from './explain-rule.ts'
import { explainSetting, settingNamesOf } from './explain-setting.ts'
import { explainStage } from './explain-stage.ts'
import { visible } from './visible.ts'

/** `text` ends with a line feed. `ofServices`: with a fleet, it tells the value in each service. */
export type Explanation = { readonly known: boolean; readonly text: string; readonly ofServices?: boolean }

/**
 * Explains the code of a finding, a setting of PostgreSQL or PgBouncer, or a field of services.yaml. With a fleet, a setting comes with its value on
 * each server and why it has it. For an unknown word the text says which one was perhaps meant.
 */
export async function explain(word: string, fleet: Fleet | undefined, { bold }: Colors): Promise<Explanation> {
  const catalogs = await loadCatalogs([15, 16, 17, 18])
  const rule = rules.find(({ code }) => code === word)
  const setting = explainSetting(word, catalogs, fleet)
  const parts = [rule && explainRule(rule), explainLoss(word), explainStage(word), setting, explainField(word, schema)]
  const known = parts.filter((part) => part !== undefined)
  if (known.length > 0)
    return { known: true, text: known.map((part) => part.replace(/^.*/, bold)).join('\n'), ofServices: setting !== undefined }
  const meant = closest(word, [...rules.map(({ code }) => code), ...destroyRules, ...settingNamesOf(catalogs), ...fieldNames(schema)])
  const help = meant === undefined ? 'name a rule, a setting of PostgreSQL or a field of services.yaml' : `did you mean "${meant}"?`
  return { known: false, text: `nothing is known about "${visible(word)}": ${help}\n` }
}
