import { randomInt } from 'node:crypto'
import { type Message, message } from '../messages.ts'
import confusables from './confusables.json' with { type: 'json' }
import { reservedUsernames } from './reserved-usernames.ts'
import { codePoints, isFarTooLong, type Prepared } from './text.ts'

const MIN_LENGTH = 3
const MAX_LENGTH = 32
const tooLong = message('username.long', { max: MAX_LENGTH })

/** A name in canonical form, and the skeleton it shares with every name it could be mistaken for. */
export type Username = { username: string; skeleton: string }

// The letters and digits of RFC 8264's IdentifierClass (§9.1); of ASCII punctuation only these three,
// so that no username can be taken for an e-mail address.
const CHARACTERS = /^[\p{Ll}\p{Lo}\p{Lm}\p{Mn}\p{Mc}\p{Nd}._-]+$/u
// Letters the class leaves out: exceptions (§9.6), old Hangul (§9.9) and what is ignored in display (§9.13).
const DISALLOWED =
  /[\u0640\u07FA\u302E\u302F\u3031-\u3035\u303B\u1100-\u11FF\uA960-\uA97F\uD7B0-\uD7FF\p{DI}]/u
// A mark needs a letter to stand on, and more than four pile up over the lines around them (UTS #39 §5.4).
const STRAY_MARK = /(?:^|[._-])\p{M}|\p{M}{5}/u

const RIGHT_TO_LEFT = /[\p{sc=Arabic}\p{sc=Hebrew}\p{sc=Thaana}]/u
const ONLY_RIGHT_TO_LEFT = /^[\p{sc=Arabic}\p{sc=Hebrew}\p{sc=Thaana}\p{M}\p{Nd}._-]+$/u

// "Highly restrictive" (UTS #39 §5.2): one of the scripts in everyday use (UAX #31, table 5), or the
// mixtures that Japanese, Chinese and Korean are written in.
const ALPHABETS = [
  ...['Arabic', 'Armenian', 'Bengali', 'Cyrillic', 'Devanagari', 'Ethiopic', 'Georgian', 'Greek', 'Gujarati'],
  ...['Gurmukhi', 'Hebrew', 'Kannada', 'Khmer', 'Lao', 'Latin', 'Malayalam', 'Myanmar', 'Oriya', 'Sinhala'],
  ...['Tamil', 'Telugu', 'Thaana', 'Thai', 'Tibetan'],
  ...['Latin Han Hiragana Katakana', 'Latin Han Bopomofo', 'Latin Han Hangul'],
].map((names) => {
  const scripts = `${names} Common Inherited`.split(' ').map((name) => `\\p{scx=${name}}`)
  return new RegExp(`^[${scripts.join('')}]+$`, 'u')
})

const prototypes = new Map(Object.entries(confusables))
const reserved = new Set(reservedUsernames.map(withoutPunctuation))

/**
 * The name a person chooses, or what is wrong with it: the rules, and not a reserved name or the brand's,
 * nor one that looks like them (ASVS 5.0 2.2.1).
 */
export function prepareUsername(typed: string, brand = ''): Prepared<Username> {
  const prepared = canonicalUsername(typed)
  if (!prepared.ok) return prepared
  const bare = withoutPunctuation(prepared.value.username)
  if (reserved.has(bare) || bare === withoutPunctuation(brand))
    return { ok: false, problem: message('username.reserved') }
  return prepared
}

/**
 * RFC 8265's UsernameCaseMapped, narrowed to 3–32 code points of one alphabet, with `. _ -` inside. For
 * finding an account: an operator may have given it a name that is reserved.
 */
export function canonicalUsername(typed: string): Prepared<Username> {
  const trimmed = typed.trim()
  if (!trimmed) return { ok: false, problem: message('username.missing') }
  if (isFarTooLong(trimmed, MAX_LENGTH)) return { ok: false, problem: tooLong }
  const username = narrow(trimmed).toLowerCase().normalize('NFC')
  const problem = problemWith(username)
  return problem ? { ok: false, problem } : { ok: true, value: { username, skeleton: skeleton(username) } }
}

