import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'

type Root = ReturnType<typeof fromMarkdown>
type Nodes = Root | Root['children'][number]

/** A text as GitHub's Markdown. */
export const treeOf = (text: string): Root => fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] })

export function* nodesOf(node: Nodes): Generator<Nodes> {
  yield node
  if ('children' in node) for (const child of node.children) yield* nodesOf(child)
}

/** What a node shows, without its marks. */
export const textOf = (node: Nodes): string => ('value' in node ? node.value : 'children' in node ? node.children.map(textOf).join('') : '')

/** The rows of the first table behind a heading, each as the texts of its cells. */
export function tableAfter(root: Root, heading: string): string[][] | undefined {
  const at = root.children.findIndex((node) => node.type === 'heading' && textOf(node) === heading)
  const table = at === -1 ? undefined : root.children.slice(at + 1).find(({ type }) => type === 'table' || type === 'heading')
  return table?.type === 'table' ? table.children.map((row) => row.children.map(textOf)) : undefined
}

const ourHtml = /^<details><summary>(<code>([^<>&]|&#\d+;)*<\/code> )?[\w ,:+−]*<\/summary>$|^<\/details>$/

/** What GitHub would do with text behind Markdown. */
const actedOn = /@[\w-]|#\d|\bGH-\d|:[\w+-]+:|:\/\/|www\.|\$|\b[0-9a-f]{7,40}\b/i
const hidden = /[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

/**
 * What is wrong with a comment: HTML that is not ours, links that are not in the list, images, text that GitHub would act on, folds that
 * do not close, fences that end elsewhere, rows with other columns than their head, alerts that are not at top level.
 */
export function problemsOf(text: string, links: readonly string[] = []): string[] {
  const root = treeOf(text)
  const found: string[] = []
  for (const node of nodesOf(root)) {
    if (node.type === 'html' && !ourHtml.test(node.value)) found.push(`html: ${node.value}`)
    if (node.type === 'link' && !links.includes(node.url)) found.push(`link: ${node.url}`)
    if (node.type === 'image' || node.type === 'imageReference' || node.type === 'linkReference') found.push(node.type)
    if (node.type === 'footnoteReference' || node.type === 'footnoteDefinition' || node.type === 'definition') found.push(node.type)
    if (node.type === 'text' && actedOn.test(node.value)) found.push(`acted on: ${node.value}`)
    if ('value' in node && hidden.test(node.value.replace(/[\n\t]/g, ''))) found.push(`hidden: ${JSON.stringify(node.value)}`)
    if (node.type === 'code' && !isClosed(text, node)) found.push(`open fence: ${node.value.slice(0, 40)}`)
    if (node.type === 'table')
      for (const row of node.children) if (row.children.length !== node.children[0]!.children.length) found.push(`columns: ${textOf(row)}`)
  }
  return [...found, ...nesting(root), ...commands(text)]
}

/** The last line of a fenced block is a fence as long as the first. */
function isClosed(text: string, { position }: Nodes): boolean {
  const lines = text.slice(position!.start.offset, position!.end.offset).split('\n')
  const fence = /^`{3,}/.exec(lines[0]!)?.[0]
  return fence !== undefined && lines.length > 1 && lines.at(-1)!.replace(/^> /, '').trim() === fence
}

function nesting(root: Root): string[] {
  let depth = 0
  const found: string[] = []
  for (const node of root.children) {
    if (node.type === 'html') depth += node.value.startsWith('<details>') ? 1 : -1
    if (depth < 0 || depth > 1) found.push(`${depth} folds`)
    if (node.type === 'blockquote' && depth > 0) found.push('alert in a fold')
  }
  if (depth !== 0) found.push(`${depth} folds at the end`)
  const alerts = [...nodesOf(root)].filter((node) => node.type === 'text' && /^\[!(CAUTION|WARNING)\]/.test(node.value)).length
  const atTop = root.children.filter((node) => node.type === 'blockquote' && /^\[!(CAUTION|WARNING)\]/.test(textOf(node))).length
  if (alerts !== atTop) found.push('alert that is not at top level')
  return found
}

/** Lines that a log of GitHub Actions takes for commands: ActionCommand.TryParse and TryParseV2 of actions/runner. */
const commands = (text: string): string[] => text.split('\n').filter((line) => /^\s*::.*::/.test(line) || /##\[.*\]/.test(line))
