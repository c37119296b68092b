import type { Db, Tx } from '../../db/client.ts'
import type { Session } from '../../db/generated/sqlite/client.ts'
import { noSuchPerson, Refusal } from '../../errors.ts'
import { fromNow } from '../../time.ts'
import { record } from '../audit/audit.ts'
import { describeDevice } from '../device.ts'
import { voidTokens } from '../token.ts'
import { type Ask, asStaff } from './as-admin.ts'

/**
 * Signs a person out everywhere and forgets their browsers; answers how many sessions ended. For administrators and
 * support. Throws InvalidInput, or Refusal 403 or 404.
 */
export const endSessions = (db: Db, ask: Ask): Promise<number> =>
  asStaff(db, ask, async (tx, entry) => {
    const { userId } = ask
    await holdAccount(tx, userId)
    const { count } = await tx.session.deleteMany({ where: { userId } })
    const devices = await tx.device.deleteMany({ where: { userId } })
    const steps = await voidTokens(tx, userId, ['two-factor', 'keep-account'])
    if (count + devices.count + steps.count > 0) await record(tx, 'session.all-revoked', entry)
    return count
  })

/** A session of this person's that runs. Throws Refusal 404. */
export async function findSessionOf(db: Db, userId: string, id: string): Promise<Session> {
  const found = await db.session.findUnique({ where: { id, userId, expiresAt: { gt: fromNow(0) } } })
  if (!found) throw notSignedIn(userId)
  return found
}

const notSignedIn = (userId: string) =>
  new Refusal(404, 'They aren’t signed in there any more. Nothing was changed.', {
    wayOn: { href: `/admin/users/${userId}`, text: 'See what is so now' },
  })

/** Signs a person out of one browser and forgets it. Throws InvalidInput, or Refusal 403 or 404. */
export const endOneSession = (db: Db, ask: Ask, { id, deviceId, userAgent }: Session): Promise<void> =>
  asStaff(db, ask, async (tx, entry) => {
    const { userId } = ask
    await holdAccount(tx, userId)
    const ofDevice = deviceId ? [{ deviceId }] : []
    const { count } = await tx.session.deleteMany({ where: { userId, OR: [{ id }, ...ofDevice] } })
    if (count === 0) throw notSignedIn(userId)
    if (deviceId) await tx.device.deleteMany({ where: { id: deviceId, userId } })
    const detail = { ...entry.detail, device: describeDevice(userAgent) }
    await record(tx, 'session.revoked', { ...entry, detail })
  })

/** The account before what hangs on it, as everywhere: the other way round two could wait for each other. */
async function holdAccount(tx: Tx, id: string) {
  const user = await tx.user.findUnique({ where: { id }, select: { language: true } })
  if (!user) throw noSuchPerson()
  await tx.user.update({ where: { id }, data: user, select: { id: true } })
}
