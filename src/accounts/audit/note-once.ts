import type { Db } from '../../db/client.ts'
import { hasTry } from '../throttle.ts'
import { type AuditEventName, type Entry, record } from './audit.ts'

/**
 * Puts on record what somebody may do over and over, such as to look at what is personal of others, or to be refused
 * (ASVS 5.0 16.3.2): of the same once within so many ms, or the trail would tell of little else, and fill the disk.
 */
export async function noteOnce(
  db: Db,
  within: number,
  event: Extract<AuditEventName, `${string}.viewed` | `${string}refused`>,
  entry: Entry,
): Promise<void> {
  const key = [event, entry.actor, entry.subjectId].filter(Boolean).join(':')
  await db.$transaction(async (tx) => {
    if (await hasTry(tx, { key, burst: 1, refill: within })) await record(tx, event, entry)
  })
}
