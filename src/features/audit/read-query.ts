import { z } from 'zod'
import { type EventGroup, eventGroups, eventsOf } from '../../accounts/audit/event-groups.ts'
import { eventNames } from '../../accounts/audit/event-words.ts'
import { type EventFilter, peopleCalled } from '../../accounts/audit/find-events.ts'
import { cameFrom } from '../../accounts/network.ts'
import type { Db } from '../../db/client.ts'
import { isNetwork } from '../../environment.ts'
import { InvalidInput } from '../../errors.ts'
import { asked } from '../../http/lists.ts'
import { message } from '../../messages.ts'
import { days } from '../../time.ts'

/** What the audit log is asked for; an empty field, as the form sends it, is none. */
export const auditFilter = {
  who: asked(254),
  by: asked(254),
  about: asked(254),
  action: z.enum(['', ...Object.keys(eventGroups), ...eventNames]).default(''),
  from: asked(20),
  to: asked(20),
}

export type AuditQuery = z.output<z.ZodObject<typeof auditFilter>>

/** The start of a day (UTC) as browsers send it, 2026-11-22, or as people write it, 22/11/2026. */
function readDay(typed: string): Date | undefined {
  const iso = typed
    .trim()
    .replace(/^(\d{1,2})[/.](\d{1,2})[/.](\d{4})$/, (_all, day: string, month: string, year: string) =>
      [year, month.padStart(2, '0'), day.padStart(2, '0')].join('-'),
    )
  const date = new Date(`${iso}T00:00:00.000Z`)
  // What the calendar doesn't have, such as 31 April, becomes another day.
  const exists =
    /^(19|20|21)\d\d-/.test(iso) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso)
  return exists ? date : undefined
}

/** A day as a field for days shows it; nothing of what is none. */
export const dayTyped = (typed: string) => readDay(typed)?.toISOString().slice(0, 10)

/** The days that are asked for, from the first to the one after the last. Throws InvalidInput. */
function readDays({ from, to }: AuditQuery) {
  const [first, last] = [readDay(from), readDay(to)]
  const problems = {
    ...(from.trim() && !first && { from: message('date.form') }),
    ...(to.trim() && !last && { to: message('date.form') }),
    ...(first && last && first > last && { from: message('date.order') }),
  }
  if (Object.keys(problems).length) throw new InvalidInput(problems)
  return { from: first, until: last && new Date(last.getTime() + days(1)) }
}

/** Whom or what is asked for: people, or a network address or network. */
const readWho = async (db: Db, who: string): Promise<EventFilter> =>
  isNetwork(who) ? { isFrom: cameFrom(who) } : { people: await peopleCalled(db, who) }

/** The filter that a query stands for. Throws InvalidInput where a day is none. */
export async function readFilter(db: Db, query: AuditQuery): Promise<EventFilter> {
  const { action } = query
  const [who, by, about] = [query.who.trim(), query.by.trim(), query.about.trim()]
  const events = action in eventGroups ? eventsOf(action as EventGroup) : [action]
  return {
    ...readDays(query),
    ...(who && (await readWho(db, who))),
    ...(by && { actors: await peopleCalled(db, by) }),
    ...(about && { subjects: await peopleCalled(db, about) }),
    ...(action && { events }),
  }
}
