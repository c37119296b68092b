import { days, now } from '../time.ts'

const SHORT = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
const LONG = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
})
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' })

function inWords(date: Date): string {
  const age = Math.abs(now() - date.getTime())
  return age < days(300) ? `${SHORT.format(date)}, ${CLOCK.format(date)}` : LONG.format(date)
}

/** An instant as pages show it (UTC, in words) and as programs read it (ISO 8601). */
export const instant = (date: Date) => ({
  iso: date.toISOString(),
  text: inWords(date),
  toJSON: () => date.toISOString(),
})
