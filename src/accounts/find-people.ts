import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Db, isPostgresql } from '../db/client.ts'
import { Prisma } from '../db/generated/sqlite/client.ts'
import { peopleBatch } from './people-batch.ts'
import { all, indexedConditions, type PeopleFilter, since } from './people-filter.ts'
import { exactly, givesMoreThan, indexed, matching, searchTerm, withinTime } from './people-search.ts'
import {
  lookThrough,
  ORDERS,
  type Order,
  type Person,
  pickFrom,
  type SmallSet,
  type Sort,
  type Spot,
} from './people-window.ts'

export type { Person, Sort, Spot }

/** Whoever was never seen has the epoch there. */
export const wasSeen = (lastSeenAt: Date) => lastSeenAt.getTime() > 0

/** Somebody's place in an order. */
export const spotOf = (sort: Sort, person: Person): Spot => ({ id: person.id, key: person[ORDERS[sort].key] })

/** As many as are read and put in order for one page: it takes as long as going through the others can. */
const SMALL = 10_000
/** How long to look for those who match, in ms: then the list says how far it got. */
const PATIENCE = 80
/** So many take a few ms, in which SQLite does nothing else. */
const LARGEST_WINDOW = 4000
/** How long PostgreSQL may look in its index of parts of words, in ms: something rare is found in less. */
const INDEX_PATIENCE = 200
/** Among the newest so many, what many have is found sooner than by PostgreSQL's index. */
const NEWEST = 2000

/** Where in the list to read: in which order, after or before whom, and how many. */
type Place = {
  sort?: Sort
  after?: Spot | undefined
  before?: Spot | undefined
  take: number
  patience?: number
}

/**
 * What was found, in the order that was read: before somebody, the list backwards. `matches` is how many there are
 * in all, or more than which, if that is known. `stopped` tells that looking took too long: how many were looked at,
 * and from where to go on.
 */
export type Found = {
  rows: Person[]
  matches?: { count: number; orMore: boolean } | undefined
  stopped?: { looked: number; at: Spot } | undefined
}

/** The people a filter lets through, a page of them: as quick for ten million as for ten. */
export async function findPeople(
  db: Db,
  filter: PeopleFilter,
  { sort = '-joined', after, before, take, patience = PATIENCE }: Place,
): Promise<Found> {
  const until = performance.now() + patience
  const place = { order: ORDERS[sort][before ? 'back' : 'there'], past: after ?? before, take }
  const term = searchTerm(filter.q)
  const small = await smallSet(db, filter, until)
  if (small) return inAll(await pickFrom(db, small, place))
  const large = largeSet(filter, sort)
  const search = isPostgresql(db) && indexed(db, term)
  const found = search
    ? await searched(db, { set: search, fits: large.everything }, large, place, until)
    : await walk(db, { ...large, ...place, until })
  const asked = indexedConditions(filter).length + (filter.joined ? 1 : 0)
  if (!term && asked === 1) return { ...found, matches: { count: SMALL, orMore: true } }
  if (!found.stopped || !term || place.past) return found
  // Whoever is called just so is not to be missed, however far back.
  const named = await pickFrom(db, { set: exactly(term), fits: large.everything }, place)
  const more = named.rows.filter(({ id }) => !found.rows.some((row) => row.id === id))
  return { ...found, rows: [...found.rows, ...more].slice(0, take) }
}

const inAll = ({ rows, matches }: Awaited<ReturnType<typeof pickFrom>>): Found => ({
  rows,
  matches: { count: matches, orMore: false },
})

/** The smallest set that an index gives of those asked for, if it is small. */
async function smallSet(db: Db, filter: PeopleFilter, until: number): Promise<SmallSet | undefined> {
  const conditions = indexedConditions(filter)
  const term = searchTerm(filter.q)
  const sets = (conditions.length || !filter.joined ? conditions : [Prisma.sql`TRUE`]).map((condition) =>
    all([condition, since(filter)]),
  )
  const sizes = sets.length ? await sizesOf(db, sets) : []
  const smallest = Math.min(...sizes)
  const set = sets[sizes.indexOf(smallest)]
  const fits = all([...conditions, since(filter), matching(term)])
  if (set && smallest <= SMALL) return { set, fits }
  const search = !isPostgresql(db) && indexed(db, term)
  return search && !(await givesMoreThan(db, term, SMALL, until)) ? { set: search, fits } : undefined
}

