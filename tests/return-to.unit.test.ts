import { describe, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { safeReturnTo } from '../src/http/return-to.ts'
import fc from './support/fast-check.ts'

const config = readConfig({
  BASE_URL: 'https://accounts.example.org',
  RETURN_ORIGINS: 'https://app.example.org',
})
const ours = [config.baseUrl, ...config.returnOrigins]

const FOREIGN = [
  ...[
    '//evil.example',
    '///evil.example',
    '////evil.example',
    '//evil.example/account',
    '//evil.example:80/',
  ],
  ...[
    '/\\evil.example',
    '\\/evil.example',
    '\\\\evil.example',
    '/\\/evil.example',
    '\\evil.example',
    '/\\\\evil.example',
  ],
  ...[
    '/\tevil.example',
    '/\t/evil.example',
    '\t//evil.example',
    '/\n/evil.example',
    '/\r/evil.example',
    '/\r\n/evil.example',
  ],
  ...[
    ' //evil.example',
    '//evil.example ',
    '/ /evil.example',
    '\u00a0//evil.example',
    '\ufeff//evil.example',
  ],
  ...[
    'http://evil.example',
    'https://evil.example',
    'HTTPS://EVIL.EXAMPLE',
    'https:evil.example',
    'https:/evil.example',
  ],
  ...[
    'https:///evil.example',
    'https:\\\\evil.example',
    'http:\\evil.example',
    'ftp://evil.example',
    'ws://evil.example',
  ],
  ...[
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,x',
  ],
  ...[
    'vbscript:x',
    'blob:https://evil.example/x',
    'file:///etc/passwd',
    'mailto:a@evil.example',
    'about:blank',
  ],
  ...[
    'https://accounts.example.org@evil.example',
    'https://accounts.example.org:x@evil.example/',
    '//a@evil.example',
  ],
  ...[
    'https://user:secret@accounts.example.org/',
    'https://user@app.example.org/',
    'https://app.example.org@app.example.org/',
    '@evil.example',
    '/@/..//evil.example',
  ],
  ...[
    'https://accounts.example.org.evil.example',
    'https://evilaccounts.example.org',
    'https://app.example.org.evil.example',
  ],
  ...['https://app.example.org:8443/', 'http://app.example.org/', 'https://app.example.org@evil.example/'],
  ...[
    '／／evil.example',
    '/／evil.example',
    'https://evil。example',
    '//evil。example',
    'https:／／evil.example',
  ],
  ...[
    '/.//evil.example',
    '/..//evil.example',
    '/a/..//evil.example',
    '/./\\evil.example',
    '/%2e//evil.example',
    '/a/../..//evil.example',
  ],
  ...[
    'evil.example',
    './evil',
    '../evil',
    '?x',
    '#x',
    '',
    ' ',
    '.',
    '..',
    '*',
    'account',
    '\0/account',
    '/account\0',
  ],
  ...[
    '/account\r\nSet-Cookie: a=b',
    '/account\u2028',
    '/\u202eaccount',
    '/acc ount',
    '/é',
    '/\x7f',
    `/${'a'.repeat(2000)}`,
  ],
]

const KEPT = [
  ...[
    '/',
    '/account',
    '/account/name',
    '/account?x=1&y=2',
    '/account#top',
    '/a//b',
    '/a/b?next=//evil.example',
  ],
  ...[
    '/%5cevil.example',
    '/%2f%2fevil.example',
    '/%09/evil.example',
    '/%0d%0aSet-Cookie:a=b',
    '/a:b@c',
    '/;x',
  ],
  ...['https://app.example.org/', 'https://app.example.org/path?q=1#x'],
]

/** Where a browser that is on our page would go. */
const destination = (value: string) => new URL(value, `${config.baseUrl}/login`).origin

describe('where one is led after signing in', () => {
  test('is never another site', () => {
    expect(FOREIGN.length).toBeGreaterThan(60)
    for (const value of FOREIGN) expect(safeReturnTo(value, config), JSON.stringify(value)).toBeUndefined()
  })

  test('is where one wanted to go, if that is here or where the operator said', () => {
    for (const value of KEPT) {
      expect(safeReturnTo(value, config), value).toBe(value)
      expect(ours, value).toContain(destination(value))
    }
  })

  test('is text: not a list, an object or nothing', () => {
    for (const value of [undefined, null, 1, true, ['/account'], { not: '' }, Symbol('/')])
      expect(safeReturnTo(value, config)).toBeUndefined()
  })

  test('is the same place for us and for a browser, whatever is typed', () => {
    const parts = [
      '/',
      '\\',
      '//',
      '.',
      '..',
      ':',
      '@',
      '?',
      '#',
      '%2f',
      '%5c',
      '\t',
      '\n',
      ' ',
      'evil.example',
      'https',
    ]
    const typed = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl(),
      fc
        .array(fc.constantFrom(...parts, 'accounts.example.org', 'app.example.org', 'a'), { maxLength: 9 })
        .map((list) => list.join('')),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          typed,
          typed.map((text) => `/${text}`),
          typed.map((text) => `https://app.example.org${text}`),
        ),
        (value) => {
          const safe = safeReturnTo(value, config)
          if (safe === undefined) return
          expect(ours).toContain(destination(safe))
          expect(safe).toMatch(/^[\x21-\x7e]+$/)
          expect(safeReturnTo(safe, config)).toBe(safe)
        },
      ),
      { numRuns: 20_000 },
    )
  })
})
