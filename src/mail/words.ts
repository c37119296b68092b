import { clockAndDay, type Region, regionOf } from '../accounts/region.ts'
import { days, hours, minutes, now, seconds } from '../time.ts'

/** Whom to turn to, in a letter. */
export const OPERATOR = 'the people who run this service'

/** How a letter begins. */
export const hello = (username?: string) => (username ? `Hello ${unlinked(username)}.` : 'Hello.')

/**
 * What people typed, so that it reads the same and is no link: mail programs make one of `evil.example` in a
 * letter of ours, but not across a word joiner (U+2060), which nobody sees.
 */
export const unlinked = (text: string) => text.replace(/[.@]/g, '\u2060$&\u2060')

type When = {
  at: Date
  region?: Region | undefined
  device?: string | undefined
  ip?: string | undefined
  place?: string | undefined
}

/** `at 10:41 UTC on 22 November 2026, using Firefox on Linux, from 203.0.113.7 near Lisbon`, as known. */
export function when({ at, region, device, ip, place }: When) {
  const time = `at ${clockAndDay(at, region ?? regionOf())}`
  return [time, device && `using ${named(device)}`, ip && `from ${ip}${near(place)}`]
    .filter(Boolean)
    .join(', ')
}

/** Roughly where that is, behind it, if it is known. */
export const near = (place?: string) => (place ? ` near ${place}` : '')

/** A device, in the middle of a sentence. */
export const named = (device: string) => device.replace(/^Unknown/, 'an unknown')

/** How long it is until then, when a link expires, say: `72 hours`, `7 days`. Rounded down, for it is a promise. */
export function timeLeft(expiresAt: Date): string {
  // A moment has passed since the end was set: 24 hours are still 24 hours.
  const left = expiresAt.getTime() - now() + seconds(30)
  if (left > days(4)) return count(left / days(1), 'day')
  if (left > hours(1)) return count(left / hours(1), 'hour')
  return count(left / minutes(1), 'minute')
}

const count = (amount: number, unit: 'day' | 'hour' | 'minute') =>
  new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'long' }).format(Math.floor(amount))