/** How many there are in each set, at most one more than is small. */
async function sizesOf(db: Db, sets: Prisma.Sql[]): Promise<number[]> {
  const counts = sets.map(
    (set, i) => Prisma.sql`
      SELECT ${i} AS "i", count(*) AS "count"
      FROM (SELECT 1 FROM "User" WHERE ${set} LIMIT ${SMALL + 1}) AS "set"`,
  )
  const rows = await db.$queryRaw<{ i: number | string; count: bigint }[]>(Prisma.join(counts, ' UNION ALL '))
  return sets.map((_, i) => Number(rows.find((row) => Number(row.i) === i)?.count))
}

/** Those to go through in an order: by an index of the order, with the filter that lets the fewest through, if it can. */
function largeSet(filter: PeopleFilter, sort: Sort) {
  const conditions = indexedConditions(filter)
  const term = matching(searchTerm(filter.q))
  const everything = all([...conditions, since(filter), term])
  if (ORDERS[sort].key !== 'id') return { set: Prisma.sql`TRUE`, fits: everything, everything }
  const [first = Prisma.sql`TRUE`, ...others] = conditions
  return { set: all([first, since(filter)]), fits: all([...others, term]), everything }
}

type Walk = SmallSet & { order: Order; past: Spot | undefined; take: number; until: number; size?: number }

/** Goes through a set a window at a time, until there are as many as wanted, or no more, or it is time to stop. */
async function walk(db: Db, { fits, take, until, size = take, ...window }: Walk): Promise<Found> {
  const rows: Person[] = []
  for (let looked = 0, past = window.past; ; size = Math.min(size * 4, LARGEST_WINDOW)) {
    const found = await lookThrough(db, { ...window, past, size }, fits, take - rows.length)
    rows.push(...found.rows)
    looked += found.seen
    past = found.last
    if (found.seen < size || rows.length === take || !past) return { rows }
    if (performance.now() > until) return { rows, stopped: { looked, at: past } }
    await nextTurn()
  }
}

/** What many have is among the newest; what few have PostgreSQL's index gives; the rest is gone through. */
async function searched(
  db: Db,
  search: SmallSet,
  { set, fits }: SmallSet,
  place: Omit<Walk, 'set' | 'fits' | 'until'>,
  until: number,
): Promise<Found> {
  const first = await walk(db, { set, fits, ...place, size: NEWEST, until: 0 })
  if (!first.stopped) return first
  const picked = await withinTime(db, INDEX_PATIENCE, (tx) => pickFrom(tx, search, place))
  if (picked) return inAll(picked)
  const { looked, at } = first.stopped
  const rest = await walk(db, { set, fits, ...place, past: at, take: place.take - first.rows.length, until })
  return {
    rows: [...first.rows, ...rest.rows],
    stopped: rest.stopped && { looked: looked + rest.stopped.looked, at: rest.stopped.at },
  }
}

/**
 * The next `take` people a filter lets through, newest first, after the one of an id: exactly those, however long
 * it takes to come to them. Fewer only at the end. For whoever goes through all of them.
 */
export async function peopleAfter(
  db: Db,
  filter: PeopleFilter,
  after: string | undefined,
  take: number,
): Promise<Person[]> {
  const { set, fits } = largeSet(filter, '-joined')
  const found: Person[] = []
  for (let size = take, past = after; ; size = Math.min(size * 4, LARGEST_WINDOW)) {
    const { people, seen, last } = await peopleBatch(db, { set, fits, after: past, size })
    found.push(...people)
    if (seen < size || found.length >= take) return found.slice(0, take)
    past = last
    await nextTurn()
  }
}
