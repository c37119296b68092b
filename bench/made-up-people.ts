import { canonicalUsername } from '../src/accounts/username.ts'
import { days, hours, minutes, seconds } from '../src/time.ts'
import { NAMINGS, type Naming } from './names.ts'

/** Over how long they signed up, in ms. */
const PERIOD = days(3 * 365)
const ADMINS = 3
const SUPPORT = 20
const ARGON2 =
  '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
/** As another system stored it, which came before. */
const BCRYPT = '$2b$12$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

/** The columns of "User" that are filled; what isn't given has its default. */
export const COLUMNS = [
  ...['id', 'username', 'usernameSkeleton', 'name', 'nameKey', 'email', 'emailKey', 'provenEmailKey'],
  ...[
    'passwordHash',
    'passwordChangedAt',
    'role',
    'status',
    'twoFactor',
    'createdAt',
    'lastSeenAt',
    'closesAt',
  ],
]

/** One of them, as both databases take it: instants are ISO 8601 text, yes and no 1 and 0. */
export type Row = (string | number | null)[]

/** So many people in the order of their sign-ups, the same ones each time. The last signed up just before `until`. */
export function* madeUpPeople(count: number, until: number): Generator<Row> {
  const chance = chances()
  const from = until - PERIOD
  const step = PERIOD / count
  const peoples = NAMINGS.map(nameGiver)
  const pick = peoples.flatMap((give, index) =>
    Array<typeof give>((NAMINGS[index]?.share ?? 0) / 10).fill(give),
  )
  const helperEvery = Math.floor(count / (ADMINS + SUPPORT + 1))
  for (let i = 0; i < count; i++) {
    const createdAt = from + (i + chance()) * step
    const created = isoText(createdAt)
    const give = pick[Math.floor(chance() * pick.length)] as ReturnType<typeof nameGiver>
    const { username, skeleton, name, email, key } = give(chance())
    const staff = i % helperEvery === helperEvery - 1 ? (i + 1) / helperEvery : Number.POSITIVE_INFINITY
    const role = staff <= ADMINS ? 'admin' : staff <= ADMINS + SUPPORT ? 'support' : 'member'
    const status = role === 'member' ? statusOf(chance()) : 'active'
    const named = chance() < 0.7
    const addressed = status === 'pending' || chance() < 0.98
    const proven = addressed && status !== 'pending' && chance() < 0.97
    const imported = role === 'member' && chance() < 0.05
    // Most who come at all came lately.
    const unseenFor = (until - createdAt) * chance() ** 3
    yield [
      ...[uuidv7(createdAt, chance), username, skeleton, named ? name : null, named ? nameKey(name) : null],
      ...[addressed ? email : null, addressed ? key : null, proven ? key : null],
      ...[imported ? BCRYPT : ARGON2, created, role, status, status === 'active' && chance() < 0.2 ? 1 : 0],
      ...[created, imported && chance() < 0.5 ? NEVER : isoText(until - unseenFor)],
      status === 'closing' ? isoText(until + days(1) + chance() * days(13)) : null,
    ]
  }
}

const NEVER = '1970-01-01T00:00:00.000+00:00'

/** 93 of a hundred are active, 6 never confirmed their address. */
function statusOf(chance: number) {
  if (chance < 0.932) return 'active'
  if (chance < 0.992) return 'pending'
  return chance < 0.999 ? 'suspended' : 'closing'
}

const nameKey = (name: string) => name.toLowerCase().normalize('NFC')

/** Numbers from 0 to below 1 that look random and are the same each time (mulberry32, public domain). */
function chances() {
  let state = 20_261_123
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A name as it stands in a username, with what looks like it, and in an address. */
function wordOf([written = '', latin]: string[]) {
  const word = written.toLowerCase()
  const ascii = latin ?? word
  return { written, word, skeleton: skeletonOf(word), ascii, asciiSkeleton: skeletonOf(ascii) }
}

/** Alone, a word may be too short for a username. */
function skeletonOf(word: string): string {
  const prepared = canonicalUsername(`${word}.${word}`)
  if (!prepared.ok) throw new Error(`${word} is no part of a username: ${prepared.problem.code}`)
  return prepared.value.skeleton.slice(0, (prepared.value.skeleton.length - 1) / 2)
}

/**
 * Gives names of one script, no username and no address twice: all combinations, and then the same with a number. Half
 * of those who write in other letters have a username in Latin ones.
 */
function nameGiver({ first, last, domains }: Naming) {
  const [firsts, lasts] = [first.map(wordOf), last.map(wordOf)]
  const isLatin = domains.includes('example.org')
  const combinations = firsts.length * lasts.length * 2
  let given = 0
  return (chance: number) => {
    const place = (given * STRIDE) % combinations
    const number = numeral(Math.floor(given++ / combinations))
    const one = firsts[(place >> 1) % firsts.length] as ReturnType<typeof wordOf>
    const other = lasts[Math.floor((place >> 1) / firsts.length)] as ReturnType<typeof wordOf>
    const domain = domains[Math.floor(chance * domains.length)]
    const between = place % 2 ? '_' : '.'
    const key = `${one.ascii}${between}${other.ascii}${number}@${domain}`
    const name = `${one.written} ${other.written}`
    const email = chance < 0.1 ? key.replace(/^./, (letter) => letter.toUpperCase()) : key
    if (isLatin || place % 2) {
      const dash = isLatin ? between : '-'
      const [a, b] = isLatin ? [one.word, other.word] : [one.ascii, other.ascii]
      const [sa, sb] = isLatin ? [one.skeleton, other.skeleton] : [one.asciiSkeleton, other.asciiSkeleton]
      return {
        username: `${a}${dash}${b}${number}`,
        skeleton: `${sa}${dash}${sb}${number}`,
        name,
        email,
        key,
      }
    }
    const skeleton = `${one.skeleton}.${other.skeleton}${number}`
    return { username: `${one.word}.${other.word}${number}`, skeleton, name, email, key }
  }
}

/** A prime, so that people who sign up one after the other have different names. */
const STRIDE = 7_919

/** In digits that don't look like letters: nothing, then 2 to 9, 22, … */
function numeral(n: number): string {
  let digits = ''
  for (let rest = n; rest > 0; rest = Math.floor((rest - 1) / 8)) digits = `${((rest - 1) % 8) + 2}${digits}`
  return digits
}

/** An id as it would have been made then (RFC 9562, version 7). */
function uuidv7(at: number, chance: () => number): string {
  const time = Math.floor(at).toString(16).padStart(12, '0')
  const hex = (digits: number) =>
    Math.floor(chance() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-8${hex(3)}-${hex(6)}${hex(6)}`
}

/** `2026-11-23T`, by how many days after the epoch that is. */
const dates = new Map<number, string>()
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))

/** As SQLite's columns hold it; PostgreSQL reads it too. With dates at hand it takes a sixth of toISOString's time. */
function isoText(at: number): string {
  const day = Math.floor(at / days(1))
  const date = dates.get(day) ?? new Date(at).toISOString().slice(0, 11)
  dates.set(day, date)
  const ms = Math.floor(at) - days(day)
  const [hour, minute, second] = [ms / hours(1), (ms / minutes(1)) % 60, (ms / seconds(1)) % 60]
  const time = [hour, minute, second].map((unit) => TWO_DIGITS[Math.floor(unit)]).join(':')
  return `${date}${time}.${String(ms % seconds(1)).padStart(3, '0')}+00:00`
}
