import { describe, expect, test } from 'vitest'
import { reservedUsernames } from '../src/accounts/reserved-usernames.ts'
import { canonicalUsername, prepareUsername, suggestUsernames } from '../src/accounts/username.ts'
import { cpuTime } from './support/cpu-time.ts'
import fc from './support/fast-check.ts'

const KIB_16 = 16 * 1024

function accepted(typed: string) {
  const prepared = canonicalUsername(typed)
  if (!prepared.ok) throw new Error(`${JSON.stringify(typed)} is refused: ${prepared.problem.code}`)
  return prepared.value
}

function problem(typed: string, brand?: string) {
  const prepared = prepareUsername(typed, brand)
  return prepared.ok ? undefined : prepared.problem.code
}

/** Text made of what tends to break such rules, and of anything else. */
const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ...'abzABZ019._-',
      ...'ßςΣıİſKéÅ',
      ...'абраур',
      ...'אבا١۱ނ',
      ...'ａＺ｡ﾊﾞ',
      '田',
      'か',
      '김',
    ),
    fc.constantFrom('\u0301', '\u0307', '\u200b', '\u200d', '\u202e', '\u00ad', '\ud800', '\0', ' ', '@'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 36,
})

const asciiName = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{1,30}[a-z0-9]$/)

describe('the canonical form', () => {
  test.each([
    ['juliet', 'juliet'],
    ['JULIET', 'juliet'],
    ['Fußball', 'fußball'],
    ['πππ', 'πππ'],
    ['ΣΣΣ', 'σσς'],
    ['  ana.silva\n', 'ana.silva'],
    ['ａｎａ', 'ana'],
    ['ﾊﾞﾅﾅ', 'バナナ'],
    ['\u212Aelvin', 'kelvin'],
    ['Jose\u0301', 'jos\u00e9'],
    ['नमस्ते', 'नमस्ते'],
    ['東京タワー7', '東京タワー7'],
    ['김철수', '김철수'],
    ['שלום', 'שלום'],
    ['علی۱۲', 'علی۱۲'],
    ['007', '007'],
  ])('%s becomes %s', (typed, username) => {
    expect(accepted(typed).username).toBe(username)
  })

  test('of the canonical form is the same again', () => {
    fc.assert(
      fc.property(anyText, (typed) => {
        const first = canonicalUsername(typed)
        if (first.ok) expect(canonicalUsername(first.value.username)).toEqual(first)
      }),
      { numRuns: 5000 },
    )
  })

  test('takes in every ASCII name, whatever its case', () => {
    fc.assert(
      fc.property(asciiName, (name) => {
        expect(accepted(name).username).toBe(name)
        expect(accepted(name.toUpperCase()).username).toBe(name)
      }),
    )
  })
})

describe('refuses', () => {
  test.each([
    ['', 'username.missing'],
    [' \t ', 'username.missing'],
    ['ab', 'username.short'],
    ['éé', 'username.short'],
    ['a'.repeat(33), 'username.long'],
    ['\u{20000}'.repeat(33), 'username.long'],
    ['-ana', 'username.ends'],
    ['ana.', 'username.ends'],
    ['ana silva', 'username.characters'],
    ['ana@example.org', 'username.characters'],
    ['ana＠example.org', 'username.characters'],
    ["o'neil", 'username.characters'],
    ['ana\0', 'username.characters'],
    ['an\u0007a', 'username.characters'],
    ['ana\ud800', 'username.characters'],
    ['\udc00ana', 'username.characters'],
    ['admin\u200b', 'username.characters'],
    ['ana\u202exe', 'username.characters'],
    ['so\u00adft', 'username.characters'],
    ['ⓐdmin', 'username.characters'],
    ['ſam', 'username.characters'],
    ['ﬁfty', 'username.characters'],
    ['HenryⅣ', 'username.characters'],
    ['♚♚♚', 'username.characters'],
    ['😀😀😀', 'username.characters'],
    ['عـــلي', 'username.characters'],
    ['\u1100\u1100\u1100', 'username.characters'],
    ['\u0301ana', 'username.characters'],
    ['a.\u0301b', 'username.characters'],
    ['a\u0335\u0336\u0337\u0338\u0335na', 'username.characters'],
    ['раураl', 'username.mixed'],
    ['аdmin', 'username.mixed'],
    ['ラdимир', 'username.mixed'],
    ['राम१2', 'username.mixed'],
    ['على١۲', 'username.mixed'],
    ['שלוםana', 'username.direction'],
    ['12שלום', 'username.start'],
    ['١٢على', 'username.start'],
  ])('%j: %s', (typed, code) => {
    expect(problem(typed)).toBe(code)
  })

  test('nothing of 3 or of 32 code points, but counts what is stored and not what is typed', () => {
    expect(accepted('abc').username).toHaveLength(3)
    expect(accepted('a'.repeat(32)).username).toHaveLength(32)
    expect(Array.from(accepted('\u{20000}'.repeat(32)).username)).toHaveLength(32)
    expect(accepted('e\u0301'.repeat(32)).username).toBe('\u00e9'.repeat(32))
    expect(problem('e\u0301'.repeat(33))).toBe('username.long')
    expect(problem('e\u0301'.repeat(2))).toBe('username.short')
    expect(problem('!'.repeat(257))).toBe('username.long')
  })

  test('anything that could be an e-mail address', () => {
    fc.assert(
      fc.property(anyText, fc.nat(36), (text, at) => {
        const name = accepted('ana').username
        expect(problem(`${name}${text.slice(0, at)}@${text.slice(at)}${name}`)).toMatch(/characters|long/)
      }),
    )
  })
})

