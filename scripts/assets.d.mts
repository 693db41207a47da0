import type { Plugin as EsbuildPlugin } from 'esbuild'
import type { Plugin } from 'vitest/config'

export const viteAssets: Plugin
export const esbuildAssets: EsbuildPlugin
