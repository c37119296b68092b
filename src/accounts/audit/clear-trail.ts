import { days, fromNow } from '../../time.ts'
import type { KeyedServices } from '../services.ts'
import { hasTry } from '../throttle.ts'
import { localSource, record } from './audit.ts'
import { type Head, isProvenStart, openTrailKeys, proofOf, readHead, readStart } from './trail.ts'
import { problemOf } from './verify-trail.ts'

/** Rows of one transaction: on SQLite other requests wait for it. */
const BATCH = 500

type Keyed = Pick<KeyedServices, 'config' | 'db' | 'secretKeys'>

/**
 * Removes the rows from the beginning of the audit trail whose time is over, once a day, and proves in their place
 * that it was the service who did (ASVS 5.0 14.2.7). Throws where they aren't as they were sealed: somebody is to look
 * at them first.
 */
export async function clearTrail(services: Keyed): Promise<void> {
  if (!(await hasTry(services.db, { key: 'clear-trail', burst: 1, refill: days(1) }))) return
  const before = fromNow(-services.config.periods.audit)
  while ((await clearSome(services, before)) === BATCH);
}

async function clearSome({ db, secretKeys }: Keyed, before: Date): Promise<number> {
  const [start, head] = await Promise.all([readStart(db), readHead(db)])
  // The last row stays: the next is linked to it.
  const seq = { gt: start?.seq ?? 0n, lt: head?.seq ?? 0n }
  const rows = await db.auditEvent.findMany({ where: { seq }, orderBy: { seq: 'asc' }, take: BATCH })
  const young = rows.findIndex(({ at }) => at >= before)
  const old = young < 0 ? rows : rows.slice(0, young)
  if (!start || !old.length) return 0

  const keys = await openTrailKeys(db, secretKeys)
  const key = keys.at(-1)?.key
  let last: Head = start
  const isWhole = old.every((row) => {
    const problem = problemOf(row, last, keys)
    last = row as Head
    return !problem
  })
  if (!key || !isProvenStart(start, key) || !isWhole) {
    // Another process has removed some of them meanwhile.
    if ((await readStart(db))?.seq !== start.seq) return 0
    throw new Error('The oldest rows of the audit trail aren’t as they were sealed. See: foyer audit verify')
  }
  const { seq: end, link } = last
  return db.$transaction(async (tx) => {
    const where = { id: 1, seq: start.seq, proof: start.proof }
    const { count } = await tx.auditStart.updateMany({
      where,
      data: { seq: end, link, proof: proofOf(key, last) },
    })
    if (count === 0) return 0
    await tx.auditEvent.deleteMany({ where: { seq: { gt: start.seq, lte: end } } })
    const detail = { from: `${start.seq + 1n}`, to: `${end}` }
    await record(tx, 'audit.cleared', { actor: 'foyer', source: localSource('service'), detail })
    return old.length
  })
}
