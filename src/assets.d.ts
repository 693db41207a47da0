/** A Handlebars template, compiled ahead of time (scripts/assets.mjs). */
declare module '*.hbs' {
  export const render: (view: object) => string
}

/** The JSON Schema validator, compiled ahead of time. */
declare module '*.schema.json?validator' {
  import type { ValidateFunction } from 'ajv'

  const validate: ValidateFunction
  export default validate
}
