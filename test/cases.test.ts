import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Diagnostic, hasErrors } from '../src/diagnostic.ts'
import { oneLine } from '../src/report/oneline.ts'
import { parseDocument } from '../src/source/document.ts'
import { validateConfig } from '../src/source/validate.ts'

// test/cases/err/<case>.yaml -> <case>.out, one diagnostic per line; test/cases/ok holds what must pass. README.md there says what each attacks.

const folder = 'test/cases'
const cases = (kind: 'err' | 'ok'): string[] =>
  readdirSync(`${folder}/${kind}`).flatMap((file) => (file.endsWith('.yaml') ? [file.slice(0, -5)] : []))

function diagnose(kind: 'err' | 'ok', name: string): readonly Diagnostic[] {
  const document = parseDocument(`${name}.yaml`, readFileSync(`${folder}/${kind}/${name}.yaml`, 'utf8'))
  return [...document.diagnostics, ...(document.value ? validateConfig(document.value).diagnostics : [])]
}

describe('err', () => {
  test.each(cases('err'))('%s', async (name) => {
    const found = diagnose('err', name)
    expect(hasErrors(found)).toBe(true)
    await expect(found.map((diagnostic) => `${oneLine(diagnostic)}\n`).join('')).toMatchFileSnapshot(`cases/err/${name}.out`)
  })
})

describe('ok', () => {
  test.each(cases('ok'))('%s', (name) => {
    expect(diagnose('ok', name).map(oneLine)).toEqual([])
  })
})

test('every case stands in the README, and every result belongs to a case', () => {
  const readme = readFileSync(`${folder}/README.md`, 'utf8')
  const described = [...readme.matchAll(/^\| (err|ok)\/([^ ]+) \|/gm)].map(([, kind, name]) => `${kind}/${name}`)
  const present = (['err', 'ok'] as const).flatMap((kind) => cases(kind).map((name) => `${kind}/${name}`))
  expect(described.sort()).toEqual(present.sort())
  const results = readdirSync(`${folder}/err`).filter((file) => file.endsWith('.out'))
  expect(results.map((file) => file.slice(0, -4)).sort()).toEqual(cases('err').sort())
})
