/** What a reader sees as characters: an emoji with its modifiers is one, and so is a letter with its accents. */
export function graphemes(text: string): string[] {
  if (isPlain.test(text)) return [...text]
  return Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text), ({ segment }) => segment)
}

/** Columns that a terminal gives one grapheme. https://www.unicode.org/reports/tr11/ */
export function widthOf(grapheme: string): 0 | 1 | 2 {
  if (isEastAsian.test(grapheme) || isEmoji.test(grapheme)) return 2
  return isMark.test(grapheme) ? 0 : 1
}

const isPlain = /^[\x20-\x7e]*$/
/** The blocks that are wide or fullwidth: Hangul, CJK, Kana, Yi, compatibility and fullwidth forms, and the supplementary ideographs. */
const isEastAsian = new RegExp(
  '^[\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\ua4cf\\ua960-\\ua97f\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe30-\\ufe6f' +
    '\\uff01-\\uff60\\uffe0-\\uffe6\\u{1b000}-\\u{1b2ff}\\u{20000}-\\u{3fffd}]',
  'u',
)
const isEmoji = /^(?:\p{Emoji_Presentation}|.\ufe0f)/u
const isMark = /^[\p{Mn}\p{Me}\u200c\u200d]/u
