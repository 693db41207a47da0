import { fleetSchema } from '../../../fleet/database-names.ts'
import { type Check, type Outcome, rowsOf, type Subject } from '../check.ts'
import { absent } from '../compare.ts'

async function checkInit({ service, artifacts, server }: Subject): Promise<Outcome> {
  const path = `infrastructure/postgres/${service.key}-db-init.sql`
  const expected = scriptHash(artifacts.get(path)?.content ?? '')
  if (expected === undefined) throw new Error(`${path} does not end with its hash`)
  const rows = await rowsOf<{ sha256: string }>(server, `SELECT sha256 FROM ${fleetSchema}.init WHERE completed`)
  const actual = rows[0]?.sha256
  const findings =
    actual === expected
      ? []
      : [
          {
            what: path,
            expected: `run to its end (SHA-256 ${expected})`,
            actual: actual === undefined ? absent : `the last one had SHA-256 ${actual}`,
          },
        ]
  return { findings, figures: {} }
}

/** The last statement of the script keeps the hash of all before it. */
const scriptHash = (script: string): string | undefined =>
  /INSERT INTO pgfleet\.init AS last \(sha256\) VALUES \('([0-9a-f]{64})'\)/.exec(script.slice(-1000))?.[1]

export const init: Check = {
  id: 'init',
  title: 'the init script has run to its end, as it is now',
  help: 'apply',
  run: checkInit,
}
