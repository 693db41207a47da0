import type { Path } from '../diagnostic.ts'

/** A path as people write it: `services.trading.extensions[0]`, `retention."audit.trail"`. The root is `the file`. */
export function pathName(path: Path): string {
  if (path.length === 0) return 'the file'
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${/^[\w-]+$/.test(step) ? step : JSON.stringify(step)}`,
    )
    .join('')
}