describe('the skeleton', () => {
  test.each([
    ['paypal', 'paypa1'],
    ['oscar', '0scar'],
    ['modern', 'modem'],
    ['item', 'ıtem'],
    ['роре', 'pope'],
    ['ΣΑΣ', 'σασ'],
    ['straße', 'STRASSE'],
    ['βββ', 'ßßß'],
    ['ana', 'ＡＮＡ'],
    ['jose\u0301', 'jos\u00e9'],
  ])('is shared by %s and %s', (name, lookAlike) => {
    expect(accepted(lookAlike).skeleton).toBe(accepted(name).skeleton)
  })

  test.each([
    ['ana', 'aná'],
    ['ana.silva', 'ana-silva'],
    ['ana', 'anna'],
    ['user2', 'user3'],
    ['paypal', 'PAYPAI'],
  ])('is not shared by %s and %s', (name, other) => {
    expect(accepted(other).skeleton).not.toBe(accepted(name).skeleton)
  })

  test('is shared by every mixture of 0 with o and 1 with l', () => {
    const pairs = fc.array(fc.constantFrom(['0', 'o', 'O'], ['1', 'l', 'L']), { minLength: 3, maxLength: 32 })
    const twoSpellings = pairs.chain((letters) => {
      const spelling = fc.tuple(...letters.map((forms) => fc.constantFrom(...forms)))
      return fc.tuple(spelling, spelling)
    })
    fc.assert(
      fc.property(twoSpellings, ([one, other]) => {
        expect(accepted(one.join('')).skeleton).toBe(accepted(other.join('')).skeleton)
      }),
    )
  })

  test('of a skeleton is the skeleton', () => {
    fc.assert(
      fc.property(anyText, (typed) => {
        const name = canonicalUsername(typed)
        if (!name.ok) return
        const again = canonicalUsername(name.value.skeleton)
        if (again.ok) expect(again.value.skeleton).toBe(name.value.skeleton)
      }),
      { numRuns: 5000 },
    )
  })
})

describe('reserved names', () => {
  test('are kept, in any spelling', () => {
    expect(reservedUsernames.length).toBeGreaterThan(150)
    for (const name of reservedUsernames)
      for (const spelling of [name, name.toUpperCase(), `${name[0]}.${name.slice(1)}`])
        expect(problem(spelling), spelling).toBe('username.reserved')
  })

  test('so are their look-alikes', () => {
    expect(problem('r00t')).toBe('username.reserved')
    expect(problem('b1lling')).not.toBe('username.reserved')
    expect(problem('he1p')).toBe('username.reserved')
    expect(problem('ɑdmin')).toBe('username.reserved')
  })

  test('and the brand, with or without its spaces', () => {
    expect(problem('acme-cloud', 'Acme Cloud')).toBe('username.reserved')
    expect(problem('AcmeC1oud', 'Acme Cloud')).toBe('username.reserved')
    expect(problem('acme-cloud')).toBeUndefined()
    expect(problem('acme', 'Acme Cloud')).toBeUndefined()
  })

  test('belong to who already has them: they can be looked up', () => {
    expect(accepted('Admin').username).toBe('admin')
  })

  test('take no name that merely contains one', () => {
    expect(problem('rootbeer')).toBeUndefined()
    expect(problem('ana.admin')).toBeUndefined()
  })
})

describe('suggestions', () => {
  const three = () => 3

  test('rearrange the parts of a name and then count', () => {
    expect(suggestUsernames('ana.silva', three)).toEqual([
      'ana-silva',
      'ana_silva',
      'anasilva',
      'silva.ana',
      'ana.s',
      'a.silva',
      'ana.silva3',
      'ana.silva33',
      'ana.silva.33',
      'ana.silva-33',
      'ana.silva333',
      'ana.silva_333',
    ])
    expect(suggestUsernames('ana', three).slice(0, 3)).toEqual(['ana3', 'ana33', 'ana.33'])
  })

  test('exist for names at the longest, and in other alphabets', () => {
    expect(suggestUsernames('a'.repeat(32), three).length).toBeGreaterThanOrEqual(5)
    expect(suggestUsernames('анна.петрова', three).length).toBeGreaterThanOrEqual(10)
    expect(suggestUsernames('שלום', three).length).toBeGreaterThanOrEqual(5)
  })

  test('are valid, distinct, and never mistaken for the name that is taken', () => {
    const name = fc.oneof(asciiName, anyText)
    fc.assert(
      fc.property(name, (typed) => {
        const taken = prepareUsername(typed)
        if (!taken.ok) return
        const suggestions = suggestUsernames(taken.value.username)
        const skeletons = suggestions.map((suggestion) => {
          expect(problem(suggestion)).toBeUndefined()
          return accepted(suggestion).skeleton
        })
        expect(suggestions.length).toBeLessThanOrEqual(12)
        expect(new Set([...skeletons, taken.value.skeleton]).size).toBe(suggestions.length + 1)
      }),
      { numRuns: 500 },
    )
  })
})

test('16 KiB of anything is answered within 5 ms, with room for a busy machine', () => {
  const units = [
    'a',
    'a.',
    ' a',
    'a\u0301',
    '\u0301',
    '._',
    '\ufdfa',
    '\u1100\u1161\u11a8',
    '\u0390',
    '\ud800',
    'İ',
  ]
  for (const unit of units) {
    const text = unit.repeat(KIB_16 / unit.length)
    const time = cpuTime(() => {
      prepareUsername(text, 'Foyer')
    })
    expect(time, JSON.stringify(unit)).toBeLessThan(25)
  }
})
