// What a generated text says, however it is put: two texts with the same substance do the same.
import { parseDuration } from '../../fleet/units.ts'
import { intervalText } from './kept-time.ts'

/**
 * Access rules or SQL without comments, empty lines and the hash of the whole, with intervals as what they mean. The order of lines and of
 * the items of a list is that of services.yaml, where it says nothing; of what it does say something, the search path, there is a change.
 */
export const substance = (text: string | undefined): string =>
  (text ?? '')
    .split('\n')
    .filter((line) => !/^\s*(#|--|;|$|INSERT INTO pgfleet\.init )/.test(line))
    .map((line) => items(line.replace(/[,;]$/, '').replace(interval, (_, words: string) => `'${intervalText(parseDuration(words))}'`)))
    .sort()
    .join('\n')

const interval = /'(\d+ (?:minute|hour|day|week|month|year)s?)'/g

/** Items of a list of names or strings, sorted. */
const items = (line: string): string =>
  line.replace(/(?:"[^"]*"|'[^']*')(?:, (?:"[^"]*"|'[^']*'))+/g, (list) => list.split(', ').sort().join(', '))

/** Whether two sections of a compose file make the same container: Compose hashes maps, and the order of their keys is nothing to it. */
export const sameDefinition = (a: string, b: string): boolean =>
  a === b || (sortedLines(a) === sortedLines(b) && definition(a) === definition(b))

/** Tells most texts that differ apart, without a look at what stands under what. */
const sortedLines = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .sort()
    .join('\n')

/** Each line under the keys that it stands under. */
function definition(text: string): string {
  const above: { indentation: number; key: string }[] = []
  const lines = text.split('\n').flatMap((line) => {
    if (line.trim() === '') return []
    const indentation = line.length - line.trimStart().length
    while ((above.at(-1)?.indentation ?? -1) >= indentation) above.pop()
    const path = above.map(({ key }) => key).join('/')
    // Lines of a file of variables are not indented.
    if (indentation > 0) above.push({ indentation, key: line.trim() })
    return [`${path}/${line.trim()}`]
  })
  return lines.sort().join('\n')
}