function problemWith(name: string): Message | undefined {
  if (
    !CHARACTERS.test(name) ||
    DISALLOWED.test(name) ||
    STRAY_MARK.test(name) ||
    name.normalize('NFKC') !== name
  )
    return message('username.characters')
  if (/^[._-]|[._-]$/.test(name)) return message('username.ends')
  // RFC 5893's Bidi Rule, as far as it can apply to these characters.
  if (RIGHT_TO_LEFT.test(name)) {
    if (!ONLY_RIGHT_TO_LEFT.test(name)) return message('username.direction')
    if (/^\p{Nd}/u.test(name)) return message('username.start')
  }
  if (!ALPHABETS.some((alphabet) => alphabet.test(name)) || numeralSystems(name) > 1)
    return message('username.mixed')
  if (codePoints(name) < MIN_LENGTH) return message('username.short', { min: MIN_LENGTH })
  if (codePoints(name) > MAX_LENGTH) return tooLong
  return undefined
}

/** Full-width and half-width forms become the ordinary ones (RFC 8265 §3.3.1). */
const narrow = (text: string) => text.replace(/[\uFF01-\uFFEE]/g, (form) => form.normalize('NFKC'))

/** Unicode keeps the ten digits of a system within one row of sixteen (all but Eastern Pwo Karen's). */
const numeralSystems = (name: string) =>
  new Set(name.match(/\p{Nd}/gu)?.map((digit) => Number(digit.codePointAt(0)) >> 4)).size

/**
 * UTS #39 §4 over the folded name: equal for names that look alike, whatever their case. Twice, because
 * a prototype in lower case may have a prototype itself.
 */
function skeleton(name: string): string {
  return prototype(prototype(name))
}

function prototype(name: string): string {
  const folded = name.toUpperCase().toLowerCase().normalize('NFD')
  return Array.from(folded, (character) => prototypes.get(character) ?? character)
    .join('')
    .toLowerCase()
    .normalize('NFD')
}

/** For names that only punctuation sets apart: `ad.min`, `Acme Cloud`. */
function withoutPunctuation(name: string): string {
  return skeleton(name.replace(/[^\p{L}\p{M}\p{Nd}]/gu, ''))
}

/**
 * Up to twelve names close to one that is taken, all of them valid; whether they are free is for the
 * caller to see. The usual digits are 2 to 9: 0 and 1 look like letters.
 */
export function suggestUsernames(taken: string, digit = () => randomInt(2, 10)): string[] {
  const digits = (count: number) => Array.from({ length: count }, digit).join('')
  const stem = Array.from(taken)
    .slice(0, MAX_LENGTH - 4)
    .join('')
    .replace(/[._-]+$/, '')
  const ideas = [
    ...rearranged(taken.split(/[._-]+/)),
    `${stem}${digits(1)}`,
    `${stem}${digits(2)}`,
    `${stem}.${digits(2)}`,
    `${stem}-${digits(2)}`,
    `${stem}${digits(3)}`,
    `${stem}_${digits(3)}`,
    `${stem}${digits(4)}`,
  ]
  const found = new Map<string, string>()
  for (const idea of ideas) {
    const prepared = prepareUsername(idea)
    if (prepared.ok) found.set(prepared.value.skeleton, prepared.value.username)
  }
  found.delete(skeleton(taken))
  return [...found.values()].slice(0, 12)
}

/** From `ana.silva`: ana-silva, anasilva, silva.ana, ana.s, a.silva. */
function rearranged(parts: string[]): string[] {
  const [first, last] = [parts[0], parts.at(-1)]
  if (!first || !last || parts.length === 1) return []
  const initial = (word: string) => Array.from(word).slice(0, 1).join('')
  return [
    ...['.', '-', '_', ''].map((separator) => parts.join(separator)),
    `${last}.${first}`,
    `${first}.${initial(last)}`,
    `${initial(first)}.${last}`,
  ]
}
