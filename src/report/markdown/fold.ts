/** A part that opens on a click. `summary` is HTML, `body` is Markdown; blank lines make GitHub read it as such. */
export const fold = (summary: string, body: string): string => `${foldOpen(summary)}${body}${foldClose}`

export const foldOpen = (summary: string): string => `<details><summary>${summary}</summary>\n\n`
export const foldClose = '\n\n</details>'
