import type { Db } from '../db/client.ts'
import type { Facts } from '../mail/letters.ts'
import { fromNow } from '../time.ts'
import type { Source } from './audit/audit.ts'
import { withoutAddress } from './audit/trail.ts'
import { cutAddress } from './network.ts'
import { LONGEST_SESSION } from './session.ts'

/** Rows of one transaction: on SQLite other requests wait for it. */
const BATCH = 200

/**
 * Cuts network addresses that are older than so many ms to their networks (ASVS 5.0 14.2.7): of sessions, of sign-ups
 * that wait for an administrator, of mails, of changes to many people, and of what is sealed in the audit trail, whose
 * chain stays whole.
 */
export async function cutAddresses(db: Db, keep: number): Promise<void> {
  const before = fromNow(-keep)
  while ((await cutSomeEvents(db, before)) === BATCH);
  while ((await cutSomeMails(db, before)) === BATCH);
  const ip = { not: { contains: '/' } }
  // By the index of when they end: of those that are as old, it can't be later.
  const expiresAt = { lte: new Date(before.getTime() + LONGEST_SESSION) }
  const sessions = await db.session.findMany({ where: { expiresAt, createdAt: { lt: before }, ip } })
  for (const { id, ip } of sessions)
    await db.session.updateMany({ where: { id }, data: { ip: cutAddress(ip) } })
  const requests = await db.signUpRequest.findMany({ where: { askedAt: { lt: before }, ip } })
  for (const { userId, ip } of requests) {
    const data = { ip: cutAddress(ip), network: cutAddress(ip) }
    await db.signUpRequest.updateMany({ where: { userId }, data })
  }
  // Few are kept that long.
  for (const { id, ...job } of await db.job.findMany({ where: { createdAt: { lt: before } } })) {
    const source = job.source as Source
    const network = cutAddress(source.ip)
    if (network !== source.ip)
      await db.job.updateMany({ where: { id }, data: { source: { ...source, ip: network } } })
  }
}

type Event = { id: string; ip: string | null; salt: Uint8Array<ArrayBuffer> }

/** By the index of those that are still to be cut. Who was erased meanwhile has no salt any more. */
async function cutSomeEvents(db: Db, before: Date): Promise<number> {
  const rows = await db.$queryRaw<Event[]>`
    SELECT "id", "ip", "salt" FROM "AuditEvent"
    WHERE length(salt) = 32 AND "at" < ${before} ORDER BY "at" LIMIT ${BATCH}`
  await db.$transaction(
    rows.map(({ id, ip, salt }) =>
      db.auditEvent.updateMany({ where: { id, salt }, data: withoutAddress(salt, ip) }),
    ),
  )
  return rows.length
}

/** By the index of those that are still to be cut. */
async function cutSomeMails(db: Db, before: Date): Promise<number> {
  const where = { networkOnly: false, createdAt: { lt: before } }
  const mails = await db.mail.findMany({ where, orderBy: { createdAt: 'asc' }, take: BATCH })
  await db.$transaction(
    mails.map(({ id, ...mail }) => {
      const { ip, ...rest } = mail.facts as Facts
      const facts = { ...rest, ...(ip !== undefined && { ip: cutAddress(ip) }) }
      return db.mail.updateMany({ where: { id }, data: { facts, networkOnly: true } })
    }),
  )
  return mails.length
}
