// npm run docs: writes the pages of docs/ that are generated. --check only compares.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { changesDoc } from './docs/changes.ts'
import { complianceDoc } from './docs/compliance.ts'
import { rulesDoc } from './docs/rules.ts'

const pages = { 'docs/rules.md': rulesDoc, 'docs/compliance.md': complianceDoc, 'docs/changes.md': changesDoc }

for (const [file, page] of Object.entries(pages)) {
  const text = await page()
  if (!process.argv.includes('--check')) writeFileSync(file, text)
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`${file} is stale: run npm run docs`)
    process.exitCode = 1
  }
}
