import { randomUUID } from 'node:crypto'
import type { Db, Tx } from '../../db/client.ts'
import { type AuditEvent, Prisma } from '../../db/generated/sqlite/client.ts'
import { type Log, repeat } from '../../repeat.ts'
import { hours, now, seconds } from '../../time.ts'
import type { KeyedServices } from '../services.ts'
import {
  digestOf,
  type Head,
  headLinkOf,
  inHex,
  lastLink,
  lastTrailKey,
  linkOf,
  newSalt,
  newTrailKey,
  readHead,
} from './trail.ts'

const SEAL_EVERY = seconds(1)
const AFTER_FAILURE = seconds(30)
const TELL_EVERY = hours(1)
/** Rows of one transaction: on SQLite other requests wait for it. */
const BATCH = 200

/** A row that was erased while its seal was made. */
class RowsChanged extends Error {}

type Keyed = Pick<KeyedServices, 'db' | 'secretKeys'>

/**
 * Takes some rows of the audit trail into its chain, oldest first, and answers how many. Done in the transactions
 * that write them, each would wait for the one before. Any number of processes may do so: of those at once, one
 * does. Throws if the chain doesn't end as it was left.
 */
export async function sealTrail({ db, secretKeys }: Keyed): Promise<number> {
  const rows = await db.auditEvent.findMany({ where: { seq: null }, orderBy: { id: 'asc' }, take: BATCH })
  const head = rows.length ? await readHead(db) : null
  if (!head) return 0
  const known = await lastTrailKey(db, secretKeys)
  const previous = await lastLink(db, head, known?.key)
  if (!previous) return brokenUnlessMoved(db, head)

  const { key, row: newKey } = known ? { ...known, row: undefined } : newTrailKey(secretKeys, 1n)
  const sealed = chain(key, { seq: head.seq, link: previous }, rows)
  const last = sealed.at(-1) ?? { seq: head.seq, link: previous }
  try {
    return await db.$transaction(async (tx) => {
      const data = { seq: last.seq, link: headLinkOf(key, last) }
      const { count } = await tx.auditHead.updateMany({ where: { id: 1, ...head }, data })
      if (count === 0) return 0
      if (newKey) await tx.auditKey.create({ data: newKey })
      for (const some of inParts(sealed)) if ((await write(tx, some)) < some.length) throw new RowsChanged()
      await tx.tallyChange.createMany({ data: counted(sealed) })
      return sealed.length
    })
  } catch (error) {
    if (error instanceof RowsChanged) return 0
    throw error
  }
}

/** Head, key and last row are read one by one: another process may have gone on in between. */
async function brokenUnlessMoved(db: Db, head: Head): Promise<0> {
  const found = await readHead(db)
  if (found && inHex(found.link) !== inHex(head.link)) return 0
  throw new Error('The audit trail doesn’t end as it was left, so nothing is sealed. See: foyer audit verify')
}

type Sealed = AuditEvent & Head & { salt: Uint8Array; digest: Uint8Array }

function chain(key: Buffer, end: Head, rows: AuditEvent[]): Sealed[] {
  let { seq, link } = end
  return rows.map((row) => {
    const salt = newSalt()
    const digest = digestOf(salt, row)
    seq += 1n
    link = linkOf(key, link, { ...row, seq, digest })
    return { ...row, seq, salt, digest, link }
  })
}

/** In parts of few sizes: both databases keep each statement that they have prepared, and one of each size is another. */
function inParts(rows: Sealed[]): Sealed[][] {
  const size = [64, 8, 1].find((size) => size <= rows.length)
  return size ? [rows.slice(0, size), ...inParts(rows.slice(size))] : []
}

/** One statement for all. Written as an insert, as in no other do both databases know the types of so many values. */
function write(tx: Tx, rows: Sealed[]): Promise<number> {
  const values = rows.map(
    ({ id, at, event, actor, subjectId, via, seq, salt, digest, link }) =>
      Prisma.sql`(${id}, ${at}, ${event}, ${actor}, ${subjectId}, ${via}, ${seq}, ${salt}, ${digest}, ${link})`,
  )
  return tx.$executeRaw`
    INSERT INTO "AuditEvent" ("id", "at", "event", "actor", "subjectId", "via", "seq", "salt", "digest", "link")
    VALUES ${Prisma.join(values)}
    ON CONFLICT ("id") DO UPDATE
      SET "seq" = excluded."seq", "salt" = excluded."salt", "digest" = excluded."digest", "link" = excluded."link"
      WHERE "AuditEvent"."seq" IS NULL AND "AuditEvent"."actor" = excluded."actor"
        AND "AuditEvent"."subjectId" IS NOT DISTINCT FROM excluded."subjectId"`
}

/** How often each event happened on each day (UTC). */
const counted = (rows: Sealed[]) =>
  [...Map.groupBy(rows, ({ event, at }) => `${at.toISOString().slice(0, 10)} ${event}`)].map(
    ([key, { length: count }]) => ({ id: randomUUID(), day: key.slice(0, 10), name: key.slice(11), count }),
  )

type Told = Log & { info: (facts: object, words: string) => void }

/**
 * Seals what is written, over and over. Where the chain ends is logged now and then: whoever keeps the log elsewhere
 * can tell by it whether the trail was cut off or written anew. Answers how to stop.
 */
export function startSealing(services: Keyed, log: Told) {
  let toldAt = 0
  async function tell() {
    if (now() - toldAt < TELL_EVERY) return
    const { db } = services
    const end = await db.auditEvent.findFirst({ where: { seq: { not: null } }, orderBy: { seq: 'desc' } })
    if (end?.seq && end.link)
      log.info({ seq: `${end.seq}`, link: inHex(end.link) }, 'The audit trail is sealed up to here')
    toldAt = now()
  }
  const stop = repeat(async () => {
    const sealed = await sealTrail(services).catch((error) => void log.error(error))
    if (sealed) await tell().catch(log.error)
    if (sealed === BATCH) return 0
    return sealed === undefined ? AFTER_FAILURE : SEAL_EVERY
  })
  return async () => {
    await stop()
    await sealTrail(services).catch(log.error)
  }
}
