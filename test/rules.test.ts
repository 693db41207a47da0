import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { rules } from '../src/rules/index.ts'
import { compileText, printed } from './support/fleet.ts'

/** `file:line` of every line that ends with the mark. */
const marks = (files: Readonly<Record<string, string>>): string[] =>
  Object.entries(files).flatMap(([file, text]) =>
    text.split('\n').flatMap((line, index) => (/(?:#|--) <-$/.test(line) ? [`${file}:${index + 1}`] : [])),
  )

describe.each(rules.map((rule) => [rule.code, rule] as const))('%s', (code, { bad, good, files, severity }) => {
  test('finds the marked lines of its bad example, and nothing else is found there', async () => {
    const { diagnostics } = await compileText(bad, files?.bad)
    const found = diagnostics.map(({ at, code, severity }) => `${severity} ${code} ${at.file}:${at.start.line}`)
    const expected = marks({ 'services.yaml': bad, ...files?.bad }).map((place) => `${severity} ${code} ${place}`)
    expect(found.sort()).toEqual(expected.sort())
    expect(expected).not.toEqual([])
  })

  test('nothing is found in its good example', async () => {
    const { diagnostics } = await compileText(good, files?.good)
    expect(diagnostics.map(printed)).toEqual([])
  })

  test('says what is wrong in one sentence and what to do', async () => {
    const { diagnostics } = await compileText(bad, files?.bad)
    for (const { message, help } of diagnostics) {
      expect(message).toMatch(/^[^\n.]([^\n]*[^\n.])?$/)
      expect(help).toMatch(/^[^\n]+$/)
    }
  })
})

test('every file of src/rules is registered under its name, each code once', () => {
  const files = readdirSync(new URL('../src/rules', import.meta.url)).filter((file) => file !== 'index.ts' && file !== 'rule.ts')
  expect(rules.map(({ code }) => `${code}.ts`).sort()).toEqual(files.sort())
})

test('docs/rules.md has a section for every rule', () => {
  const text = readFileSync(new URL('../docs/rules.md', import.meta.url), 'utf8')
  expect([...text.matchAll(/^## (.+)$/gm)].map(([, code]) => code)).toEqual(rules.map(({ code }) => code))
})
