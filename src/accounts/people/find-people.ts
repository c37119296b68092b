import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Db } from '../../db/client.ts'
import { Prisma } from '../../db/generated/sqlite/client.ts'
import { peopleBatch } from './people-batch.ts'
import type { PeopleFilter } from './people-filter.ts'
import { exactly, searchTerm } from './people-search.ts'
import { askedOf, everything, largeSet, smallSet } from './people-sets.ts'
import {
  lookThrough,
  ORDERS,
  type PeopleSet,
  type Person,
  type Picked,
  pickFrom,
  type Sort,
  type Spot,
  spotIn,
  type Way,
} from './people-window.ts'
import { byWords } from './people-words.ts'

export type { Person, Sort, Spot }

/** Whoever was never seen has the epoch there. */
export const wasSeen = (lastSeenAt: Date) => lastSeenAt.getTime() > 0

/** Somebody's place in an order. */
export const spotOf = (sort: Sort, person: Person): Spot => spotIn(ORDERS[sort].there, person)

/** So many take a few ms, in which SQLite does nothing else. */
const LARGEST_WINDOW = 4000
/** So many of them, about, are gone through in the time for a page. */
const WINDOWS = 15

/** How far a page may go: people, and ms. */
const LIMITS = {
  /** So many are counted where the page is read without. */
  told: 1000,
  /** As many are read and put in order for one page: it takes as long as going through the others can. */
  small: 10_000,
  /** How long to look for those who match: then the list says how far it got. */
  patience: 60,
  /** How long to look in the index of parts of words: something rare is found in less. */
  indexPatience: 200,
  /** So many tell how common a term is. */
  first: LARGEST_WINDOW,
}
/** The same for a batch of all who match: to go through those who don't would take longer. */
const BATCH_LIMITS = { ...LIMITS, indexPatience: 1000 }

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
  const { allFit, ...set } = largeSet(db, filter, place)
  const way = { ...set, take, until }
  const term = searchTerm(filter.q)
  const asked = askedOf(filter)
  // Where all fit, a page is read at once: how many there are is only to be told.
  const most = allFit ? limits.told : asked ? limits.small : limits.first
  const small = await smallSet(db, filter, most)
  if (small) return inAll(await pickFrom(db, small, way))
  const found = await (term ? searched(db, filter, way, limits) : walk(db, way))
  if (!term && asked === 1) return { ...found, matches: { count: most, orMore: true } }
  if (!found.stopped || !term || place.past) return found
  // Whoever is called just so is not to be missed, however far back.
  const from = Prisma.sql`"User" WHERE ${exactly(term)}`
  const named = await pickFrom(db, { from, fits: everything(filter) }, way)
  const more = named.rows.filter(({ id }) => !found.rows.some((row) => row.id === id))
  return { ...found, rows: [...found.rows, ...more].slice(0, take) }
}

const inAll = ({ rows, matches }: Picked): Found => ({
  rows,
  matches: { count: matches, orMore: false },
})

type Walk = PeopleSet & Way & { until: number; size?: number }

/** Goes through a set a window at a time, until there are as many as wanted, or no more, or it is time to stop. */
async function walk(db: Db, { take, until, size = take, ...window }: Walk): Promise<Found> {
  const rows: Person[] = []
  for (let looked = 0, past = window.past; ; size = Math.min(size * 4, LARGEST_WINDOW)) {
    const found = await lookThrough(db, { ...window, past, size }, take - rows.length)
    rows.push(...found.rows)
    if (rows.length === take || !found.end) return { rows }
    looked += size
    past = found.end
    if (performance.now() > until) return { rows, stopped: { looked, at: past } }
    await nextTurn()
  }
}

/** Goes on in windows to what many have, as the first of them tells; what few have comes from an index. */
async function searched(
  db: Db,
  filter: PeopleFilter,
  way: Walk,
  { first: size, small: most, patience, indexPatience }: typeof LIMITS,
): Promise<Found> {
  const first = await walk(db, { ...way, size, until: 0 })
  if (!first.stopped) return first
  if (first.rows.length * WINDOWS < way.take) {
    const picked = await byWords(db, filter, { most, patience: indexPatience }, way)
    if (picked) return inAll(picked)
  }
  const { looked, at } = first.stopped
  const [take, until] = [way.take - first.rows.length, performance.now() + patience]
  const rest = await walk(db, { ...way, past: at, take, until, size })
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
  { first, small: most, indexPatience: patience } = BATCH_LIMITS,
): Promise<Person[]> {
  const past = after === undefined ? undefined : { id: after, key: after }
  const { from, fits, order } = largeSet(db, filter, { sort: '-joined', back: false, past })
  const found: Person[] = []
  let isAsked = false
  let last = after
  for (let size = take, looked = 0; ; size = Math.min(size * 4, LARGEST_WINDOW)) {
    const batch = await peopleBatch(db, { from, fits, after: last, size })
    found.push(...batch.people)
    looked += batch.seen
    last = batch.last
    if (batch.seen < size || found.length >= take) return found.slice(0, take)
    if (!isAsked && looked >= first && found.length * WINDOWS < take) {
      isAsked = true
      const picked = await byWords(db, filter, { most, patience }, { order, past, take })
      if (picked) return picked.rows
    }
    await nextTurn()
  }
}
