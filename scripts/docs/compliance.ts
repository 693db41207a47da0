// docs/compliance.md: the controls of docs/compliance.yaml beside what the fleet really declares. Whatever a control names must exist.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { check, parseSource } from '../../src/compile.ts'
import type { Compliance } from '../../src/fleet/data-types.ts'
import { recordKeeping } from '../../src/fleet/record-keeping.ts'
import { composeTarget } from '../../src/fleet/targets.ts'
import type { Fleet, Service } from '../../src/fleet/types.ts'
import { rules } from '../../src/rules/index.ts'
import { serverChecks } from '../../src/runtime/verify/checks/index.ts'
import { memoryCache } from '../../src/source/sql.ts'

/** Where something is enforced, or the check that shows it: `setting ssl`, `sql users audit.events`, `rule durability`, `verify grants`, or a path. */
type Place = string

type Regulation = {
  readonly title: string
  readonly controls: readonly {
    readonly requirement: string
    readonly how: string
    readonly where: readonly Place[]
    readonly shown: readonly Place[]
  }[]
  readonly notCovered: readonly string[]
}

export async function complianceDoc(): Promise<string> {
  const regulations = parse(readFileSync('docs/compliance.yaml', 'utf8')) as Record<Compliance, Regulation>
  const fleet = await theFleet()
  const sections = Object.entries(regulations).map(([tag, regulation]) => section(tag as Compliance, regulation, fleet))
  return `# Compliance

What this fleet does about the regulations that its services are tagged with in services.yaml, where each control is enforced, which check
shows that it holds, and what is not covered. Configuration can give evidence; it cannot certify. Generated from docs/compliance.yaml and
services.yaml by \`npm run docs\`, which fails when a setting, an object, a rule or a test that is named here does not exist.

${sections.join('\n')}`
}

function section(tag: Compliance, { title, controls, notCovered }: Regulation, fleet: Fleet): string {
  const services = fleet.services.filter(({ compliance }) => compliance.includes(tag))
  if (services.length === 0) throw new Error(`docs/compliance.yaml: no service is tagged ${tag}`)
  const rows = controls.map(({ requirement, how, where, shown }) => {
    const places = (names: readonly Place[]) => names.map((name) => described(name, services, fleet)).join('<br>')
    return `| ${requirement} | ${how} | ${places(where)} | ${places(shown)} |`
  })
  return `## ${title}

Tagged \`${tag}\`: ${services.map(({ key }) => key).join(', ')}.

| requirement | control | enforced in | shown by |
|---|---|---|---|
${rows.join('\n')}

${retention(tag, services)}${readers(services)}
Not covered:

${notCovered.map((text) => `- ${text}`).join('\n')}
`
}

/** What is named, with the value that it has in the services that are tagged. Throws when it does not exist. */
function described(place: Place, services: readonly Service[], fleet: Fleet): string {
  const [kind = '', ...words] = place.split(' ')
  const missing = () => new Error(`docs/compliance.yaml: there is no ${place}`)
  if (kind === 'setting') {
    const values = new Set(services.map(({ settings }) => settings.find(({ name }) => name === words[0])?.value))
    if (values.has(undefined) || values.size !== 1)
      throw new Error(`docs/compliance.yaml: ${place} is not the same in all services that are tagged`)
    return `\`${words[0]} = ${[...values][0]}\``
  }
  if (kind === 'sql') {
    const [key, name = ''] = words
    const service = fleet.services.find((each) => each.key === key)
    const object = new RegExp(`\\bCREATE[A-Z ]* ${name.replaceAll('.', '\\.')}\\b`)
    if (!service?.migrations.some(({ statements }) => statements.some(({ text }) => object.test(text)))) throw missing()
    return `${key}: \`${name}\``
  }
  if (kind === 'rule') {
    if (!rules.some(({ code }) => code === words[0])) throw missing()
    return `rule [${words[0]}](rules.md#${words[0]})`
  }
  if (kind === 'verify') {
    if (!serverChecks.some(({ id }) => id === words[0])) throw missing()
    return `\`pgfleet verify\`: ${words[0]}`
  }
  if (!existsSync(place)) throw missing()
  return `[${place}](../${place})`
}

function retention(tag: Compliance, services: readonly Service[]): string {
  const least = recordKeeping[tag]
  const rows = services.flatMap(({ key, timeseries, retention }) =>
    [...timeseries, ...retention]
      .filter(({ compliance, keep }) => keep && compliance.includes(tag))
      .map(({ schema, table, keep }) => `| ${key} | \`${schema}.${table}\` | ${keep!.text} |`),
  )
  if (rows.length === 0) return ''
  const minimum = least
    ? `at least ${least.keep.text} (${least.source}); rule [retention-below-compliance](rules.md#retention-below-compliance)`
    : 'no minimum'
  return `Rows that are deleted by age, every night (${minimum}); tables that are not named are kept:

| service | table | kept for |
|---|---|---|
${rows.join('\n')}

`
}

function readers(services: readonly Service[]): string {
  const rows = services.map(({ key, readable }) => {
    const what =
      readable === undefined
        ? 'everything'
        : readable.map(({ schema, table }) => `\`${table === undefined ? schema : `${schema}.${table}`}\``).join(', ')
    return `| ${key} | ${what} |`
  })
  return `What read-only roles may read:

| service | schemas, tables and views |
|---|---|
${rows.join('\n')}

`
}

async function theFleet(): Promise<Fleet> {
  const source = parseSource('services.yaml', readFileSync('services.yaml', 'utf8'))
  if (!source.value) throw new Error('services.yaml does not fit its schema')
  const names = ['sql', 'seed'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  )
  const sql = new Map(names.filter((name) => name.endsWith('.sql')).map((name) => [name, readFileSync(name, 'utf8')]))
  const { fleet, diagnostics } = await check(source.value, sql, { target: composeTarget(), cache: memoryCache() })
  if (!fleet) throw new Error(`services.yaml has errors: ${diagnostics[0]?.message}`)
  return fleet
}
