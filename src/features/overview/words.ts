import type { countStuckMails } from './count-stuck-mails.ts'
import type { health } from './health.ts'
import type { overviewNumbers } from './numbers.ts'

type Numbers = Awaited<ReturnType<typeof overviewNumbers>>
type Shown = {
  numbers: Omit<Numbers, 'days'>
  days: Numbers['days']
  health: Awaited<ReturnType<typeof health>>
  stuckMails: Awaited<ReturnType<typeof countStuckMails>>
}

const GOOD = { kind: 'ok', text: 'Good' }
const SLOW = { kind: 'warn', text: 'Slow' }
const BUSY = { kind: 'warn', text: 'Busy' }
/** A database that takes longer to say how large it is has something else to do. */
const SLOW_MS = 100

/** The overview in words, for who reads in this language (BCP 47). */
export function drawOverview({ numbers, days, health, stuckMails }: Shown, language: string) {
  const amount = new Intl.NumberFormat(language)
  const rounded = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 })
  const say = (count: number) => amount.format(count)
  const percent = (share: number | undefined) => (share === undefined ? '–' : `${share}%`)
  const week = (name: string, { now, before }: { now: number; before: number }) => ({
    name,
    now: say(now),
    before: `The week before: ${say(before)}`,
  })
  // What waits at this moment may be more than was noted last.
  const waiting = (count: number, { now, before }: { now: number; before: number }, andMore = false) =>
    `${say(count)}${andMore ? ' or more' : ''} waiting; at most ${say(Math.max(now, count))} today, ${say(before)} yesterday`
  const { people, signUps, confirmed, seen, signIns, failed, throttled, refused, busy } = numbers
  const { database, mails, hashing } = health
  const { before: bytesBefore } = numbers.databaseBytes
  const aWeekAgo = bytesBefore ? `; a week ago ${inBytes(bytesBefore, rounded)}` : ''
  return {
    stats: [
      [
        {
          name: 'People',
          now: say(people.now),
          before: people.before === undefined ? '' : `A week ago: ${say(people.before)}`,
        },
        week('Signed up this week', signUps),
        {
          name: 'Of them confirmed',
          now: percent(confirmed.now),
          before: `The week before: ${percent(confirmed.before)}`,
        },
        { name: 'Seen today', now: say(seen.now), before: `Yesterday: ${say(seen.before)}` },
      ],
      [
        week('Signed in this week', signIns),
        week('Sign-ins that failed', failed),
        week('Too many tries', throttled),
        week('Not allowed', refused),
        week('Too busy', busy),
      ],
    ],
    rows: days.map((day) => ({
      day: dayName(day.day, language),
      signUps: say(day.signUps),
      confirmed: say(day.confirmed),
    })),
    marks: [...weekMarks(days, language), 'Today'],
    told: inOneSentence(days, language),
    parts: [
      {
        name: 'Database',
        text: `${inBytes(database.bytes, rounded)}, answers in ${database.answeredInMs} ms${aWeekAgo}`,
        badge: database.answeredInMs < SLOW_MS ? GOOD : SLOW,
      },
      {
        name: 'Mail',
        text: waiting(mails.waiting, numbers.mostMailsWaiting, mails.andMore),
        badge: stuckMails.waiting || stuckMails.failed ? SLOW : GOOD,
      },
      {
        name: 'Password hashing',
        text: `${hashing.running} of ${hashing.width} at work, ${waiting(hashing.waiting, numbers.mostHashesWaiting)}`,
        badge: hashing.waiting ? BUSY : GOOD,
      },
    ],
  }
}

/** A day of the counts, `2026-11-23`, as `23 Nov`. */
const dayName = (day: string, language: string) =>
  new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(day))

/** The first day of each week below the chart; the month is said where it is a new one, as there is little room. */
function weekMarks(days: Numbers['days'], language: string): string[] {
  const firsts = [0, 7, 14, 21].map((index) => days[index]?.day ?? '')
  return firsts.map((day, i) =>
    day.slice(0, 7) === firsts[i - 1]?.slice(0, 7) ? String(Number(day.slice(8))) : dayName(day, language),
  )
}

/** What the chart shows, for who can’t see it. */
function inOneSentence(days: Numbers['days'], language: string): string {
  const total = days.reduce((sum, { signUps }) => sum + signUps, 0)
  const most = days.reduce((most, day) => (day.signUps > most.signUps ? day : most))
  const [first, last] = [days[0], days.at(-1)].map((day) => dayName(day?.day ?? '', language))
  const highest = total ? `, most on ${dayName(most.day, language)} with ${most.signUps}` : ''
  return `Sign-ups per day, ${first} to ${last}. ${total} in all${highest}. A table follows.`
}

function inBytes(bytes: number, rounded: Intl.NumberFormat): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${rounded.format(bytes / 1000 ** power)} ${units[power]}`
}
