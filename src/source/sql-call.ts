import { type Node, parseTree, type RawStatement } from './sql-parser.ts'

const expected = 'write one call: schema.function(arguments) or CALL schema.procedure(arguments)'

/** Why a text is not exactly one call; undefined when it is. */
export async function callError(text: string, major: number): Promise<string | undefined> {
  if (text.includes('\0')) return expected
  const isProcedure = /^\s*call\b/i.test(text)
  const sql = isProcedure ? text : `SELECT ${text}`
  const alone = await parseTree(sql, major)
  if ('message' in alone) return `${alone.message}: ${expected}`
  const [statement, ...more] = alone
  if (!statement || more.length > 0 || !isCall(statement)) return expected
  if (statement.stmt_len !== undefined) return `leave out the semicolon: ${expected}`
  // The generated script goes on behind the call: a comment left open would swallow what follows.
  const followed = await parseTree(`${sql};SELECT 1`, major)
  return 'message' in followed || followed.length !== 2 ? `a comment cannot end a call: ${expected}` : undefined
}

/** Fields that a plain call has; any other (FROM, WHERE, AS, OVER, FILTER, DISTINCT) makes it something else. */
const plain = new Set(['targetList', 'limitOption', 'op', 'val', 'location', 'funcname', 'args', 'funcformat', 'func_variadic'])

function isCall({ stmt }: RawStatement): boolean {
  if (stmt.CallStmt) return true
  const { targetList = [] } = stmt.SelectStmt ?? {}
  const [target, second] = targetList as { readonly ResTarget: { readonly val?: { readonly FuncCall?: Node } } }[]
  const call = target?.ResTarget.val?.FuncCall
  return (
    call !== undefined &&
    second === undefined &&
    [stmt.SelectStmt, target?.ResTarget, call].every((node) => Object.keys(node ?? {}).every((field) => plain.has(field)))
  )
}
