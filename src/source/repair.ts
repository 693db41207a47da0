/** What a user probably meant by a value that does not fit: the first repair that does. */
export function repair(text: string, fits: (candidate: string) => boolean): string | undefined {
  return repairs(text).find((candidate) => candidate !== text && fits(candidate))
}

function repairs(text: string): string[] {
  const trimmed = text.trim()
  return [trimmed, trimmed.replace(/\/+$/, ''), ...sizes(trimmed), ...durations(trimmed), ...times(trimmed), ...words(trimmed)]
}

const sizeUnits = ['KiB', 'MiB', 'GiB', 'TiB']

/** `8GB`, `8 gib` and `8G` -> `8GiB`; `0.5GiB` -> `512MiB`. */
function sizes(text: string): string[] {
  const [, amount, letter] = /^([0-9]+(?:\.[0-9]+)?)\s*([kmgt])(?:i?b)?$/i.exec(text) ?? []
  if (amount === undefined || letter === undefined) return []
  const unit = sizeUnits.findIndex((name) => name.startsWith(letter.toUpperCase()))
  const smaller = unit > 0 ? [`${Number(amount) * 1024}${sizeUnits[unit - 1]}`] : []
  return [`${amount}${sizeUnits[unit]}`, ...smaller]
}

const timeUnits: Readonly<Record<string, string>> = {
  m: 'minute',
  min: 'minute',
  mins: 'minute',
  h: 'hour',
  hr: 'hour',
  hrs: 'hour',
  d: 'day',
  w: 'week',
  wk: 'week',
  wks: 'week',
  mo: 'month',
  mon: 'month',
  mons: 'month',
  y: 'year',
  yr: 'year',
  yrs: 'year',
}

/** `30d`, `30days` and `P30D` -> `30 days`; `day` -> `1 day`. */
function durations(text: string): string[] {
  const [, amount = '1', letters = ''] = /^(?:P(?=[0-9]+[WDY]$))?([0-9]+)?\s*([a-z]+)$/i.exec(text) ?? []
  const short = letters.toLowerCase()
  const unit = timeUnits[short] ?? short.replace(/s$/, '')
  const count = Number(amount)
  return unit === '' ? [] : [`${count} ${unit}${count === 1 ? '' : 's'}`]
}

/** `2:00`, `02:00:00` and `2am` -> `02:00`; `2pm` -> `14:00`; `24:00` -> `00:00`. */
function times(text: string): string[] {
  const [, hours, minutes = '00', half] = /^([0-9]{1,2})(?:[:.h]([0-9]{2}))?(?::[0-9]{2})?\s*(am|pm)?$/i.exec(text) ?? []
  if (hours === undefined) return []
  const hour = half === undefined ? Number(hours) % 24 : (Number(hours) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0)
  return Number(hours) > 24 ? [] : [`${String(hour).padStart(2, '0')}:${minutes}`]
}

/** `Market_Data`, `marketData` and `market data` -> `market-data`, or `market_data`. */
function words(text: string): string[] {
  if (!/^[\w\s-]+$/.test(text)) return []
  const spaced = /[-_\s]/.test(text) ? text : text.replace(/([a-z0-9])([A-Z])/g, '$1 $2')
  const parts = spaced.toLowerCase().match(/[a-z0-9]+/g) ?? []
  return [parts.join('-'), parts.join('_')]
}
