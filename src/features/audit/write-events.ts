import { setImmediate as nextTurn } from 'node:timers/promises'
import { type EventFilter, findEvents, namesOf } from '../../accounts/audit/find-events.ts'
import type { Db } from '../../db/client.ts'
import type { AuditEvent } from '../../db/generated/sqlite/client.ts'
import { csvHead, csvLine } from '../../http/csv.ts'

const BATCH = 500

const COLUMNS = [
  ...['at', 'event', 'actor', 'actorName', 'subject', 'subjectName', 'via', 'ip', 'userAgent', 'requestId'],
  ...['detail', 'seq', 'link', 'id'],
]

function cells(row: AuditEvent, names: Map<string, string>): (string | null)[] {
  const { at, event, actor, subjectId, via, ip, userAgent, requestId, detail, seq, link, id } = row
  return [
    ...[at.toISOString(), event, actor, names.get(actor) ?? null],
    ...[subjectId, (subjectId && names.get(subjectId)) ?? null, via, ip, userAgent, requestId],
    ...[detail === null ? null : JSON.stringify(detail), seq === null ? null : `${seq}`],
    ...[link && Buffer.from(link).toString('hex'), id],
  ]
}

/**
 * Exactly the events that a filter lets through, newest first, as CSV; some hundred at a time, and others served in
 * between. After the one that an earlier part ended with, it goes on without the line of names.
 */
export async function* writeEvents(db: Db, filter: EventFilter, start: string | undefined) {
  if (!start) yield csvHead(COLUMNS)
  for (let after = start; ; await nextTurn()) {
    const { rows, stoppedAt } = await findEvents(db, filter, { after, take: BATCH })
    const names = await namesOf(db, rows)
    if (rows.length) yield rows.map((row) => csvLine(cells(row, names))).join('')
    // Whoever goes through others for long has gone on nevertheless.
    after = rows.length === BATCH ? rows.at(-1)?.id : stoppedAt
    if (!after) return
  }
}
