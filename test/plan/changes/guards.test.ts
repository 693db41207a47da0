// Settings, images and regulations by which less is guarded than before.
import { expect, test } from 'vitest'
import { changeOf, diffOf } from '../../support/changes-of.ts'

const settings = (values: Record<string, unknown>, major = 17) => ({
  set: {
    postgres: major,
    'services/orders/extensions': ['pg_trgm', 'pgaudit'],
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [`services/orders/settings/${name}`, value])),
  },
})
const security = async (name: string, from: unknown, to: unknown, major = 17) =>
  changeOf(await diffOf(settings({ [name]: to }, major), settings({ [name]: from }, major)), `orders/setting/${name}`).security

test.each([
  ['session_replication_role', 'origin', 'replica'],
  ['lo_compat_privileges', 'off', 'on'],
  ['allow_system_table_mods', 'off', 'on'],
  ['standard_conforming_strings', 'on', 'off'],
  ['backslash_quote', 'safe_encoding', 'on'],
  ['event_triggers', 'on', 'off'],
  ['log_statement', 'all', 'ddl'],
  ['archive_command', 'true', 'cp %p /archive/%f'],
  ['dynamic_library_path', '$libdir', '/tmp'],
  ['jit_provider', 'llvmjit', 'other'],
  ['pgaudit.log', 'ddl, write', 'all, -write'],
])('%s: %s to %s is told to who answers for security, and not the way back', async (name, from, to) => {
  expect(await security(name, from, to)).toBeDefined()
  if (!/command|path|provider|pgaudit/.test(name)) expect(await security(name, to, from)).toBeUndefined()
})

test.each([
  ['receipt,authentication', 'receipt', 'the record of logins no longer covers authentication'],
  ['all', 'off', 'the record of logins is switched off'],
  ['receipt', 'receipt,authentication', undefined],
  ['receipt', 'all', undefined],
])('log_connections of 18: %s to %s', async (from, to, expected) => {
  expect(await security('log_connections', from, to, 18)).toBe(expected)
})

test('pages that are not valid are damage that is hidden', async () => {
  const diff = await diffOf(settings({ ignore_invalid_pages: 'on' }), settings({}))
  expect(changeOf(diff, 'orders/setting/ignore_invalid_pages').destroys).toEqual({ rule: 'durability-off' })
})

test.each([
  ['registry.example/shop:1.1', undefined],
  ['registry.example/shop@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', undefined],
  ['registry.example:5000/shop:1.0', 'its image comes from another place'],
  ['elsewhere.example/shop:1.0', 'its image comes from another place'],
])('an application from %s', async (image, expected) => {
  expect(changeOf(await diffOf({ set: { 'applications/shop/image': image } }), 'application/shop').security).toBe(expected)
})

test('another database does not hide what the application may do there', async () => {
  const given = { set: { 'services/orders/app/role': 'shopper' } }
  const diff = await diffOf({ set: { 'services/orders/database': 'other', 'services/orders/app/privileges': {} } }, given)
  expect(changeOf(diff, 'orders/privilege/shopper').security).toBe('shopper gains UPDATE, DELETE on orders.log')
})

test.each([
  ['archive_mode', 'on', 'off'],
  ['archive_command', 'true', ''],
])('WAL is no longer archived: %s', async (name, from, to) => {
  const given = { archive_mode: 'on', archive_command: 'true' }
  const diff = await diffOf(settings({ [name]: to }), settings({ ...given, [name]: from }))
  expect(changeOf(diff, `orders/setting/${name}`).destroys).toEqual({ rule: 'backup-reduced' })
  const back = await diffOf(settings({ ...given, [name]: from }), settings({ ...given, [name]: to }))
  expect(changeOf(back, `orders/setting/${name}`)).not.toHaveProperty('destroys')
})
