import { writeFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** After a run: what was skipped (by name), the ten slowest tests, and the counts as JSON for scripts/test. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const named = (test: TestCase) => `${test.module.relativeModuleId} > ${test.fullName}`
    const state = (wanted: string) => tests.filter((test) => test.result().state === wanted)
    const skipped = state('skipped')
    if (skipped.length) {
      console.log(`\nSKIPPED, not checked (${skipped.length}):`)
      for (const test of skipped) console.log(`  ${named(test)}`)
    }
    const slowest = tests.map((test) => ({ name: named(test), ms: test.diagnostic()?.duration ?? 0 })).sort((a, b) => b.ms - a.ms)
    console.log('\nTen slowest tests:')
    for (const { name, ms } of slowest.slice(0, 10)) console.log(`  ${(ms / 1000).toFixed(1).padStart(6)} s  ${name}`)
    // A file that does not load has no tests, and still is a failure.
    const broken = modules.filter((module) => module.errors().length > 0).length
    const counts = { passed: state('passed').length, failed: state('failed').length + broken + errors.length, skipped: skipped.length }
    const file = process.env['PGFLEET_TEST_COUNTS']
    if (file) writeFileSync(file, JSON.stringify(counts))
  }
}
