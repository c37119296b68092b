import { record, type Source } from '../../accounts/audit/audit.ts'
import { describeDevice } from '../../accounts/device.ts'
import { holdSession, type SignedIn } from '../../accounts/session.ts'
import type { Db } from '../../db/client.ts'
import type { Session } from '../../db/generated/sqlite/client.ts'
import { Refusal } from '../../errors.ts'
import { fromNow } from '../../time.ts'

const toDevices = { wayOn: { href: '/account#devices', text: 'Go to your devices' } }

const ended = () =>
  new Refusal(404, 'That device isn’t signed in any more, or never was in your account.', toDevices)

/** A session of the member’s that runs elsewhere. Throws Refusal 404, or 409 for the one at hand. */
export async function findOtherSession(db: Db, { user, session }: SignedIn, id: string): Promise<Session> {
  if (id === session.id)
    throw new Refusal(409, 'That is the device you’re using. To leave it, sign out.', toDevices)
  const where = { id, userId: user.id, expiresAt: { gt: fromNow(0) } }
  const found = await db.session.findUnique({ where })
  if (!found) throw ended()
  return found
}

/**
 * Signs a device of the member's out: every session on it ends, and it is forgotten, with its trust, so that
 * a next sign-in there is one from a new device (ASVS 5.0 7.4.3, 7.5.2). An older session of the browser at
 * hand ends alone. Throws Refusal 404 if it has ended meanwhile.
 */
export async function endSession(
  db: Db,
  member: SignedIn,
  { id, deviceId, userAgent }: Session,
  source: Source,
): Promise<void> {
  const { user, session: here } = member
  const userId = user.id
  const elsewhere = deviceId !== null && deviceId !== here.deviceId
  await db.$transaction(async (tx) => {
    await holdSession(tx, member)
    const where = { userId, OR: [{ id }, ...(elsewhere ? [{ deviceId }] : [])] }
    const { count } = await tx.session.deleteMany({ where })
    if (count === 0) throw ended()
    if (elsewhere) await tx.device.deleteMany({ where: { id: deviceId, userId } })
    const detail = { device: describeDevice(userAgent) }
    await record(tx, 'session.revoked', { actor: userId, subjectId: userId, source, detail })
  })
}

/** Signs every other device out and forgets it; answers how many sessions ended. */
export async function endOtherSessions(db: Db, member: SignedIn, source: Source): Promise<number> {
  const { id: userId } = member.user
  const { id, deviceId } = member.session
  return db.$transaction(async (tx) => {
    // So two that sign each other out don't wait for each other.
    await holdSession(tx, member)
    const { count } = await tx.session.deleteMany({ where: { userId, id: { not: id } } })
    await tx.device.deleteMany({ where: { userId, ...(deviceId && { id: { not: deviceId } }) } })
    const detail = { others: String(count) }
    if (count) await record(tx, 'session.revoked', { actor: userId, subjectId: userId, source, detail })
    return count
  })
}
