import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Db, isPostgresql } from '../db/client.ts'
import { Prisma } from '../db/generated/sqlite/client.ts'
import { peopleBatch } from './people-batch.ts'
import { indexedConditions, type PeopleFilter } from './people-filter.ts'
import { exactly, indexed, searchTerm, withinTime } from './people-search.ts'
import { everything, largeSet, smallSet } from './people-sets.ts'
import {
  lookThrough,
  ORDERS,
  type Order,
  type PeopleSet,
  type Person,
  pickFrom,
  type Sort,
  type Spot,
} from './people-window.ts'

export type { Person, Sort, Spot }

/** Whoever was never seen has the epoch there. */
export const wasSeen = (lastSeenAt: Date) => lastSeenAt.getTime() > 0

/** Somebody's place in an order. */
export const spotOf = (sort: Sort, person: Person): Spot => ({ id: person.id, key: person[ORDERS[sort].key] })

/** How far a page may go: people, and ms. */
const LIMITS = {
  /** So many are counted where the page is read without. */
  told: 1000,
  /** As many are read and put in order for one page: it takes as long as going through the others can. */
  small: 10_000,
  /** How long to look for those who match: then the list says how far it got. */
  patience: 80,
  /** How long PostgreSQL may look in its index of parts of words: something rare is found in less. */
  indexPatience: 200,
  /** Among the newest so many, what many have is found sooner than by that index. */
  newest: 2000,
}
/** So many take a few ms, in which SQLite does nothing else. */
const LARGEST_WINDOW = 4000

/** Where in the list to read: in which order, after or before whom, and how many. */
type Place = {
  sort?: Sort
  after?: Spot | undefined
  before?: Spot | undefined
  take: number
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
  { sort = '-joined', after, before, take }: Place,
  limits = LIMITS,
): Promise<Found> {
  const until = performance.now() + limits.patience
  const place = { sort, back: before !== undefined, past: after ?? before }
  const way = { ...largeSet(db, filter, place), take, until }
  const term = searchTerm(filter.q)
  const asked = indexedConditions(filter).length + (filter.joined ? 1 : 0)
  // One index has all that is asked for, in that order: how many there are is only to be told.
  const direct = !term && asked <= 1 && ORDERS[sort].key === 'id'
  const most = direct ? limits.told : limits.small
  const small = await smallSet(db, filter, most, until)
  if (small) return inAll(await pickFrom(db, small, way))
  const search = isPostgresql(db) && indexed(db, term)
  const found = search ? await searched(db, filter, search, way, limits) : await walk(db, way)
  if (!term && asked === 1) return { ...found, matches: { count: most, orMore: true } }
  if (!found.stopped || !term || place.past) return found
  // Whoever is called just so is not to be missed, however far back.
  const from = Prisma.sql`"User" WHERE ${exactly(term)}`
  const named = await pickFrom(db, { from, fits: everything(filter) }, way)
  const more = named.rows.filter(({ id }) => !found.rows.some((row) => row.id === id))
  return { ...found, rows: [...found.rows, ...more].slice(0, take) }
}

const inAll = ({ rows, matches }: Awaited<ReturnType<typeof pickFrom>>): Found => ({
  rows,
  matches: { count: matches, orMore: false },
})

type Walk = PeopleSet & { order: Order; past: Spot | undefined; take: number; until: number; size?: number }

/** Goes through a set a window at a time, until there are as many as wanted, or no more, or it is time to stop. */
async function walk(db: Db, { take, until, size = take, ...window }: Walk): Promise<Found> {
  const rows: Person[] = []
  for (let looked = 0, past = window.past; ; size = Math.min(size * 4, LARGEST_WINDOW)) {
    const found = await lookThrough(db, { ...window, past, size }, take - rows.length)
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
  filter: PeopleFilter,
  search: Prisma.Sql,
  way: Walk,
  { newest, indexPatience }: typeof LIMITS,
): Promise<Found> {
  const first = await walk(db, { ...way, size: newest, until: 0 })
  if (!first.stopped) return first
  const set = { from: Prisma.sql`"User" WHERE ${search}`, fits: everything(filter) }
  const picked = await withinTime(db, indexPatience, (tx) => pickFrom(tx, set, way))
  if (picked) return inAll(picked)
  const { looked, at } = first.stopped
  const rest = await walk(db, { ...way, past: at, take: way.take - first.rows.length })
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
  const { from, fits } = largeSet(db, filter, { sort: '-joined', back: false, past: undefined })
  const found: Person[] = []
  for (let size = take, past = after; ; size = Math.min(size * 4, LARGEST_WINDOW)) {
    const { people, seen, last } = await peopleBatch(db, { from, fits, after: past, size })
    found.push(...people)
    if (seen < size || found.length >= take) return found.slice(0, take)
    past = last
    await nextTurn()
  }
}
