import { visible } from '../../report/visible.ts'
import { type ApplyResult, apply, type ServiceApply } from '../../runtime/compose/apply/apply.ts'
import { openProject, type ProjectOptions } from '../compose/open-project.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'

/** Exit code 0 when nothing is left to do, 1 when something needs a restart, 3 when something failed. */
export async function run(options: ProjectOptions, context: Context): Promise<ExitCode> {
  const opened = await openProject(options, { fresh: true }, context)
  if (!opened) return exitCode.findings
  const result = await apply({ ...opened, onService: (service) => context.err(line(service, context)) })
  const failed = result.services.some(({ failures }) => failures.length > 0)
  if (options.json) context.out(`${JSON.stringify({ ok: !failed && result.restarts.length === 0, ...result }, null, 2)}\n`)
  else context.out(report(result, context))
  return failed ? exitCode.failed : result.restarts.length > 0 ? exitCode.findings : exitCode.clean
}

function line({ service, migrations, reloaded, changed, failures }: ServiceApply, { colorsErr }: Context): string {
  if (failures.length > 0) return `${colorsErr.red('failed')} ${service}\n`
  const done = [
    ...(migrations.length > 0 ? [`applied ${migrations.join(', ')}`] : []),
    ...(changed.server.length > 0
      ? [`the server now has another ${changed.server.join(', ')}`]
      : reloaded
        ? ['the server read its files again']
        : []),
    ...(changed.pooler.length > 0 ? [`the pooler now has another ${changed.pooler.join(', ')}`] : []),
  ]
  return `${colorsErr.green('ok')} ${service}: ${done.length > 0 ? done.map(visible).join('; ') : 'nothing new'}\n`
}

function report({ services, restarts }: ApplyResult, { colorsOut }: Context): string {
  const failures = services.flatMap(({ service, failures }) =>
    failures.map(({ part, message, hint }) => {
      const text = message.split('\n').map(visible).join('\n  ')
      return `${colorsOut.red('failed')} ${service} (${part}): ${text}\n${hint === undefined ? '' : `  help: ${visible(hint)}\n`}`
    }),
  )
  const left = restarts.map(({ container, reasons, command }) =>
    [`${colorsOut.yellow('restart')} ${container}: run \`${command}\`\n`, ...reasons.map((reason) => `  ${visible(reason)}\n`)].join(''),
  )
  return [...failures, ...left].join('')
}
