import type { User } from '../db/generated/sqlite/client.ts'
import { days, now } from '../time.ts'

/** What the service speaks, in words of its own. The texts are English; it is dates and times that differ. */
export const languages: Record<string, string> = {
  'en-GB': 'English (UK)',
  'en-US': 'English (US)',
}

/** Cities that Node's data still know by an older name than the IANA time zone database. */
const renamed = new Map(
  Object.entries({
    'Africa/Asmera': 'Africa/Asmara',
    'America/Godthab': 'America/Nuuk',
    'Asia/Calcutta': 'Asia/Kolkata',
    'Asia/Katmandu': 'Asia/Kathmandu',
    'Asia/Rangoon': 'Asia/Yangon',
    'Asia/Saigon': 'Asia/Ho_Chi_Minh',
    'Atlantic/Faeroe': 'Atlantic/Faroe',
    'Europe/Kiev': 'Europe/Kyiv',
    'Pacific/Enderbury': 'Pacific/Kanton',
    'Pacific/Ponape': 'Pacific/Pohnpei',
    'Pacific/Truk': 'Pacific/Chuuk',
  }),
)

/** Every time zone there is, by its IANA name; UTC first. */
export const timeZones: readonly string[] = [
  'UTC',
  ...Intl.supportedValuesOf('timeZone')
    .filter((zone) => zone.includes('/'))
    .map((zone) => renamed.get(zone) ?? zone)
    .sort(),
]

const knownZones = new Set(timeZones)
export const isLanguage = (typed: string) => Object.hasOwn(languages, typed)
export const isTimeZone = (typed: string) => knownZones.has(typed)

/** How instants are written for somebody. */
export type Region = { language: string; timeZone: string }

/** What a member has chosen, or British English and UTC; also where the service has lost what they chose. */
export function regionOf(user?: Pick<User, 'language' | 'timeZone'> | null): Region {
  const { language, timeZone } = user ?? {}
  return {
    language: language && isLanguage(language) ? language : 'en-GB',
    timeZone: timeZone && isTimeZone(timeZone) ? timeZone : 'UTC',
  }
}

/** A zone's city without its part of the world: `Argentina, Buenos Aires`. */
export const cityOf = (zone: string) =>
  zone
    .replace(/^\w+\//, '')
    .replaceAll('/', ', ')
    .replaceAll('_', ' ')

/** A region as people read it: `English (UK), London`. */
export const regionInWords = ({ language, timeZone }: Region) => `${languages[language]}, ${cityOf(timeZone)}`

type Formats = Record<'day' | 'longDay' | 'clock' | 'clockOfZone', Intl.DateTimeFormat>

/** Making a format takes longer than a page, and all that there are take 100 MB: the last used are kept. */
const KEPT = 50
const made = new Map<string, Formats>()

function formats({ language, timeZone }: Region): Formats {
  const key = `${language} ${timeZone}`
  const fresh = made.get(key) ?? makeFormats(language, timeZone)
  made.delete(key)
  made.set(key, fresh)
  if (made.size > KEPT) made.delete(made.keys().next().value ?? '')
  return fresh
}

function makeFormats(language: string, timeZone: string): Formats {
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language, { ...options, timeZone })
  // 06:29, but 6:29 PM.
  const { hour12 } = new Intl.DateTimeFormat(language, { hour: 'numeric' }).resolvedOptions()
  const clock = { hour: hour12 ? 'numeric' : '2-digit', minute: '2-digit' } as const
  return {
    day: format({ day: 'numeric', month: 'short' }),
    longDay: format({ dateStyle: 'long' }),
    clock: format(clock),
    clockOfZone: format({ ...clock, timeZoneName: 'short' }),
  }
}

/** The day of an instant: `22 December 2026`. */
export const dayInWords = (date: Date, region: Region) => formats(region).longDay.format(date)

/** An instant as pages show it: `22 Nov, 10:41`, or only its day when that is long ago. */
export function inWords(date: Date, region: Region): string {
  const { day, clock } = formats(region)
  const age = Math.abs(now() - date.getTime())
  return age < days(300) ? `${day.format(date)}, ${clock.format(date)}` : dayInWords(date, region)
}

/** An instant as letters tell it: `10:41 UTC on 22 November 2026`. */
export const clockAndDay = (date: Date, region: Region) =>
  `${formats(region).clockOfZone.format(date)} on ${dayInWords(date, region)}`
