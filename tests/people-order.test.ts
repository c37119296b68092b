import { beforeEach, expect, test } from 'vitest'
import {
  findPeople,
  type Person,
  peopleAfter,
  type Sort,
  type Spot,
  spotOf,
} from '../src/accounts/people/find-people.ts'
import type { PeopleFilter } from '../src/accounts/people/people-filter.ts'
import type { Db } from '../src/db/client.ts'
import { startApp } from './support/app.ts'
import fc from './support/fast-check.ts'

const SORTS: Sort[] = ['-joined', 'joined', '-seen', 'seen', 'username', '-username']
const patient = { told: 1000, small: 10_000, patience: Number.POSITIVE_INFINITY, indexPatience: 5000 }
/** How far a page goes: whole sets, or windows from the start, or windows with a stop after each. */
const LIMITS = {
  'of small sets': { ...patient, first: 4000 },
  'by the index of parts of words': { ...patient, told: -1, first: 1 },
  'a window at a time': { ...patient, told: -1, small: -1, first: 5 },
  'with a stop after each window': { ...patient, told: -1, small: -1, first: 5, patience: -1 },
}

const words = ['ana', 'Ben', 'OLE', '佐藤', 'a_b', '50%', 'zoë', 'n']
const traits = fc.record({
  /** Days ago. */
  joined: fc.constantFrom(0, 0, 2, 5, 20, 40, 400),
  seen: fc.constantFrom(0, 1, 1, 2, 3),
  word: fc.constantFrom(...words),
  name: fc.option(fc.constantFrom(...words)),
  email: fc.constantFrom('none', 'claimed', 'proven'),
  status: fc.constantFrom('active', 'active', 'pending', 'suspended', 'closing'),
  role: fc.constantFrom('member', 'member', 'support', 'admin'),
  passwordHash: fc.constantFrom('', '$argon2id$v=19$x', '$2b$10$y'),
  twoFactor: fc.boolean(),
} as const)

const filters: fc.Arbitrary<PeopleFilter> = fc.record(
  {
    q: fc.constantFrom(
      '',
      '',
      '',
      ...words,
      'an',
      'xample.org',
      'ole-1',
      'mplexa',
      '佐藤-',
      '"',
      '_',
      'ANA-',
    ),
    status: fc.constantFrom('active', 'pending', 'suspended'),
    role: fc.constantFrom('member', 'support'),
    joined: fc.constantFrom(1, 7, 30),
    twoFactor: fc.boolean(),
    unconfirmed: fc.constant(true),
    imported: fc.constant(true),
  },
  { requiredKeys: ['q'] },
)

type Traits = typeof traits extends fc.Arbitrary<infer Value> ? Value : never
type Row = ReturnType<typeof rowOf>

function rowOf(drawn: Traits, i: number) {
  const { joined, seen, word, name, email, ...others } = drawn
  const createdAt = new Date(Date.now() - joined * 86_400_000 - 60_000 * i)
  const time = createdAt.getTime().toString(16).padStart(12, '0')
  const username = `${word.toLowerCase()}-${i % 7}-${i}`
  const address = email === 'none' ? null : `${word.toLowerCase()}${i}@example.org`
  return {
    ...others,
    id: `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${i.toString(16).padStart(12, '0')}`,
    ...{ username, usernameSkeleton: username, name, nameKey: name?.toLowerCase() ?? null },
    ...{ email: address, emailKey: address, provenEmailKey: email === 'proven' ? address : null },
    passwordChangedAt: createdAt,
    createdAt,
    lastSeenAt: new Date(seen * 1_000_000_000),
  }
}

function fits(row: Row, filter: PeopleFilter): boolean {
  const { status, role, joined, twoFactor, unconfirmed, imported } = filter
  const term = filter.q.toLowerCase()
  return (
    [row.username, row.emailKey, row.nameKey].some((text) => text?.includes(term)) &&
    (!status || row.status === status) &&
    (!role || row.role === role) &&
    (!joined || row.createdAt.getTime() >= Date.now() - joined * 86_400_000) &&
    (twoFactor === undefined || row.twoFactor === twoFactor) &&
    (!unconfirmed || (row.email !== null && row.provenEmailKey === null)) &&
    (!imported || row.passwordHash.startsWith('$2b$'))
  )
}

