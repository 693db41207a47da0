import { describe, expect, test } from 'vitest'
import { cell, clip, code, fence, htmlCode, inline } from '../../../src/report/markdown/escape.ts'
import { nodesOf, problemsOf, textOf, treeOf } from '../../support/markdown-tree.ts'
import { hostileText } from '../../support/review-samples.ts'

const typesOf = (markdown: string): string[] => [...new Set([...nodesOf(treeOf(markdown))].map(({ type }) => type))].slice(1)

/** What each text is to be shown as, and what Markdown makes of it. */
const prose: [string, string, string[]][] = [
  ['shared_buffers and *stars* and ~~strikes~~', 'shared_buffers and *stars* and ~~strikes~~', ['paragraph', 'text']],
  ['ask @octocat or @acme/team', 'ask @octocat or @acme/team', ['paragraph', 'text', 'inlineCode']],
  ['see #12, GH-3 and acme/x#4', 'see #12, GH-3 and acme/x#4', ['paragraph', 'text', 'inlineCode']],
  ['done :tada:', 'done :tada:', ['paragraph', 'text', 'inlineCode']],
  ['http://x.example www.x.example a@x.example', 'http://x.example www.x.example a@x.example', ['paragraph', 'inlineCode', 'text']],
  ['[a](b) ![c](d) <b>', '[a](b) ![c](d) <b>', ['paragraph', 'inlineCode', 'text']],
  ['1. one', '1. one', ['paragraph', 'text']],
  ['- one', '- one', ['paragraph', 'text']],
  ['# one', '# one', ['paragraph', 'text']],
  ['    indented', 'indented', ['paragraph', 'text']],
  ['a\nb\r\u202e\u0000\u00ad\u{e0041}', 'a\\nb\\r\\u{202e}\\u{0}\\u{ad}\\u{e0041}', ['paragraph', 'text']],
  ['lone \ud800', 'lone \\u{d800}', ['paragraph', 'text']],
  ['costs $5 and $6', 'costs $5 and $6', ['paragraph', 'text', 'inlineCode']],
  ['at 1f3a9c04', 'at 1f3a9c04', ['paragraph', 'text', 'inlineCode']],
  ['&lt; \\* \\', '&lt; \\* \\', ['paragraph', 'inlineCode', 'text']],
]

test.each(prose)('inline(%j) is that text', (text, shown, types) => {
  const markdown = inline(text)
  expect(textOf(treeOf(markdown))).toBe(shown)
  expect(typesOf(markdown)).toEqual(types)
  expect(problemsOf(markdown)).toEqual([])
})

test.each(['a', 'a`b', '``', '`', ' a ', '  ', 'a ', '</details>', '\\', 'a\\', '`'.repeat(40), '@x #1 :y: $z$', '-->'])(
  'code(%j) is that text',
  (text) => {
    expect(textOf(treeOf(`x ${code(text)} y`))).toBe(`x ${text} y`)
    expect(typesOf(code(text))).toEqual(['paragraph', 'inlineCode'])
  },
)

test.each(['a|b', '|', '||', 'a|', '|b', 'a\\|b', '`|`', 'x` | `y'])('a vertical bar in %j does not end a cell', (text) => {
  const table = treeOf(`| a | b |\n| --- | --- |\n| ${cell(text)} | ${inline(text)} |`).children[0]!
  const row = table.type === 'table' ? table.children[1]!.children.map(textOf) : []
  expect(row).toEqual([text, text])
})

test('longer runs of backticks than cmark takes are written as escapes', () => {
  expect(code('`'.repeat(41))).toBe(`\`${'\\u{60}'.repeat(41)}\``)
  expect(fence(`a\n${'`'.repeat(300)}`)).toBe(`\`\`\`\na\n${'\\u{60}'.repeat(300)}\n\`\`\``)
})

describe('fence', () => {
  test.each(['```', ' ```', '~~~', '````\n```', '</details>', '<!--', '\ttab', '', 'a\n\nb', '   `````` x'])('%j stays inside', (text) => {
    const [node, ...others] = treeOf(fence(text, 'diff')).children
    expect(others).toEqual([])
    expect(node).toMatchObject({ type: 'code', lang: 'diff', value: text })
  })

  test.each([
    ['::error file=x::boo', '\\u{3a}:error file=x::boo'],
    ['  ::add-mask::x', '  \\u{3a}:add-mask::x'],
    ['+##[add-path]x', '+\\u{23}#[add-path]x'],
    ['  ::jsonb', '  ::jsonb'],
    ["+'x'::text::jsonb", "+'x'::text::jsonb"],
  ])('a log of Actions takes no command from %j', (line, shown) => {
    expect(fence(line)).toBe(`\`\`\`\n${shown}\n\`\`\``)
    expect(problemsOf(fence(line))).toEqual([])
  })
})

test('clip cuts between code points, after escapes', () => {
  expect(clip('äöü', 6)).toBe('äöü')
  expect(clip('äöüß', 7)).toBe('äö…')
  expect(clip('😀😀😀', 8)).toBe('😀…')
  expect(clip('\u202eabc', 14)).toBe('\\u{202e}abc')
  expect(clip('\u202eabcde', 14)).toBe('\\u{202e}…')
  expect(clip('||||', 19)).toBe('|||…')
})

test('htmlCode leaves no HTML', () => {
  expect(htmlCode('<b>&"\n')).toBe('<code>&#60;b&#62;&#38;&#34;\\n</code>')
})

test.each([
  ['inline', inline(hostileText)],
  ['code', code(hostileText)],
  ['cell', `| a |\n| --- |\n| ${cell(hostileText, 5000)} |`],
  ['fence', fence(hostileText)],
  ['summary', `<details><summary>${htmlCode(hostileText)} +1 −1</summary>\n\nx\n\n</details>`],
])('one text with everything does nothing in %s', (_name, markdown) => {
  expect(problemsOf(markdown)).toEqual([])
})

test.each([
  ['hello @octocat', 'acted on'],
  ['see #12', 'acted on'],
  ['a :tada: b', 'acted on'],
  ['$x$', 'acted on'],
  ['<b>x</b>', 'html'],
  ['<details><summary>a</summary>\n\nx', 'folds at the end'],
  ['<details><summary>a</summary>\n\n> [!WARNING]\n> x\n\n</details>', 'alert'],
  ['- > [!WARNING]\n  > x', 'alert'],
  ['```\nopen', 'open fence'],
  ['http://evil.example', 'link'],
  ['![x](y)', 'image'],
  ['a\u202eb', 'hidden'],
  ['| a | b |\n| --- | --- |\n| 1 |', 'columns'],
  ['  ::error::x', '::error'],
])('a planted breach is seen: %j', (markdown, problem) => {
  expect(problemsOf(markdown).join('\n')).toContain(problem)
})
