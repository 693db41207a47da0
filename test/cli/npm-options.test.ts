import { expect, test } from 'vitest'
import { optionsTakenByNpm } from '../../src/cli/npm-options.ts'
import { createProgram } from '../../src/cli/program.ts'

const taken = (argv: string[], env: NodeJS.ProcessEnv) =>
  optionsTakenByNpm(
    createProgram(() => {}),
    ['node', 'pgfleet', ...argv],
    env,
  )

test.each<[string, string[], NodeJS.ProcessEnv, string[]]>([
  ['npm run pgfleet generate --check', ['generate'], { npm_lifecycle_event: 'pgfleet', npm_config_check: 'true' }, ['--check']],
  [
    'npm start --once --port-offset 5',
    ['up', '5'],
    { npm_lifecycle_event: 'start', npm_config_once: 'true', npm_config_port_offset: 'true' },
    ['--once', '--port-offset'],
  ],
  ['npm run pgfleet -- generate --check', ['generate', '--check'], { npm_lifecycle_event: 'pgfleet' }, []],
  ['both ways', ['generate', '--out=x'], { npm_lifecycle_event: 'pgfleet', npm_config_out: 'x' }, []],
  ['another script of another project', ['generate'], { npm_lifecycle_event: 'build', npm_config_json: 'true' }, []],
  ['yes in the configuration of npm', ['up'], { npm_lifecycle_event: 'start', npm_config_yes: 'false' }, []],
  ['without npm', ['generate'], {}, []],
])('%s', (_, argv, env, options) => expect(taken(argv, env)).toEqual(options))