const compare = <Value>(a: Value, b: Value) => (a < b ? -1 : a > b ? 1 : 0)
const ORDER: Record<Sort, (a: Row, b: Row) => number> = {
  joined: (a, b) => compare(a.id, b.id),
  '-joined': (a, b) => compare(b.id, a.id),
  seen: (a, b) => compare(a.lastSeenAt.getTime(), b.lastSeenAt.getTime()) || compare(a.id, b.id),
  '-seen': (a, b) => compare(b.lastSeenAt.getTime(), a.lastSeenAt.getTime()) || compare(b.id, a.id),
  username: (a, b) => Buffer.compare(Buffer.from(a.username), Buffer.from(b.username)),
  '-username': (a, b) => Buffer.compare(Buffer.from(b.username), Buffer.from(a.username)),
}

type Way = {
  db: Db
  filter: PeopleFilter
  sort: Sort
  take: number
  limits: typeof patient & { first: number }
}

/** Everybody on the pages from a spot on, or from there back. */
async function walked({ db, filter, sort, take, limits }: Way, way: 'after' | 'before', from?: Spot) {
  const people: Person[] = []
  for (let spot = from; ; ) {
    const { rows, stopped } = await findPeople(db, filter, { sort, [way]: spot, take }, limits)
    // Whoever is called just so is shown where looking stops, too.
    const fresh = rows.filter(({ id }) => !people.some((person) => person.id === id))
    people.push(...fresh)
    const last = rows.at(-1)
    if (stopped) spot = stopped.at
    else if (last && rows.length === take) spot = spotOf(sort, last)
    else return people
  }
}

let db: Db
beforeEach(async () => {
  db = (await startApp()).db
})

test.each(Object.entries(LIMITS))('the pages there and back are the list: %s', async (_, limits) => {
  const pages = fc.record({
    everybody: fc.array(traits, { maxLength: 40 }),
    asked: fc.array(
      fc.record({ filter: filters, sort: fc.constantFrom(...SORTS), take: fc.integer({ min: 1, max: 20 }) }),
      { minLength: 5, maxLength: 5 },
    ),
  })
  const check = fc.asyncProperty(pages, async ({ everybody, asked }) => {
    const rows = everybody.map(rowOf)
    await db.user.deleteMany()
    await db.user.createMany({ data: rows })
    for (const { filter, sort, take } of asked) {
      const wanted = rows
        .filter((row) => fits(row, filter))
        .sort(ORDER[sort])
        .map(({ id }) => id)
      const there = await walked({ db, filter, sort, take, limits }, 'after')
      // What stands out of order is only who is called just so, and looking stopped before them.
      const ids = there.map(({ id }) => id)
      if (limits.patience < 0) expect(ids.toSorted()).toEqual(wanted.toSorted())
      else expect(ids).toEqual(wanted)
      const last = rows.find(({ id }) => id === wanted.at(-1))
      if (!last) continue
      const back = await walked({ db, filter, sort, take, limits }, 'before', spotOf(sort, last as Person))
      expect(back.map(({ id }) => id).reverse()).toEqual(wanted.slice(0, -1))
    }
  })
  await fc.assert(check, { numRuns: 20 })
})

test('whoever goes through all finds the same in windows as by the index of parts of words', async () => {
  const words = fc.constantFrom('ana', 'ole', '50%', 'zoë', 'xample.org')
  const filter = fc.record({ q: words, status: fc.constant('active' as const) }, { requiredKeys: ['q'] })
  const asks = fc.array(fc.record({ filter, take: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 5,
    maxLength: 5,
  })
  const check = fc.asyncProperty(
    fc.array(traits, { minLength: 10, maxLength: 40 }),
    asks,
    async (everybody, asked) => {
      const rows = everybody.map(rowOf)
      await db.user.deleteMany()
      await db.user.createMany({ data: rows })
      const all = async (filter: PeopleFilter, take: number, first: number) => {
        const ids: string[] = []
        for (;;) {
          const limits = { ...patient, first }
          const people = await peopleAfter(db, filter, ids.at(-1), take, limits)
          expect(people.length).toBeLessThanOrEqual(take)
          ids.push(...people.map(({ id }) => id))
          if (people.length < take) return ids
        }
      }
      for (const { filter, take } of asked) {
        const wanted = rows.filter((row) => fits(row, filter)).sort(ORDER['-joined'])
        expect(await all(filter, take, 1)).toEqual(wanted.map(({ id }) => id))
        expect(await all(filter, take, Number.POSITIVE_INFINITY)).toEqual(wanted.map(({ id }) => id))
      }
    },
  )
  await fc.assert(check, { numRuns: 20 })
})
