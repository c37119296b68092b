import type { Found, Sort } from '../../accounts/people/find-people.ts'
import type { countPeople } from '../../accounts/tally.ts'
import type { Config } from '../../config.ts'
import { type PeopleQuery, peopleAddress } from './query.ts'

const CHIPS = [
  ['All', undefined],
  ['Active', 'active'],
  ['Not confirmed', 'pending'],
  ['Suspended', 'suspended'],
  ['Closing', 'closing'],
] as const

/** The orders, in words: for the choice, and for the caption of the table. */
const ORDER_WORDS: Record<Sort, { text: string; caption: string }> = {
  '-joined': { text: 'Newest first', caption: 'newest first' },
  joined: { text: 'Oldest first', caption: 'oldest first' },
  '-seen': { text: 'Last seen', caption: 'last seen first' },
  seen: { text: 'Longest not seen', caption: 'longest not seen first' },
  username: { text: 'Username', caption: 'by username' },
  '-username': { text: 'Username, from the end', caption: 'by username, from the end' },
}

/** What a heading orders by, and by what if it does already. */
const HEADINGS: { text: string; orders: [Sort, Sort] }[] = [
  { text: 'Person', orders: ['username', '-username'] },
  { text: 'Signed up', orders: ['-joined', 'joined'] },
  { text: 'Last seen', orders: ['-seen', 'seen'] },
]

const inDigits = (count: number) => count.toLocaleString('en')

/** What is known of how many there are, and the words on the ways on: those of an order, or of what is unfinished. */
export function pagerWords(
  { sort, before }: PeopleQuery,
  { shown, looked, matches }: { shown: number; looked: number | undefined; matches: Found['matches'] },
) {
  const words = sort === '-joined' ? { newer: 'Newer', older: 'Older' } : { newer: 'Previous', older: 'Next' }
  if (looked !== undefined)
    return {
      known: `${shown} shown so far, of ${inDigits(looked)} people looked through`,
      words: { ...words, [before ? 'newer' : 'older']: 'Go on looking' },
    }
  const known =
    matches &&
    (matches.orMore ? `more than ${inDigits(matches.count)} match` : `of ${inDigits(matches.count)}`)
  return { known: [`${shown} shown`, known].filter(Boolean).join(', '), words }
}

/** How the list is narrowed down and put in order, how else it could be, and how many there are, as far as is known. */
export function narrowing(
  { filter, sort }: PeopleQuery,
  counts: Awaited<ReturnType<typeof countPeople>>,
  found: Found['matches'],
  { signUp }: Pick<Config, 'signUp'>,
) {
  const { q, status, ...others } = filter
  const narrowed = Object.values(others).some((value) => value !== undefined)
  // Numbers are kept for when nothing else is asked for; else there is what is known of those who are shown.
  const knownOf = (value: typeof status) =>
    q || narrowed ? (value === status ? found : undefined) : { count: counts[value ?? 'all'], orMore: false }
  return {
    caption: `People, ${ORDER_WORDS[sort].caption}`,
    orders: Object.entries(ORDER_WORDS).map(([value, { text }]) => ({ value, text })),
    headings: HEADINGS.map(({ text, orders: [first, second] }) => ({
      text,
      href: peopleAddress({ filter, sort: sort === first ? second : first }),
      sorted: (sort === first || sort === second) && (sort.startsWith('-') ? 'descending' : 'ascending'),
    })),
    chips: CHIPS.map(([label, value]) => {
      const known = knownOf(value)
      return {
        label: value === 'pending' && signUp === 'approval' ? 'Waiting or not confirmed' : label,
        href: peopleAddress({ filter: { ...filter, status: value }, sort }),
        current: value === status,
        count: known && `${inDigits(known.count)}${known.orMore ? '+' : ''}`,
      }
    }),
    matches: knownOf(status),
    narrowed,
    everyone: (status || narrowed) && peopleAddress({ filter: { q }, sort }),
  }
}
