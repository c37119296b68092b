import { randomUUID } from 'node:crypto'
import type { Db, Tx } from '../db/client.ts'
import { Prisma, type User } from '../db/generated/sqlite/client.ts'
import { serializable } from '../db/transaction.ts'
import { LAST_MAIL } from '../mail/letters.ts'
import { post } from '../mail/outbox.ts'
import { days, fromNow, minutes } from '../time.ts'
import { localSource, record } from './audit.ts'
import { hold } from './held-name.ts'
import { findRemarks, findTraces, type Remark, removeTraces } from './traces.ts'

const BATCH = 50
/** Failed sign-ins of years may be very many rows: so many that no statement takes too long. */
const AT_ONCE = 20_000
const ERASE_WITHIN = minutes(1)
/** How long nobody else gets the name of somebody who is gone, in ms. */
const HOLD_FOR = days(90)

const due = () => ({ status: 'closing' as const, closesAt: { lte: fromNow(0) } })

/**
 * Erases the accounts whose time is up (GDPR art. 17; ASVS 5.0 14.2.7). Each in a transaction of its own, so that
 * whoever is stopped amid it, or kept at that moment, is there whole or gone whole.
 */
export async function eraseClosed(db: Db): Promise<void> {
  for (;;) {
    const closed = await db.user.findMany({ where: due(), orderBy: { closesAt: 'asc' }, take: BATCH })
    const remarks = closed.length ? await findRemarks(db) : []
    for (const user of closed) await erase(db, user, remarks)
    if (closed.length < BATCH) return
  }
}

async function erase(db: Db, user: User, remarks: Remark[]): Promise<void> {
  // Looked for before, as it is slow.
  const traces = await findTraces(db, user, remarks)
  const work = async (tx: Tx) => {
    // Sessions, devices, factors, links and mails go with it.
    const { count } = await tx.user.deleteMany({ where: { id: user.id, ...due() } })
    if (count === 0) return
    await hold(tx, user.usernameSkeleton, null, fromNow(HOLD_FOR))
    const subjectId = await makeNameless(tx, user)
    await removeTraces(tx, traces)
    const source = localSource('service')
    await record(tx, 'user.erased', { actor: 'foyer', subjectId, source })
    if (user.email && user.provenEmailKey) await post(tx, LAST_MAIL, { address: user.email }, source)
  }
  await serializable(db, work, { timeout: ERASE_WITHIN })
}

/**
 * Keeps what the audit trail tells of a person, but not of whom: they become one pseudonym, which is random and
 * known nowhere else. Answers it.
 */
async function makeNameless(tx: Tx, { id }: User): Promise<string> {
  const somebody = `erased:${randomUUID()}`
  const bare = { ip: null, userAgent: null, requestId: null, detail: Prisma.DbNull }
  const rename = async (rows: Prisma.AuditEventUpdateManyArgs) => {
    while ((await tx.auditEvent.updateMany({ ...rows, limit: AT_ONCE })).count === AT_ONCE);
  }
  await rename({ where: { subjectId: id }, data: { subjectId: somebody, ...bare } })
  await rename({ where: { actor: id }, data: { actor: somebody, ...bare } })
  return somebody
}
