import { stripVTControlCharacters } from 'node:util'
import picocolors from 'picocolors'
import { describe, expect, test } from 'vitest'
import type { FleetDiff } from '../../../src/plan/changes/types.ts'
import { diffMarkdown } from '../../../src/report/diff/markdown.ts'
import { diffText } from '../../../src/report/diff/text.ts'
import { problemsOf } from '../../support/markdown-tree.ts'
import { nothing, samples } from '../../support/review-samples.ts'

const plain = picocolors.createColors(false)
const diffs = Object.entries(samples).flatMap(([name, { outcome }]): [string, FleetDiff][] =>
  'diff' in outcome ? [[name, outcome.diff]] : [],
)
const diffOf = (name: string): FleetDiff => diffs.find(([each]) => each === name)![1]

test('services in the order of their gravest change, with what it takes', () => {
  expect(diffText(diffOf('destroy-refused'), plain, 60)).toMatchInlineSnapshot(`
    "legacy: destroy
      destroy  service legacy removed
          not allowed [service-removed]
          its volume holds the database legacy
          Take a last backup: pgfleet backup legacy

    trading: destroy
      destroy  schema audit removed
          not allowed [schema-removed]
      reload   log_min_duration_statement  1s -> 250ms

    apply
      1. pgfleet apply
          removes the containers of legacy; its volume is only
          removed with --volumes

    rollback: destroy
      1. pgfleet restore legacy
          from the last backup
      lost: rows of legacy written after its last backup
      lost: schema audit of trading

    notes
      1 generated file changes
    "
  `)
})

test('values, notes and budgets', () => {
  expect(diffText(diffOf('restart-tight'), plain, 100)).toMatchInlineSnapshot(`
    "trading: recreate
      recreate       memory                 4GiB -> 16GiB                   x4
      recreate       published port         127.0.0.1:5433 -> 0.0.0.0:5433
          security: the port is reachable from other machines
      restart        shared_buffers         1GB -> 4GB                      x4, tuned
      pooler reload  clients of the pooler  1,040 -> 2,080                  x2
      reload         effective_cache_size   3GB -> 12GB                     x4, tuned
      reload         work_mem               16MB -> 64MB                    x4, tuned

    budgets
      host     memory       46.5 of 64 GiB -> 58.5 of 64 GiB                 91 % tight
      trading  memory       3.4 of 4 GiB -> 12.8 of 16 GiB                   80 %
      trading  connections  97 of 197 connections -> 137 of 197 connections  69 %

    apply
      1. pgfleet apply trading --recreate
          makes the containers of trading anew; sessions end, the volume stays
      2. pgfleet verify trading
          compares what runs with what is declared

    rollback: recreate
      1. git revert 8e77a1b
          the fleet as it was
      2. pgfleet apply trading --recreate
          makes the containers anew

    notes
      2 generated files change
    "
  `)
})

test('no change is said', () => {
  expect(diffText(nothing, plain)).toBe('nothing changes\n')
  expect(diffMarkdown(nothing)).toBe('Nothing changes.\n')
})

describe.each(diffs)('%s', (_name, diff) => {
  test('colours add nothing but colours', () => {
    expect(stripVTControlCharacters(diffText(diff, picocolors.createColors(true), 80))).toBe(diffText(diff, plain, 80))
  })

  test('nothing in it moves the cursor', () => {
    expect(diffText(diff, plain, 80).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e]/u)
  })

  test.each([false, true])('its Markdown is sound, with texts: %s', (texts) => {
    expect(problemsOf(diffMarkdown(diff, { texts }))).toEqual([])
  })
})

test('the Markdown has the texts of files only where they are asked for', () => {
  const diff = diffOf('one-reload')
  expect(diffMarkdown(diff)).not.toContain('```diff')
  expect(diffMarkdown(diff, { texts: true })).toContain('+random_page_cost = 1.1')
})
