import { Composer, type CST, Lexer, type ParsedNode, Parser, visit, type YAMLError } from 'yaml'
import { unprintable } from './unprintable.ts'
import { openQuote, parserProblem, type YamlProblem } from './yaml-problem.ts'

/** Nested deeper than any fleet. The YAML composer recurses, and Node does not survive it at a depth of some thousands. */
const maxDepth = 100

/** The nodes of the one document of a text, as far as there are some. */
export type Composed = { readonly root?: ParsedNode; readonly problems: readonly YamlProblem[] }

/** Text -> nodes, with everything the YAML parser has to say. Keys are text, numbers and booleans follow YAML 1.2 whatever `%YAML` says. */
export function composeYaml(text: string): Composed {
  const bad = unprintable(text)
  if (bad) return { problems: [bad] }
  const parsed = parseTokens(text)
  if (!Array.isArray(parsed)) return { problems: [parsed] }

  // Own checks take the place of uniqueKeys (quadratic in the size of a map) and of alias resolution (linear in the text, each).
  const composer = new Composer({ schema: 'core', resolveKnownTags: false, stringKeys: true, uniqueKeys: false, prettyErrors: false })
  const [document, second] = [...composer.compose(parsed)]
  if (!document) return { problems: [...composer.streamInfo().errors.map(parserProblem), emptyProblem] }

  const reported: YAMLError[] = [...document.errors, ...document.warnings]
  const problems = reported.map(parserProblem).map((problem) => fromOpeningQuote(problem, document.contents))
  if (second) problems.push(secondDocument(text, document.range[2], second.contents))
  return document.contents ? { root: document.contents, problems } : { problems: [...problems, emptyProblem] }
}

const emptyProblem: YamlProblem = {
  code: 'empty',
  severity: 'error',
  start: 0,
  end: 0,
  message: 'the file holds no data',
  help: 'it needs at least version, fleet, host and services',
}

/** Tokens of the whole text, or a problem when they nest too deep to be composed. */
function parseTokens(text: string): CST.Token[] | YamlProblem {
  const parser = new Parser()
  const tokens: CST.Token[] = []
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token)
    if (parser.stack.length > maxDepth) {
      const message = `nested deeper than ${maxDepth} levels`
      return { code: 'resource-exhaustion', severity: 'error', start: parser.offset, end: parser.offset + 1, message }
    }
  }
  for (const token of parser.end()) tokens.push(token)
  return tokens
}

/** The parser reports a missing quote where the text ends; people look for where it began. */
function fromOpeningQuote(problem: YamlProblem, root: ParsedNode | null): YamlProblem {
  if (problem.message !== openQuote || !root) return problem
  let start = problem.start
  visit(root, {
    Scalar(_, { range }) {
      if (range && range[0] < problem.start && problem.start <= range[2]) start = range[0]
    },
  })
  return { ...problem, start, end: start + 1 }
}

/** It starts with `---`, or without one where `...` ended the first. */
function secondDocument(text: string, firstEnd: number, contents: ParsedNode | null): YamlProblem {
  const marker = text.indexOf('---', firstEnd)
  const content = contents?.range[0] ?? text.length
  const start = marker === -1 ? content : Math.min(marker, content)
  const help = 'one file is one fleet: put the other document into a file of its own'
  return { code: 'multiple-docs', severity: 'error', start, end: start + 3, message: 'a second YAML document starts here', help }
}
