import { countPeople, countsOf, lastDays } from '../../accounts/tally.ts'
import type { Db } from '../../db/client.ts'

const CHART_DAYS = 30

/** What is counted by the week: the last seven days, today with them, and the seven before. */
const HAPPENED = [
  ...['session.started', 'login.failed'],
  ...['requests.throttled', 'requests.refused', 'requests.busy'],
]
/** What is noted of each day: at its end, or the most at once. */
const NOTED = ['people.all', 'database.bytes', 'mails.waiting', 'hashes.waiting']

/**
 * The numbers of the overview, each with what it was before: all read from counts that are kept with every
 * change, none by looking at accounts.
 */
export async function overviewNumbers(db: Db) {
  const month = lastDays(CHART_DAYS)
  const names = [...HAPPENED, ...NOTED, 'sign-ups', 'sign-ups.confirmed', 'members.seen']
  const [people, count] = await Promise.all([countPeople(db), countsOf(db, names, month)])
  const week = month.slice(-7)
  const weekBefore = month.slice(-14, -7)
  const sum = (name: string, days: string[]) => days.reduce((total, day) => total + count(name, day), 0)
  const weeks = (name: string) => ({ now: sum(name, week), before: sum(name, weekBefore) })
  // As that day ended: what has come since then is what is counted of this week.
  const aWeekAgo = (name: string) => count(name, weekBefore.at(-1) ?? '') || undefined
  const [today = '', yesterday = ''] = month.toReversed()
  const days = (name: string) => ({ now: count(name, today), before: count(name, yesterday) })
  return {
    people: { now: people.all, before: aWeekAgo('people.all') },
    signUps: weeks('sign-ups'),
    confirmed: {
      now: share(sum('sign-ups.confirmed', week), sum('sign-ups', week)),
      before: share(sum('sign-ups.confirmed', weekBefore), sum('sign-ups', weekBefore)),
    },
    seen: days('members.seen'),
    signIns: weeks('session.started'),
    failed: weeks('login.failed'),
    throttled: weeks('requests.throttled'),
    refused: weeks('requests.refused'),
    busy: weeks('requests.busy'),
    databaseBytes: { before: aWeekAgo('database.bytes') },
    mostMailsWaiting: days('mails.waiting'),
    mostHashesWaiting: days('hashes.waiting'),
    days: month.map((day) => ({
      day,
      signUps: count('sign-ups', day),
      confirmed: Math.min(count('sign-ups.confirmed', day), count('sign-ups', day)),
    })),
  }
}

/** In whole percent; undefined of nothing. */
const share = (part: number, whole: number) => (whole ? Math.round((100 * part) / whole) : undefined)
