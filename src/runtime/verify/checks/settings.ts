import { join } from 'node:path'
import { type Check, type Outcome, rowsOf, type Subject } from '../check.ts'
import { absent } from '../compare.ts'
import { verifySettings } from '../verify-settings.ts'

async function checkSettings({ service, server }: Subject): Promise<Outcome> {
  const report = await verifySettings(server, service.settings, join(service.paths.config, 'postgresql.conf'))
  const findings = report.mismatches.map(({ name, expected, actual, why }) => ({ what: name, expected, actual: `${actual} (${why})` }))
  return { findings, figures: { settings: report.total } }
}

export const settings: Check = {
  id: 'settings',
  title: 'the server runs with every setting of its postgresql.conf',
  help: 'reload the server, or restart it where the setting asks for that',
  run: checkSettings,
}

/** Where a value comes from when neither postgresql.conf nor our own connection has set it. https://www.postgresql.org/docs/current/view-pg-settings.html */
const elsewhere = ['command line', 'configuration file', 'environment variable', 'global']
/** What the start command names. */
const places = ['config_file', 'data_directory', 'hba_file', 'ident_file']

async function checkSettingsElsewhere({ service, server }: Subject): Promise<Outcome> {
  const rows = await rowsOf<{ name: string; setting: string; source: string; sourcefile: string | null }>(
    server,
    `SELECT name, setting, source, sourcefile FROM pg_settings WHERE source IN (${elsewhere.map((name) => `'${name}'`).join(', ')})`,
  )
  const declared = new Set([...service.settings.map(({ name }) => name.toLowerCase()), ...places])
  const findings = rows
    .filter(({ name }) => !declared.has(name.toLowerCase()))
    .map(({ name, setting, source, sourcefile }) => ({
      what: name,
      expected: absent,
      actual: `${setting} (${sourcefile ?? source})`,
    }))
  return { findings, figures: { settings: rows.length } }
}

export const settingsElsewhere: Check = {
  id: 'settings-elsewhere',
  title: 'nothing is set beside postgresql.conf',
  help: 'take it out there, or declare it under `settings`',
  run: checkSettingsElsewhere,
}

async function checkPendingRestart({ server }: Subject): Promise<Outcome> {
  const rows = await rowsOf<{ name: string; setting: string }>(
    server,
    'SELECT name, setting FROM pg_settings WHERE pending_restart ORDER BY name',
  )
  return {
    findings: rows.map(({ name, setting }) => ({
      what: name,
      expected: 'no change that waits for a restart',
      actual: `still ${setting}`,
    })),
    figures: {},
  }
}

export const pendingRestart: Check = {
  id: 'pending-restart',
  title: 'no setting waits for a restart',
  help: 'restart the server',
  run: checkPendingRestart,
}
