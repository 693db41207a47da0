/**
 * What a terminal would act on instead of showing it: control characters (an escape sequence in a services.yaml from elsewhere could
 * rewrite the screen), marks that reorder text (CVE-2021-42574), and characters without width or meaning of their own.
 */
const hidden = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu

/** User text for a terminal: on one line, and nothing in it is more than text. */
export function visible(text: string): string {
  return text.replace(hidden, (character) => short[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`)
}

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }
