import { describe, expect, test } from 'vitest'
import { passfileText, serviceFileText } from '../../src/io/passfile.ts'

const login = { host: '127.0.0.1', port: 5433, database: 'shop', user: 'app' }

describe('password file', () => {
  test('one line per login', () => {
    const entries = [
      { ...login, password: 'one' },
      { ...login, port: 5434, user: 'other', password: 'two' },
    ]
    expect(passfileText(entries)).toBe('127.0.0.1:5433:shop:app:one\n127.0.0.1:5434:shop:other:two\n')
  })

  test('colons and backslashes are escaped in every field', () => {
    expect(passfileText([{ host: 'a:b', port: 1, database: 'c\\d', user: 'e:f', password: 'g\\:h' }])).toBe(
      'a\\:b:1:c\\\\d:e\\:f:g\\\\\\:h\n',
    )
  })

  test('a role named * does not stand for all others', () => {
    expect(passfileText([{ ...login, user: '*', password: '*' }])).toBe('127.0.0.1:5433:shop:\\*:*\n')
  })

  test.each(['\n', '\r', '\0'])('a field with %j would make another line: refused', (char) => {
    expect(() => passfileText([{ ...login, user: `a${char}b`, password: 'x' }])).toThrow('file can hold')
  })
})

describe('service file', () => {
  test('a section per login, values as they are', () => {
    const entries = [
      { ...login, name: 'orders', passfile: '/home/a b/pass=file' },
      { ...login, name: 'orders/monitor', user: 'monitor', passfile: '/p' },
    ]
    expect(serviceFileText(entries)).toBe(
      `[orders]
host=127.0.0.1
port=5433
dbname=shop
user=app
passfile=/home/a b/pass=file

[orders/monitor]
host=127.0.0.1
port=5433
dbname=shop
user=monitor
passfile=/p
`,
    )
  })

  test('a value with a line break could set another parameter: refused', () => {
    expect(() => serviceFileText([{ ...login, database: 'a\nhost=evil', name: 'x', passfile: '/p' }])).toThrow('file can hold')
  })
})
