import type { ErrorObject } from 'ajv'
import { meantKey } from './schema-help.ts'

/** Leaves out what another error says better, so that one mistake is one diagnostic. */
export function withoutConsequences(errors: readonly ErrorObject[]): ErrorObject[] {
  return withoutMisspelt(withoutOtherBranches(errors))
}

/** A key that is missing because it is misspelt is not missing. */
function withoutMisspelt(errors: readonly ErrorObject[]): ErrorObject[] {
  const unknown = errors.filter(({ keyword }) => keyword === 'additionalProperties')
  const meant = new Set(unknown.map((error) => `${error.instancePath} ${meantKey(error)}`))
  return errors.filter(
    ({ keyword, instancePath, params }) => keyword !== 'required' || !meant.has(`${instancePath} ${params.missingProperty}`),
  )
}

/** Of an anyOf: the errors of the one branch that the value's type tells it was meant for, or else only that none fits. */
function withoutOtherBranches(errors: readonly ErrorObject[]): ErrorObject[] {
  const choices = new Map(errors.filter(({ keyword }) => keyword === 'anyOf').map((choice) => [choiceKey(choice), branchOfItsType(choice)]))
  return errors.filter((error) => {
    if (error.keyword === 'anyOf') return choices.get(choiceKey(error)) === undefined
    const inside = /^(.*\/anyOf)\/([0-9]+)\//.exec(error.schemaPath)
    if (!inside) return true
    const key = around(error.instancePath)
      .map((instancePath) => choiceKey({ schemaPath: inside[1]!, instancePath }))
      .find((candidate) => choices.has(candidate))
    return key === undefined || choices.get(key) === Number(inside[2])
  })
}

const choiceKey = ({ schemaPath, instancePath }: Pick<ErrorObject, 'schemaPath' | 'instancePath'>): string =>
  `${schemaPath} ${instancePath}`

function branchOfItsType({ schema, data }: ErrorObject): number | undefined {
  const branch = (schema as readonly { readonly type?: string }[]).findIndex(
    ({ type }) => type === (Array.isArray(data) ? 'array' : typeof data),
  )
  return branch === -1 ? undefined : branch
}

/** A JSON pointer and those of the values around it. */
function around(pointer: string): string[] {
  const steps = pointer.split('/')
  return steps.map((_, index) => steps.slice(0, steps.length - index).join('/'))
}
