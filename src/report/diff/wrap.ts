import { graphemes, widthOf } from '../width.ts'

const columns = (text: string): number => graphemes(text).reduce((sum, grapheme) => sum + widthOf(grapheme), 0)

/** Text without colours in lines of at most so many columns, each after the indentation; a word that is longer has a line of its own. */
export function wrapped(text: string, width: number, indentation: string, paint: (line: string) => string = (line) => line): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && indentation.length + columns(longer) > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line].map((each) => indentation + paint(each))
}
