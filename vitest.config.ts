import { defineConfig } from 'vitest/config'
import { viteAssets } from './scripts/assets.mjs'

const project = (name: string, include: string[], more: object = {}) => ({ plugins: [viteAssets], test: { name, include, ...more } })

const clock = 'test/docker/schedule.test.ts'

/** No servers, but many compilations, processes of git and requests: too long for what `npm run check` runs. */
const review = [
  'test/cli/{diff,review,why}*.test.ts',
  'test/github/**/*.test.ts',
  'test/plan/provenance/**/*.test.ts',
  'test/plan/changes/properties.test.ts',
  'test/report/markdown/{least,properties}.test.ts',
]

export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/**/*.test.ts', '!test/{integration,sql,docker}/**', ...review.map((files) => `!${files}`)], {
        testTimeout: 20_000,
        sequence: { groupOrder: 0 },
      }),
      project('integration', ['test/integration/**/*.test.ts'], {
        testTimeout: 120_000,
        hookTimeout: 300_000,
        fileParallelism: false,
        sequence: { groupOrder: 1 },
      }),
      // Each file has a server of its own, in a folder of its own: they run side by side.
      project('sql', ['test/sql/**/*.test.ts'], { testTimeout: 120_000, hookTimeout: 300_000, maxWorkers: 2, sequence: { groupOrder: 2 } }),
      project('review', review, { testTimeout: 60_000, maxWorkers: 2, sequence: { groupOrder: 2 } }),
      // All tests share the fleet that the set-up boots: https://vitest.dev/config/globalsetup
      project('docker', ['test/docker/**/*.test.ts', `!${clock}`], {
        globalSetup: ['test/docker/setup.ts'],
        testTimeout: 300_000,
        hookTimeout: 600_000,
        fileParallelism: false,
        sequence: { groupOrder: 3 },
      }),
      // Has a fleet of its own and waits most of the time: scripts/test runs it beside the others in Docker, as a process of its own, since
      // Vitest runs two projects side by side only if the files of each may be, too.
      project('clock', [clock], { testTimeout: 300_000, hookTimeout: 600_000, sequence: { groupOrder: 4 } }),
    ],
  },
})
