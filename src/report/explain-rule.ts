import type { ExampleFiles, Rule } from '../rules/rule.ts'

/** A rule as text: what it is for, an example of each kind. */
export function explainRule({ code, severity, why, bad, good, files }: Rule): string {
  return `${code} (${severity})

${why}

Found in:

${example(bad, files?.bad)}
Fine:

${example(good, files?.good)}`
}

function example(yaml: string, files: ExampleFiles = {}): string {
  const sql = Object.entries(files).map(([path, text]) => `\n${indented(`-- ${path}\n${text}`)}`)
  return indented(yaml) + sql.join('')
}

const indented = (text: string): string => text.replace(/^(?=.)/gm, '    ')
