import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../sha256.ts'
import type { SqlCache } from '../source/sql.ts'

/**
 * What the SQL parser found out, kept between runs: loading the parser and parsing costs more than the whole rest. One file per
 * services.yaml, holding what its last run used. A cache that cannot be read or written costs time and nothing else.
 */
export function openSqlCache(folder: string, servicesPath: string): SqlCache & { save(): void } {
  const file = join(folder, `${sha256(servicesPath).slice(0, 16)}.json`)
  const known = readEntries(file)
  const used = new Map<string, unknown>()
  let isNew = false
  return {
    get(key) {
      const facts = known.get(key)
      if (facts !== undefined) used.set(key, facts)
      return facts as ReturnType<SqlCache['get']>
    },
    set(key, facts) {
      isNew = true
      known.set(key, facts)
      used.set(key, facts)
    },
    save() {
      if (!isNew && used.size === known.size) return
      try {
        mkdirSync(folder, { recursive: true })
        const temporary = `${file}.${process.pid}.tmp`
        writeFileSync(temporary, JSON.stringify([...used]))
        renameSync(temporary, file)
      } catch {
        // See above: the next run parses again.
      }
    },
  }
}

function readEntries(file: string): Map<string, unknown> {
  try {
    return new Map(JSON.parse(readFileSync(file, 'utf8')) as [string, unknown][])
  } catch {
    return new Map()
  }
}
