import { dictionary } from '@zxcvbn-ts/language-common'
import { describe, expect, test } from 'vitest'
import { passwordAttempt, preparePassword, weakness } from '../src/accounts/password.ts'
import { cpuTime } from './support/cpu-time.ts'
import fc from './support/fast-check.ts'

const KIB_16 = 16 * 1024
const ana = { username: 'ana.silva', email: 'silva.a@example.org', brand: 'Foyer' }

const prepare = (typed: string, minLength = 12) => preparePassword(typed, { minLength })

function problem(typed: string, minLength?: number) {
  const prepared = prepare(typed, minLength)
  return prepared.ok ? undefined : prepared.problem
}

describe('a prepared password', () => {
  test.each([
    // RFC 8265, table 4
    ['correct horse battery staple', 'correct horse battery staple'],
    ['Correct Horse Battery Staple', 'Correct Horse Battery Staple'],
    ['πßå', 'πßå'],
    ['Jack of ♦s', 'Jack of ♦s'],
    ['foo\u1680bar', 'foo bar'],
    ['foo\u00a0bar\u3000', 'foo bar '],
    [' pw ', ' pw '],
    ['e\u0301', '\u00e9'],
    ['Ａ', 'Ａ'],
    ['👨‍👩‍👧', '👨‍👩‍👧'],
  ])('%j is %j', (typed, password) => {
    expect(prepare(typed, 1)).toEqual({ ok: true, value: password })
    expect(passwordAttempt(typed)).toBe(password)
  })

  test('differs wherever a space does', () => {
    expect(passwordAttempt(' pw')).not.toBe(passwordAttempt('pw'))
    expect(passwordAttempt('pw ')).not.toBe(passwordAttempt('pw'))
    expect(passwordAttempt('p w')).not.toBe(passwordAttempt('p  w'))
  })

  test('stays the same when prepared again, and is the same for NFC and NFD', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (typed) => {
        const password = passwordAttempt(typed)
        if (password === undefined) return
        expect(passwordAttempt(password)).toBe(password)
        expect(passwordAttempt(typed.normalize('NFD'))).toBe(password)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['my cat is a \u0007by', 'a control character'],
    ['tabs\tare not spaces', 'a tab'],
    ['nul\0is the end of it', 'NUL'],
    ['half a pair \ud83d here', 'a high surrogate'],
    ['half a pair \ude00 here', 'a low surrogate'],
    ['nothing yet \u0378 here', 'an unassigned code point'],
    ['never one \uffff at all', 'a noncharacter'],
  ])('is not %j: %s', (typed) => {
    expect(problem(typed)?.code).toBe('password.characters')
    expect(passwordAttempt(typed)).toBeUndefined()
  })
})

describe('length is counted in code points', () => {
  test.each(['x', '😀', 'é', 'e\u0301', '👍'])('of %s: 12 at least, 256 at most', (character) => {
    expect(problem(character.repeat(11))).toEqual({ code: 'password.short', params: { min: 12, n: 11 } })
    expect(problem(character.repeat(12))).toBeUndefined()
    expect(problem(character.repeat(256))).toBeUndefined()
    expect(problem(character.repeat(257))).toEqual({ code: 'password.long', params: { max: 256, n: 257 } })
    expect(passwordAttempt(character.repeat(256))).toBeDefined()
    expect(passwordAttempt(character.repeat(257))).toBeUndefined()
  })

  test('marks that join no letter count as well', () => {
    expect(problem('x\u0338'.repeat(5))?.params).toMatchObject({ n: 10 })
    expect(problem('x\u0338'.repeat(6))).toBeUndefined()
    expect(problem(`${'x\u0338'.repeat(128)}x`)?.code).toBe('password.long')
  })

  test('the minimum is the caller’s', () => {
    expect(problem('x'.repeat(14), 15)?.params).toEqual({ min: 15, n: 14 })
    expect(problem('x'.repeat(15), 15)).toBeUndefined()
  })

  test('nothing is cut off: passwords that differ only at the end of 300 are refused, not taken for one', () => {
    expect(problem(`${'x'.repeat(299)}a`)?.code).toBe('password.long')
    expect(problem(`${'x'.repeat(299)}b`)?.code).toBe('password.long')
  })

  test('far beyond the maximum, what was typed is counted and not normalised', () => {
    expect(problem('e\u0301'.repeat(2000))?.params).toMatchObject({ n: 4000 })
    expect(problem('x'.repeat(KIB_16))?.params).toMatchObject({ n: KIB_16 })
  })

  test('none is missing', () => {
    expect(problem('')?.code).toBe('password.missing')
    expect(passwordAttempt('')).toBeUndefined()
    expect(problem(' '.repeat(12))).toBeUndefined()
  })
})

