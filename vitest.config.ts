import { defineConfig } from 'vitest/config'
import { viteAssets } from './scripts/assets.mjs'

const project = (name: string, include: string[], more: object = {}) => ({ plugins: [viteAssets], test: { name, include, ...more } })

export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/**/*.test.ts', '!test/integration/**'], { testTimeout: 20_000 }),
      project('integration', ['test/integration/**/*.test.ts'], { testTimeout: 120_000, hookTimeout: 300_000, fileParallelism: false }),
    ],
  },
})
