import type { Migration } from '../../fleet/data-types.ts'
import { serviceSchemas } from '../../fleet/database-names.ts'
import type { Service } from '../../fleet/types.ts'
import type { Draft } from './draft.ts'
import { kindOf, pairs } from './pairs.ts'
import type { ServiceScope } from './scope.ts'
import type { DestroyRule } from './types.ts'

/** Files of the SQL folder: each is applied once, so a new one is the only change that does anything. */
export function migrationChanges(scope: ServiceScope): Draft[] {
  const { name, before, after } = scope
  const at = { base: [...before.origin, 'sql'], head: [...after.origin, 'sql'] }
  return pairs(before.migrations, after.migrations, (file) => file.name).flatMap((pair): Draft[] => {
    const { key, before: old, after: now } = pair
    if (old?.sha256 === now?.sha256) return []
    const own = {
      target: `${name}/sql/${key}`,
      area: 'sql' as const,
      kind: kindOf(pair),
      service: after.key,
      subject: `SQL ${key}`,
      migrates: true,
      on: [after.host],
      at,
    }
    if (!old) return [{ ...own, effect: 'reload', after: statements(now!), ...contentOf(now!, scope) }]
    if (!now)
      return [
        {
          ...own,
          before: statements(old),
          advice: 'a file that was applied must stay: pgfleet apply refuses to go on without it. New databases no longer get what it makes',
        },
      ]
    return [
      {
        ...own,
        before: statements(old),
        after: statements(now),
        advice: 'a file that was applied must not change: pgfleet apply refuses it. Put the difference into a new file',
      },
    ]
  })
}

const statements = ({ statements: { length } }: Migration): string => `${length} statement${length === 1 ? '' : 's'}`

/** What is in a new file that a reader must not miss. */
function contentOf(file: Migration, { before, after }: ServiceScope): Pick<Draft, 'advice' | 'loses' | 'security'> {
  const takes = places(file, takesAway)
  const guards = places(file, guarded)
  const lost = lossOf(file, before, after)
  const advice = [refusalOf(file, before, after), takes && `takes something away: ${takes}`].filter(Boolean).join('; ')
  return {
    ...(advice ? { advice } : {}),
    ...(lost ? { loses: lost } : {}),
    ...(guards ? { security: `its SQL decides who may do what: ${guards}` } : {}),
  }
}

/** Why `pgfleet apply` refuses the file where the files before it were applied. */
function refusalOf({ name, sha256 }: Migration, before: Service, after: Service): string | undefined {
  const twin = before.migrations.find((other) => other.sha256 === sha256 && !after.migrations.some((file) => file.name === other.name))
  if (twin) return `it is ${twin.name} under another name: where that was applied pgfleet apply refuses it`
  const newest = before.migrations.at(-1)
  return newest && name < newest.name ? `it comes before ${newest.name}: where that was applied pgfleet apply refuses it` : undefined
}

/**
 * What takes rows, columns or what guards them away. Statements inside functions and DO are not looked at.
 * https://www.postgresql.org/docs/current/sql-altertable.html: the word COLUMN may be left out.
 */
const takesAway =
  /^\s*(?:drop\s|truncate\b|delete\s+from\b|with\b[\s\S]*\bdelete\s+from\b|alter\s+table\b[\s\S]*\bdrop\s+(?!not\s+null|default|identity|expression)|alter\s+table\b[\s\S]*\bdetach\s+partition\b)/i

/** What gives or takes privileges, or goes past them. */
const guarded =
  /^\s*(?:grant\b|alter\s+default\s+privileges\b|(?:create|alter|drop)\s+policy\b|(?:create|alter)\s+(?:role|user|group|server|subscription|publication|foreign\s+data\s+wrapper)\b|create\s+extension\b)|\bsecurity\s+definer\b|\b(?:disable|no\s+force)\s+row\s+level\s+security\b|\bdisable\s+trigger\b|\bowner\s+to\b|^\s*copy\b[\s\S]*\bprogram\b/i

/** A schema or an extension that the file drops; one that services.yaml no longer has either is told there. */
function lossOf(file: Migration, before: Service, after: Service): DestroyRule | undefined {
  const gone = (kind: string, names: (service: Service) => readonly string[], rule: DestroyRule) => {
    const made = before.migrations.flatMap(({ statements }) => statements).flatMap(({ schemas }) => schemas.makes)
    const known = [...names(before), ...(kind === 'schema' ? made : [])]
    const dropped = file.statements.flatMap(({ text }) => droppedBy(text, kind))
    const told = (name: string) => names(before).includes(name) && !names(after).includes(name)
    return dropped.some((name) => known.includes(name) && !told(name)) ? rule : undefined
  }
  return (
    gone('schema', serviceSchemas, 'schema-removed') ??
    gone('extension', ({ extensions }) => extensions.map(({ name }) => name), 'extension-removed')
  )
}

function droppedBy(text: string, kind: string): string[] {
  const found = new RegExp(`^drop\\s+${kind}\\s+(?:if\\s+exists\\s+)?([\\s\\S]+?)(?:\\s+(?:cascade|restrict))?\\s*$`, 'i').exec(bare(text))
  return (found?.[1] ?? '').split(',').map((name) => {
    const plain = name.trim()
    return plain.startsWith('"') ? plain.slice(1, -1).replaceAll('""', '"') : plain.toLowerCase()
  })
}

/** Without the comments before it, and with single blanks: no pattern has to go back over long ones. */
const bare = (text: string): string =>
  text
    .replace(/^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)+/, '')
    .replace(/\s+/g, ' ')
    .trim()

function places({ statements, path }: Migration, wanted: RegExp): string | undefined {
  const found = statements.filter(({ text }) => wanted.test(bare(text)))
  if (found.length === 0) return undefined
  const shown = found.slice(0, 3).map(({ at }) => `${path}:${at.start.line}`)
  return `${shown.join(', ')}${found.length > shown.length ? ` and ${found.length - shown.length} more` : ''}`
}
