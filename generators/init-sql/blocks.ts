import { dollarTag } from '../quote.ts'

/** Renders a template that has blocks of code between `{{tag}}`, a dollar tag which no text of the view contains. */
export const renderBlocks = (render: (view: object) => string, view: object): string =>
  render({ ...view, tag: dollarTag(JSON.stringify(view)) })
