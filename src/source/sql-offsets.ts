// The parser counts bytes of UTF-8 in its trees and code points in its errors; strings here count UTF-16 units.

/** Offsets in a string for ascending offsets in its UTF-8 bytes. */
export function fromBytes(text: string, offsets: readonly number[]): number[] {
  return fromUnits(text, offsets, (point) => (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4))
}

/** The offset in a string of its n-th code point. */
export function fromCodePoints(text: string, offset: number): number {
  return fromUnits(text, [offset], () => 1)[0]!
}

function fromUnits(text: string, offsets: readonly number[], size: (codePoint: number) => number): number[] {
  let units = 0
  let at = 0
  return offsets.map((offset) => {
    while (units < offset && at < text.length) {
      const point = text.codePointAt(at)!
      units += size(point)
      at += point > 0xffff ? 2 : 1
    }
    return at
  })
}
