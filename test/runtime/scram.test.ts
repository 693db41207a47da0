import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { scramVerifier, verifierFormat, verifierStart } from '../../src/runtime/scram.ts'

/** The example exchange of RFC 7677 section 3, user `user`, password `pencil`. */
const rfc = {
  salt: Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'),
  messages: [
    'n=user,r=rOprNGfwEbeRWgbNEkqO',
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  ].join(','),
  clientProof: 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverSignature: '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
}

const keysOf = (verifier: string) =>
  verifier
    .split('$')[2]!
    .split(':')
    .map((key) => Buffer.from(key, 'base64')) as [Buffer, Buffer]

describe('against the example of RFC 7677', () => {
  test('the server key signs what the server signs there', async () => {
    const [, serverKey] = keysOf(await scramVerifier('pencil', rfc.salt))
    expect(createHmac('sha256', serverKey).update(rfc.messages).digest('base64')).toBe(rfc.serverSignature)
  })

  test('the stored key accepts the proof that the client gives there', async () => {
    const [storedKey] = keysOf(await scramVerifier('pencil', rfc.salt))
    const signature = createHmac('sha256', storedKey).update(rfc.messages).digest()
    const clientKey = Buffer.from(rfc.clientProof, 'base64').map((byte, index) => byte ^ signature[index]!)
    expect(createHash('sha256').update(clientKey).digest()).toEqual(storedKey)
  })

  test('another password is refused by the same means', async () => {
    const [storedKey] = keysOf(await scramVerifier('pencils', rfc.salt))
    const signature = createHmac('sha256', storedKey).update(rfc.messages).digest()
    const clientKey = Buffer.from(rfc.clientProof, 'base64').map((byte, index) => byte ^ signature[index]!)
    expect(createHash('sha256').update(clientKey).digest()).not.toEqual(storedKey)
  })
})

test('the whole text, as PostgreSQL 17 stores it for this password and salt', async () => {
  expect(await scramVerifier('pencil', rfc.salt)).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  )
})

test('a verifier starts with what tells its salt', async () => {
  expect(await scramVerifier('pencil', rfc.salt)).toMatch(/^SCRAM-SHA-256\$4096:W22ZaJ0SNY7soEsUEjb6gQ==\$/)
  expect(verifierStart(rfc.salt)).toBe('SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==')
})

test.each([
  ['an umlaut', 'pässword'],
  ['a soft hyphen, which SASLprep would drop', 'pass\u00adword'],
  ['a line break', 'pass\nword'],
  ['nothing', ''],
])('a password with %s is refused', async (_, password) => {
  await expect(scramVerifier(password, rfc.salt)).rejects.toThrow('printable ASCII')
})

test('a salt of another length is refused', async () => {
  await expect(scramVerifier('pencil', Buffer.alloc(12))).rejects.toThrow('16 bytes')
})

describe('the format that PostgreSQL takes for a verifier', () => {
  const good =
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU='
  test.each([
    ['as it is', good, true],
    ['without iterations', good.replace('4096:', ''), false],
    ['zero iterations', good.replace('4096', '0'), false],
    ['a short salt', good.replace('W22Z', ''), false],
    ['a line break at the end', `${good}\n`, false],
    ['the server key missing', good.slice(0, good.lastIndexOf(':')), false],
    ['an MD5 hash', 'md5a6343a68d964ca596d9752250d54bb8a', false],
    ['a password', 'pencil', false],
  ])('%s', (_, text, expected) => {
    expect(verifierFormat.test(text)).toBe(expected)
  })
})
