// docs/rules.md from the rules, with the messages that their examples really give.
import picocolors from 'picocolors'
import { check, parseSource } from '../../src/compile.ts'
import { composeTarget } from '../../src/fleet/targets.ts'
import { pretty } from '../../src/report/pretty.ts'
import { rules } from '../../src/rules/index.ts'
import type { ExampleFiles, Rule } from '../../src/rules/rule.ts'
import { memoryCache } from '../../src/source/sql.ts'

const cache = memoryCache()
const colors = picocolors.createColors(false)

export async function rulesDoc(): Promise<string> {
  const sections = await Promise.all(rules.map(section))
  return `# Rules

What \`pgfleet validate\` checks once services.yaml is YAML and fits its schema. Each has an example that is found and one that is fine;
\`pgfleet explain CODE\` shows the same. Generated from src/rules by \`npm run docs\`.

| code | severity |
|---|---|
${rules.map(({ code, severity }) => `| [${code}](#${code}) | ${severity} |`).join('\n')}

${sections.join('\n')}`
}

async function section(rule: Rule): Promise<string> {
  const { code, severity, why, bad, good, files } = rule
  return `## ${code}

${severity === 'error' ? 'Error' : 'Warning'}. ${why}

${example(bad, files?.bad)}
\`\`\`text
${await rendered(rule)}
\`\`\`

Fine:

${example(good, files?.good)}`
}

function example(yaml: string, files: ExampleFiles = {}): string {
  const sql = Object.entries(files).map(([path, content]) => `\n\`${path}\`\n\n\`\`\`sql\n${content}\`\`\`\n`)
  return `\`\`\`yaml\n${yaml}\`\`\`\n${sql.join('')}`
}

/** What a person sees who runs `pgfleet validate` on the bad example. */
async function rendered({ bad, files, code }: Rule): Promise<string> {
  const source = parseSource('services.yaml', bad)
  if (!source.value) throw new Error(`the bad example of ${code} does not fit the schema`)
  const sql = new Map(Object.entries(files?.bad ?? {}))
  const { diagnostics } = await check(source.value, sql, { target: composeTarget(), cache, today: '2026-06-01' })
  return diagnostics.map((diagnostic) => pretty(diagnostic, (name) => sql.get(name) ?? bad, colors)).join('\n\n')
}
