import { header } from '../../src/artifact.ts'
import type { ServerSetting, Service } from '../../src/fleet/types.ts'
import { confValue, lineComment } from '../quote.ts'
import { render } from './postgresql.conf.hbs'

type View = {
  readonly header: string
  readonly title: string
  readonly groups: readonly { readonly title: string; readonly lines: readonly { readonly setting: string; readonly why: string }[] }[]
}

/** postgresql.conf: every setting once, under its heading, with its reason beside it. */
export function serverSettings({ host, summary, settings }: Service): string {
  const headings = [...new Set(settings.map(({ group }) => group))]
  const view: View = {
    header,
    title: lineComment(summary === '' ? host : `${host}: ${summary}`),
    groups: headings.map((heading) => ({ title: lineComment(heading), lines: aligned(settings.filter(({ group }) => group === heading)) })),
  }
  return render(view)
}

/** The comments of a heading start in one column. */
function aligned(settings: readonly ServerSetting[]): View['groups'][number]['lines'] {
  const lines = settings.map(({ name, value, why }) => ({ setting: `${name} = ${confValue(value)}`, why: lineComment(why) }))
  const width = Math.max(...lines.map(({ setting }) => setting.length))
  return lines.map(({ setting, why }) => ({ setting: setting.padEnd(width), why }))
}
