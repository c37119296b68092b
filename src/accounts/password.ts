import { dictionary } from '@zxcvbn-ts/language-common'
import { type Message, message } from '../messages.ts'
import { codePoints, isFarTooLong, type Prepared } from './text.ts'

const MAX_LENGTH = 256

// What OpaqueString leaves out (RFC 8265 §4.2) and argon2 could not tell apart: controls, lone
// surrogates, unassigned code points. Joiners stay, as emoji are made with them.
const UNUSABLE = /[\p{Cc}\p{Cs}\p{Cn}]/u

const commonPasswords = new Set(dictionary['passwords-common'])

// Where fingers and thoughts run: the alphabets, the digits, the rows and columns of keyboards.
const ROWS = [
  ...['abcdefghijklmnopqrstuvwxyz', 'абвгдежзийклмнопрстуфхцчшщъыьэюя', '01234567890'],
  ...['qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'qwertzuiop', 'yxcvbnm', 'azertyuiop', 'qsdfghjklm', 'wxcvbn'],
  ...['йцукенгшщзхъ', 'фывапролджэ', 'ячсмитьбю', '!@#$%^&*()'],
  ...['1qaz', '2wsx', '3edc', '4rfv', '5tgb', '6yhn', '7ujm'],
].join('\n')
const WALKS = `${ROWS}\n${Array.from(ROWS).reverse().join('')}`

/**
 * A new password ready to be hashed (RFC 8265 OpaqueString: nothing trimmed), or what is wrong with its
 * length or characters. Lengths are in code points (NIST SP 800-63B-4 §3.1.1.2); never truncated.
 */
export function preparePassword(typed: string, { minLength }: { minLength: number }): Prepared<string> {
  if (!typed) return { ok: false, problem: message('password.missing') }
  const password = isFarTooLong(typed, MAX_LENGTH) ? typed : opaque(typed)
  const n = codePoints(password)
  if (n > MAX_LENGTH) return { ok: false, problem: message('password.long', { max: MAX_LENGTH, n }) }
  if (UNUSABLE.test(typed)) return { ok: false, problem: message('password.characters') }
  if (n < minLength) return { ok: false, problem: message('password.short', { min: minLength, n }) }
  return { ok: true, value: password }
}

/** A password typed to log in, as it would have been hashed; undefined if it never could have been. */
export function passwordAttempt(typed: string): string | undefined {
  const prepared = preparePassword(typed, { minLength: 1 })
  return prepared.ok ? prepared.value : undefined
}

const opaque = (typed: string) => typed.replace(/\p{Zs}/gu, ' ').normalize('NFC')

/** What everybody knows of a person who chooses a password, or can guess. */
type PasswordContext = { username?: string; email?: string; brand: string }

/**
 * Why a prepared password is among the first to be guessed, if it is (NIST SP 800-63B-4 §3.1.1.2, ASVS
 * 5.0 6.2.4, 6.2.11). The whole password is judged, offline; there are no rules of composition.
 */
export function weakness(password: string, context: PasswordContext): Message | undefined {
  const lower = password.toLowerCase()
  if (commonPasswords.has(lower)) return message('password.common')
  if (isMadeOf(wordsOf(context), lower)) return message('password.context', { brand: context.brand })
  if (repeats(lower) || isMostlyWalks(lower)) return message('password.guessable')
  return undefined
}

/** Said twice or more, a short piece is as easy to guess as once: `abcabcabcabc`, `passwordpassword`. */
function repeats(text: string): boolean {
  const longest = Math.min(11, Math.floor(text.length / 2))
  return Array.from({ length: longest }, (_, i) => i + 1).some((period) =>
    text.startsWith(text.slice(period)),
  )
}

/** Four or more characters to a walk, on average: `123456789012`, `qwertyuiopas`, `aaaabbbbcccc`. */
function isMostlyWalks(text: string): boolean {
  let walks = 0
  for (let start = 0; start < text.length; walks++) {
    let end = start + 1
    while (end < text.length && isWalk(text.slice(start, end + 1))) end++
    start = end
  }
  return walks * 4 <= text.length
}

const isWalk = (text: string) => WALKS.includes(text) || text === text.charAt(0).repeat(text.length)

/** At least one of the words, and beside them nothing but digits, spaces and punctuation. */
function isMadeOf(words: string[], text: string): boolean {
  const rest = words.reduce((left, word) => left.replaceAll(word, ' '), text)
  return rest !== text && !/\p{L}/u.test(rest)
}

/** The names as a whole and in parts, longest first. Less than three characters, or no letter, is no word. */
function wordsOf({ username = '', email = '', brand }: PasswordContext): string[] {
  return [username, email, brand]
    .map((name) => name.slice(0, 254).toLowerCase())
    .flatMap((name) => [
      name,
      name.replace(/@.*/, ''),
      name.replace(/\s/g, ''),
      ...name.split(/[^\p{L}\p{M}\p{N}]+/u),
    ])
    .filter((word) => word.length >= 3 && /\p{L}/u.test(word))
    .sort((a, b) => b.length - a.length)
}
