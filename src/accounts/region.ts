import type { User } from '../db/generated/sqlite/client.ts'

/** The day of an instant as this member writes it: `22 December 2026`. */
export const dayInWords = (date: Date, { language, timeZone }: Pick<User, 'language' | 'timeZone'>) =>
  new Intl.DateTimeFormat(language ?? 'en-GB', { dateStyle: 'long', timeZone: timeZone ?? 'UTC' }).format(
    date,
  )
