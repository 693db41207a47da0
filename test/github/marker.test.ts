import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isNewer, printMarker, readMarker, withoutMarker } from '../../src/io/github/marker.ts'

const marker = { id: 'services.yaml', head: 'b'.repeat(40), run: { id: 123, attempt: 1 }, hash: 'sha256:00' }

describe('marker', () => {
  test('is one line that HTML hides', () => {
    expect(printMarker(marker)).toBe(
      `<!-- pgfleet:v1 {"id":"services.yaml","head":"${'b'.repeat(40)}","run":"123.1","hash":"sha256:00"} -->`,
    )
  })

  test('a path cannot end the comment', () => {
    expect(printMarker({ ...marker, id: 'a--><b>/--services.yaml' })).toContain(
      '{"id":"a\\u002d\\u002d\\u003e\\u003cb\\u003e/\\u002d\\u002dservices.yaml"',
    )
  })

  test('any path comes back, in one line, and ends no comment', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[-<>!"\\\n]{0,20}$/)), (id) => {
        const line = printMarker({ ...marker, id })
        expect(line.slice(4, -3)).not.toMatch(/--|[<>\n\r]/)
        expect(readMarker(`${line}\nbody`)).toEqual({ ...marker, id })
      }),
    )
  })

  test.each([
    ['on the second line', `hello\n${printMarker(marker)}`],
    ['quoted', `> ${printMarker(marker)}\n> body`],
    ['indented', ` ${printMarker(marker)}`],
    ['of another version', printMarker(marker).replace('v1', 'v2')],
    ['that is no JSON', '<!-- pgfleet:v1 {"id":} -->'],
    ['without a run', '<!-- pgfleet:v1 {"id":"services.yaml","head":"b","hash":"c"} -->'],
    ['with a run that is no number', printMarker(marker).replace('123.1', 'x.1')],
    ['that does not end', '<!-- pgfleet:v1 {"id":"services.yaml"}'],
    ['in nothing', ''],
  ])('none %s', (_, body) => {
    expect(readMarker(body)).toBeUndefined()
  })

  test('is read with the line ends of browsers, too', () => {
    expect(readMarker(`${printMarker(marker)}\r\nbody`)).toEqual(marker)
    expect(withoutMarker(`${printMarker(marker)}\nbody\nmore`)).toBe('body\nmore')
  })

  test.each([
    [{ id: 2, attempt: 1 }, { id: 1, attempt: 9 }, true],
    [{ id: 1, attempt: 2 }, { id: 1, attempt: 1 }, true],
    [{ id: 1, attempt: 1 }, { id: 1, attempt: 1 }, false],
    [{ id: 9, attempt: 1 }, { id: 10, attempt: 1 }, false],
  ])('%j is newer than %j: %s', (a, b, newer) => {
    expect(isNewer(a, b)).toBe(newer)
  })
})
