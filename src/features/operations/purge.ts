import { liftSuspensions } from '../../accounts/acts/suspend.ts'
import { localSource, recordAll } from '../../accounts/audit/audit.ts'
import { cutAddresses } from '../../accounts/cut-addresses.ts'
import { eraseClosed } from '../../accounts/erase.ts'
import { KNOWN_FOR } from '../../accounts/known-device.ts'
import { hasTry } from '../../accounts/throttle.ts'
import type { Config } from '../../config.ts'
import type { Db } from '../../db/client.ts'
import { type JobState, MailState } from '../../db/generated/sqlite/enums.ts'
import { serializable } from '../../db/transaction.ts'
import { LAST_MAILS } from '../../mail/letters.ts'
import { days, fromNow, minutes, now } from '../../time.ts'

export const PURGE_EVERY = minutes(10)

const BATCH = 500
/** After they have expired. */
const KEEP_INVITATIONS = days(30)
const KEEP_JOBS = days(30)
/** Where nothing sends it: as long as one that can be sent is tried. */
const KEEP_LAST_MAILS = days(3)

/** For how long things are kept, in ms. */
type Kept = { periods: Pick<Config['periods'], 'mails' | 'names' | 'addresses'> }

/** Removes what has run out, if no other process has done so in the last ten minutes. */
export async function purgeInTurn(db: Db, kept: Kept): Promise<void> {
  if (await hasTry(db, { key: 'purge', burst: 1, refill: PURGE_EVERY })) await purge(db, kept)
}

/**
 * Lifts suspensions and erases accounts whose time is up, and removes what has run out and opens nothing any more:
 * sign-ups that were never confirmed with their accounts, sessions, one-time tokens, invitations, refilled
 * throttles, browsers unused for a year, holds of names, old mails and jobs; of old network addresses the end. A few
 * rows at a time, so that nobody waits for it.
 */
export async function purge(db: Db, { periods }: Kept): Promise<void> {
  const past = { lt: fromNow(0) }
  await liftSuspensions(db)
  await inBatches(() => expireSignUps(db))
  await inBatches(() => db.session.deleteMany({ where: { expiresAt: past }, limit: BATCH }))
  await inBatches(() => db.token.deleteMany({ where: { expiresAt: past }, limit: BATCH }))
  await inBatches(() => db.throttle.deleteMany({ where: { tat: { lt: BigInt(now()) } }, limit: BATCH }))
  const longExpired = { expiresAt: { lt: fromNow(-KEEP_INVITATIONS) } }
  await inBatches(() => db.invitation.deleteMany({ where: longExpired, limit: BATCH }))
  const unused = { lt: fromNow(-KNOWN_FOR) }
  await inBatches(() => db.device.deleteMany({ where: { lastSeenAt: unused }, limit: BATCH }))
  await inBatches(() => db.heldName.deleteMany({ where: { heldUntil: past }, limit: BATCH }))
  // Waiting ones too: one that is tried falls due again and again, so these nobody could send.
  for (const state of Object.values(MailState)) {
    const dueAt = { lt: fromNow(-periods.mails) }
    await inBatches(() => db.mail.deleteMany({ where: { state, dueAt }, limit: BATCH }))
  }
  // Holds an address that is kept nowhere else. They are nobody's, by which the database finds them.
  const createdAt = { lt: fromNow(-KEEP_LAST_MAILS) }
  const lastMails = { userId: null, kind: { in: LAST_MAILS }, createdAt }
  await inBatches(() => db.mail.deleteMany({ where: lastMails, limit: BATCH }))
  await removeJobs(db)
  await eraseClosed(db, periods.names)
  await cutAddresses(db, periods.addresses)
}

/** Their results first, as a job may have millions. */
async function removeJobs(db: Db): Promise<void> {
  const state = { in: ['done', 'cancelled'] satisfies JobState[] }
  const old = await db.job.findMany({
    where: { state, dueAt: { lt: fromNow(-KEEP_JOBS) } },
    select: { id: true },
  })
  for (const { id } of old) {
    await inBatches(() => db.jobResult.deleteMany({ where: { jobId: id }, limit: BATCH }))
    await db.job.deleteMany({ where: { id } })
  }
}

async function inBatches(remove: () => Promise<{ count: number }>): Promise<void> {
  while ((await remove()).count === BATCH);
}

/** Name and address are free again; the audit trail keeps that there was an account. */
function expireSignUps(db: Db): Promise<{ count: number }> {
  return serializable(db, async (tx) => {
    const expired = await tx.signUp.findMany({
      where: { expiresAt: { lt: fromNow(0) }, user: { status: 'pending' } },
      select: { userId: true },
      take: BATCH,
    })
    const ids = expired.map(({ userId }) => userId)
    const source = localSource('service')
    const entries = ids.map((subjectId) => ({ actor: 'foyer', subjectId, source }))
    await recordAll(tx, 'registration.expired', entries)
    return tx.user.deleteMany({ where: { id: { in: ids } } })
  })
}
