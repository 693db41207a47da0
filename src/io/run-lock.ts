// At most one run per state folder. Each run claims it with a file of its own and holds it once it saw no other live claim: of two runs
// the later sees the earlier, whatever their timing. A claim names its process by number and start, so that a killed run leaves nothing
// that must be cleaned by hand, and a process that was given its number later is not taken for it.
import { link, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { OperationError } from './operation-error.ts'
import { writeOwnedFile } from './owned-files.ts'
import { processStart } from './process.ts'

/** `start` as processStart gives it; `since` as people read it. */
export type Claim = { readonly pid: number; readonly start: string; readonly since: string }

const fileOf = (folder: string, pid: number) => join(folder, `run-${pid}.json`)

/** Claims the folder until the result is called, or throws `already-running`. */
export async function acquireRunLock(folder: string, since: string): Promise<() => Promise<void>> {
  const mine: Claim = { pid: process.pid, start: processStart(process.pid) ?? '', since }
  await claim(folder, mine)
  const release = () => rm(fileOf(folder, mine.pid), { force: true })
  // Two runs that start at the same moment see each other: the one that comes second in the order gives way, the other waits for that.
  for (let attempt = 0; ; attempt++) {
    const others = (await liveClaims(folder)).filter(({ pid }) => pid !== mine.pid)
    const holder = others[0]
    if (!holder) return release
    if (attempt === 10 || others.some((other) => isBefore(other, mine))) {
      await release()
      throw alreadyRunning(folder, holder)
    }
    await setTimeout(50)
  }
}

/** The run that holds a folder, if one does. */
export const lockHolder = async (folder: string): Promise<Claim | undefined> => (await liveClaims(folder))[0]

async function claim(folder: string, mine: Claim) {
  const text = JSON.stringify(mine)
  const partial = join(folder, `claim-${mine.pid}`)
  await writeOwnedFile(partial, text, 0o600)
  try {
    await link(partial, fileOf(folder, mine.pid))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const [own] = (await liveClaims(folder)).filter(({ pid }) => pid === mine.pid)
    if (own) throw alreadyRunning(folder, own)
    await link(partial, fileOf(folder, mine.pid))
  } finally {
    await rm(partial, { force: true })
  }
}

/** All claims of processes that live; those of dead ones are removed. */
async function liveClaims(folder: string): Promise<Claim[]> {
  const names = await readdir(folder).catch(() => [])
  const live: Claim[] = []
  for (const name of names.filter((name) => /^run-\d+\.json$/.test(name))) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => '')
    const found = parse(text)
    if (found && processStart(found.pid) === found.start) live.push(found)
    else await rm(join(folder, name), { force: true })
  }
  return live
}

function parse(text: string): Claim | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Any order will do, as long as all runs agree on it. */
const isBefore = (a: Claim, b: Claim) => (a.start === b.start ? a.pid < b.pid : a.start < b.start)

const alreadyRunning = (folder: string, { pid, since }: Claim) =>
  new OperationError(
    'already-running',
    `pgfleet already runs with ${folder}: process ${pid}, since ${since}`,
    'Stop it with Ctrl-C where it runs, or with `pgfleet down`.',
  )
