/** What a reader sees as characters: an emoji with its modifiers is one, and so is a letter with its accents. */
export const graphemes = (text: string): string[] =>
  isPlain.test(text) ? [...text] : Array.from(segmenter.segment(text), ({ segment }) => segment)

/** Columns that a terminal gives one grapheme. https://www.unicode.org/reports/tr11/ */
export function widthOf(grapheme: string): 0 | 1 | 2 {
  if (wide.test(grapheme)) return 2
  return isMark.test(grapheme) ? 0 : 1
}

const isPlain = /^[\x20-\x7e]*$/
/** East Asian wide and fullwidth blocks, and emoji. */
const wide =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{1b000}-\u{1b2ff}]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|.\ufe0f)/u
const isMark = /^[\p{Mn}\p{Me}\u200c\u200d]/u
