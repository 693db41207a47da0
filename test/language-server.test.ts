import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LanguageServer, startLanguageServer } from './support/language-server.ts'

// What an editor offers for a services.yaml whose first line names the schema. `|` marks the cursor.

const root = pathToFileURL(`${process.cwd()}/`).href
const uri = `${root}services.yaml`
let server: LanguageServer
let version = 0

beforeAll(async () => {
  server = await startLanguageServer(root)
  server.tell('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version, text: '' } })
})
afterAll(() => server.stop())

function at(marked: string): { textDocument: { uri: string }; position: { line: number; character: number } } {
  const before = marked.slice(0, marked.indexOf('|')).split('\n')
  server.tell('textDocument/didChange', { textDocument: { uri, version: ++version }, contentChanges: [{ text: marked.replace('|', '') }] })
  return { textDocument: { uri }, position: { line: before.length - 1, character: before.at(-1)!.length } }
}

const modeline = '# yaml-language-server: $schema=schema/services.schema.json\n'

async function completions(marked: string): Promise<string[]> {
  const { items } = (await server.ask('textDocument/completion', at(modeline + marked))) as { items: { label: string }[] }
  return items.map(({ label }) => label)
}

async function hover(marked: string): Promise<string> {
  const { contents } = (await server.ask('textDocument/hover', at(modeline + marked))) as { contents: { value: string } }
  return contents.value
}

test('completes the keys of a service', async () => {
  const labels = await completions('services:\n  orders:\n    |\n')
  expect(labels).toEqual(expect.arrayContaining(['port', 'memory', 'workload', 'pool', 'extensions', 'settings', 'backup']))
})

test('completes the keys at the root', async () => {
  expect(await completions('|\n')).toEqual(expect.arrayContaining(['version', 'fleet', 'host', 'services']))
})

test('completes the values of an enum', async () => {
  const labels = await completions('services:\n  orders:\n    workload: |\n')
  expect(labels).toEqual(expect.arrayContaining(['oltp', 'timeseries', 'analytics', 'ledger', 'queue', 'search']))
})

test('shows the title, the description and an example of a field', async () => {
  const text = await hover('services:\n  orders:\n    mem|ory: 8GiB\n')
  expect(text).toContain('Memory limit of the server.')
  expect(text).toContain('8GiB')
})

test('explains a value that does not fit in the words of the schema', async () => {
  const messages = (params: unknown) => (params as { diagnostics: { message: string }[] }).diagnostics.map(({ message }) => message)
  // The first edits of this file are checked with a delay, so their results may come first.
  const published = server.next('textDocument/publishDiagnostics', (params) => messages(params).some((message) => message.includes('KiB')))
  at(
    `${modeline}version: 1\nfleet: demo\nhost: { memory: 1GiB, cpus: 1, disk: 1GiB }\nservices: { orders: { port: 5433, memory: 8GB| } }\n`,
  )
  expect(messages(await published)).toEqual(['use KiB, MiB, GiB or TiB, e.g. 8GiB'])
})
