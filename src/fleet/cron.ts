// The five fields of a crontab line, as Debian's cron reads them: man 5 crontab.

export type CronFields = {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly daysOfMonth: readonly number[]
  readonly months: readonly number[]
  /** 0 is Sunday. */
  readonly daysOfWeek: readonly number[]
  /** Whether both days are given, so that either is enough; otherwise both must match. */
  readonly eitherDay: boolean
}

/** The fields, or what is wrong with the text and what to write. */
export type ParsedCron = { readonly fields: CronFields } | { readonly message: string; readonly help: string }

/** `last` is the greatest value of its own: 7 is Sunday again. */
type Field = {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly last?: number
  readonly names?: readonly string[]
}

const fields: readonly Field[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { name: 'day of week', min: 0, max: 7, last: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
]

const nicknames: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** The fields of a schedule, or why it is none. Remembered: several rules ask, and fleets repeat themselves. */
export function parseCron(text: string): ParsedCron {
  const known = remembered.get(text)
  if (known) return known
  const parsed = parseFields(text)
  remembered.set(text, parsed)
  return parsed
}

const remembered = new Map<string, ParsedCron>()

function parseFields(text: string): ParsedCron {
  // Blanks only: a line break would end the line of the crontab.
  const line = text.replace(/^[ \t]+|[ \t]+$/g, '')
  const equivalent = Object.hasOwn(nicknames, line) ? nicknames[line] : undefined
  if (equivalent) return { message: 'a nickname, not five fields', help: `write "${equivalent}"` }
  const words = line.split(/[ \t]+/)
  if (words.length !== fields.length) {
    const seconds = words.length === 6 ? '; there is no field for seconds' : ''
    return {
      message: `${words.length} field${words.length === 1 ? '' : 's'}, not five`,
      help: `write minute, hour, day of month, month and day of week, e.g. "*/5 * * * *"${seconds}`,
    }
  }
  const sets: number[][] = []
  for (const [index, field] of fields.entries()) {
    const values = parseField(words[index] ?? '', field)
    if (!values) return { message: `the ${field.name} "${words[index]}" is not valid`, help: allowed(field) }
    // cron takes it, cron-parser (which shows the next runs) does not, and it is a slip of the pen.
    if (new Set(values).size < values.length)
      return { message: `the ${field.name} "${words[index]}" has a value twice`, help: 'name each value once' }
    sets.push(values)
  }
  const [minutes = [], hours = [], daysOfMonth = [], months = [], daysOfWeek = []] = sets
  return {
    fields: { minutes, hours, daysOfMonth, months, daysOfWeek, eitherDay: !words[2]?.startsWith('*') && !words[4]?.startsWith('*') },
  }
}

/** Whether there is a day in the calendar on which it fires: not on 30 February. Leap years count. */
export function everFires({ daysOfMonth, months, eitherDay }: CronFields): boolean {
  if (eitherDay) return true
  const length = (month: number) => (month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31)
  return months.some((month) => daysOfMonth.some((day) => day <= length(month)))
}

/** Lists of numbers, names, ranges and `*`, the latter two with a step; undefined for anything else. */
function parseField(text: string, field: Field): number[] | undefined {
  const values = text.split(',').map((part) => parseRange(part, field))
  if (values.some((part) => part === undefined)) return undefined
  const wrapped = (value: number) => (field.last !== undefined && value > field.last ? field.min : value)
  return values
    .flatMap((part) => part ?? [])
    .map(wrapped)
    .sort((a, b) => a - b)
}

function parseRange(text: string, field: Field): number[] | undefined {
  const match = /^(?:(\*)|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:\/([0-9]+))?$/i.exec(text)
  if (!match) return undefined
  const [, star, from, to, step] = match
  const low = star ? field.min : numberOf(from, field)
  const high = star ? (field.last ?? field.max) : to === undefined ? low : numberOf(to, field)
  const every = step === undefined ? 1 : Number(step)
  // `5/15` is read as 5 by cron: certainly not what was meant.
  const lonelyStep = step !== undefined && !star && to === undefined
  if (low === undefined || high === undefined || low > high || every < 1 || lonelyStep) return undefined
  return Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, index) => low + index * every)
}

function numberOf(text: string | undefined, { min, max, names }: Field): number | undefined {
  const value = /^[0-9]+$/.test(text ?? '') ? Number(text) : (names?.indexOf((text ?? '').toLowerCase()) ?? -1)
  return value >= min && value <= max ? value : undefined
}

function allowed({ name, min, max, names }: Field): string {
  const words = names ? ` or ${names.filter(Boolean)[0]} to ${names.at(-1)}` : ''
  return `the ${name} is *, a number from ${min} to ${max}${words}, a range such as ${min}-${min + 4}, a step such as */5, or a list of them`
}
