import { defineConfig } from 'vitest/config'
import { viteAssets } from './scripts/assets.mjs'

const project = (name: string, include: string[], more: object = {}) => ({ plugins: [viteAssets], test: { name, include, ...more } })

export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/**/*.test.ts', '!test/{integration,sql,docker}/**'], { testTimeout: 20_000, sequence: { groupOrder: 0 } }),
      project('integration', ['test/integration/**/*.test.ts'], {
        testTimeout: 120_000,
        hookTimeout: 300_000,
        fileParallelism: false,
        sequence: { groupOrder: 1 },
      }),
      // Each file has a server of its own, in a folder of its own: they run side by side.
      project('sql', ['test/sql/**/*.test.ts'], { testTimeout: 120_000, hookTimeout: 300_000, maxWorkers: 2, sequence: { groupOrder: 2 } }),
      // All tests share the fleet that the set-up boots: https://vitest.dev/config/globalsetup
      project('docker', ['test/docker/**/*.test.ts'], {
        globalSetup: ['test/docker/setup.ts'],
        testTimeout: 300_000,
        hookTimeout: 600_000,
        fileParallelism: false,
        sequence: { groupOrder: 3 },
      }),
    ],
  },
})
