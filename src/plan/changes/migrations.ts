import type { Migration } from '../../fleet/data-types.ts'
import type { Draft } from './draft.ts'
import { kindOf, pairs } from './pairs.ts'
import type { ServiceScope } from './scope.ts'

/** Files of the SQL folder: each is applied once, so a new one is the only change that does anything. */
export function migrationChanges({ name, before, after }: ServiceScope): Draft[] {
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
    if (!old) return [{ ...own, effect: 'reload', after: statements(now!), ...taken(now!) }]
    if (!now)
      return [{ ...own, before: statements(old), advice: 'where it was applied, what it made stays; new databases no longer get it' }]
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

/** What takes rows or columns away. Statements inside functions are not looked at. */
const takes =
  /^\s*(?:drop\s+(?:table|schema|view|materialized\s+view|type|domain|sequence|extension|function|procedure)|truncate|delete\s+from|alter\s+table\b[\s\S]*\bdrop\s+(?:column|constraint))\b/i

function taken({ statements, path }: Migration): Pick<Draft, 'advice'> {
  const found = statements.filter(({ text }) => takes.test(text.replace(/^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)+/, '')))
  if (found.length === 0) return {}
  const shown = found.slice(0, 3).map(({ at }) => `${path}:${at.start.line}`)
  return {
    advice: `takes something away: ${shown.join(', ')}${found.length > shown.length ? ` and ${found.length - shown.length} more` : ''}`,
  }
}
