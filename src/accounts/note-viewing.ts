import type { Db } from '../db/client.ts'
import { hours } from '../time.ts'
import { type AuditEventName, type Entry, record } from './audit.ts'
import { hasTry } from './throttle.ts'

/**
 * Puts on record that somebody looked at what is personal of others (ASVS 5.0 16.3.2): within an hour once of the
 * same, or the trail would tell of little else.
 */
export async function noteViewing(
  db: Db,
  event: Extract<AuditEventName, `${string}.viewed`>,
  entry: Omit<Entry, 'detail'>,
): Promise<void> {
  const key = [event, entry.actor, entry.subjectId].filter(Boolean).join(':')
  await db.$transaction(async (tx) => {
    if (await hasTry(tx, { key, burst: 1, refill: hours(1) })) await record(tx, event, entry)
  })
}
