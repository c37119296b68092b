import { record, type Source } from '../../accounts/audit/audit.ts'
import { cityOf, isLanguage, isTimeZone, languages, timeZones } from '../../accounts/region.ts'
import type { Db } from '../../db/client.ts'
import { InvalidInput } from '../../errors.ts'
import { message } from '../../messages.ts'

type Typed = { language: string; time_zone: string }

/** Sets how a member reads dates and times, and in which zone. Throws InvalidInput. */
export async function changeRegion(db: Db, userId: string, typed: Typed, source: Source): Promise<void> {
  const { language, time_zone: timeZone } = typed
  if (!isLanguage(language) || !isTimeZone(timeZone))
    throw new InvalidInput({
      ...(!isLanguage(language) && { language: message('language.unknown') }),
      ...(!isTimeZone(timeZone) && { time_zone: message('time-zone.unknown') }),
    })
  await db.$transaction([
    db.user.update({ where: { id: userId }, data: { language, timeZone }, select: { id: true } }),
    record(db, 'user.region-changed', { actor: userId, subjectId: userId, source }),
  ])
}

/** What there is to choose from, as the form's select fields show it: zones by part of the world. */
export const choices = {
  languages: Object.entries(languages).map(([value, text]) => ({ value, text })),
  zones: [...Map.groupBy(timeZones, (zone) => zone.split('/')[0] ?? '')].map(([label, zones]) => ({
    label: label === 'UTC' ? 'Everywhere' : label,
    options: zones.map((value) => ({ value, text: cityOf(value) })),
  })),
}