describe('among the first to be guessed', () => {
  test('is every common password, in any case', () => {
    const common = dictionary['passwords-common']
    expect(common.filter((password) => password.length >= 8).length).toBeGreaterThanOrEqual(17950)
    for (const password of common) {
      expect(weakness(password, ana)?.code).toBe('password.common')
      expect(weakness(password.toUpperCase(), ana)?.code).toBe('password.common')
    }
  })

  test.each([
    'aaaaaaaaaaaa',
    'aaaaaaaaaaab',
    'aaaabbbbcccc',
    'abcabcabcabc',
    'abcabcabcabca',
    'monkeymonkey',
    'kitten!kitten!',
    '😀😀😀😀😀😀😀😀😀😀😀😀',
    'abcdefghijkl',
    'ABCDEFGHIJKL',
    'lkjihgfedcba',
    '0987654321098',
    '345678901234',
    'qwertyuiopas',
    'poiuytrewqlk',
    'asdfghjklzxcv',
    'abcd1234qwer',
    '1qaz2wsx3edc4rfv5tgb',
    'йцукенгшщзхъ',
    'a'.repeat(256),
  ])('%s: a pattern', (password) => {
    expect(weakness(password, ana)?.code).toBe('password.guessable')
  })

  test.each([
    'ana.silva1234',
    'Ana.Silva!!!!',
    'anasilvaanasilva',
    '2024 silva ana',
    'silva.a@example.org',
    'foyerfoyerfoyer',
    'Foyer-Foyer-2026',
    '*** foyer ***',
    'silvaexample1',
  ])('%s: what everybody knows', (password) => {
    expect(weakness(password, ana)).toEqual({ code: 'password.context', params: { brand: 'Foyer' } })
  })

  test('is a word of what was typed beside it, for as long as an address can be', () => {
    const username = 'x '.repeat(120)
    expect(weakness('kangaroo1234', { username: `${username}kangaroo`, brand: 'Foyer' })?.code).toBe(
      'password.context',
    )
    expect(
      weakness('kangaroo1234', { username: `${username.repeat(2)}kangaroo`, brand: 'Foyer' }),
    ).toBeUndefined()
  })

  test('is a brand of two words, together or apart', () => {
    const brand = 'Acme Cloud'
    for (const password of ['AcmeCloud2026', 'acme-cloud!!!', 'cloud cloud acme'])
      expect(weakness(password, { brand })?.code).toBe('password.context')
  })
})

describe('not among the first', () => {
  test.each([
    'correct horse battery staple',
    'ana paints the garden fence',
    'the foyer smells of oranges',
    'banana bread at midnight',
    'ana.silva kayaks',
    'tr0ub4dor&3 mile',
    'kX9!qmTb2#vLw7z',
    'лошадь верно скрепка',
    '正しい馬電池ホチキスの針を使う',
    '8402 6139 5577 0316',
    'no rule asks for digits',
  ])('%s', (password) => {
    expect(weakness(password, ana)).toBeUndefined()
  })

  test('is what a name of one or two letters is in, or digits alone that stand in the name', () => {
    expect(weakness('8402 6139 5577 0316', { username: 'ana.5577', brand: 'Foyer' })).toBeUndefined()
    expect(weakness('a1!b2?c3.d4,e5', { email: 'a@b.co', brand: 'Foyer' })).toBeUndefined()
  })

  test('is any 15 printable characters drawn at random', () => {
    const printable = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code))
    const drawn = fc.noBias(fc.string({ unit: printable, minLength: 15, maxLength: 15 }))
    fc.assert(
      fc.property(drawn, (password) => {
        expect(prepare(password, 15).ok).toBe(true)
        expect(weakness(password, ana)).toBeUndefined()
      }),
      { numRuns: 5000 },
    )
  })
})

test('16 KiB of anything is answered within 5 ms, with room for a busy machine', () => {
  const units = [
    'a',
    'ab',
    'qwertyuiop',
    '1',
    ' ',
    'ana.',
    '😀',
    'e\u0301',
    '\u0301',
    '\ufdfa',
    '\ud800',
    'x\u3000',
  ]
  for (const unit of units) {
    const text = unit.repeat(KIB_16 / unit.length)
    const longest = Array.from(text).slice(0, 256).join('')
    const time = cpuTime(() => {
      preparePassword(text, { minLength: 12 })
      passwordAttempt(text)
      weakness(longest, { username: text, email: text, brand: 'Foyer' })
    })
    expect(time, JSON.stringify(unit)).toBeLessThan(25)
  }
})
