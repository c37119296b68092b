import type { Tx } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { InvalidInput, noSuchPerson } from '../../errors.ts'
import { notify } from '../../mail/outbox.ts'
import { message } from '../../messages.ts'
import { days, fromNow } from '../../time.ts'
import { type Entry, record } from '../audit/audit.ts'
import { heldNameHash, hold, refuseFormer, refuseHeld } from '../held-name.ts'
import type { Services } from '../services.ts'
import { accept } from '../text.ts'
import { asTaken } from '../user.ts'
import { prepareUsername, type Username } from '../username.ts'
import { type Ask, asAdmin } from './as-admin.ts'

/** How long the name that is given up stays its bearer's, in ms, and nobody else gets it. */
const HOLD_FOR = days(30)

/**
 * Gives an account another username, if it still has the one and the status `user` was read with, and answers whether
 * it did; the old one is held for its bearer. `check` may refuse a name that isn't theirs already. What the database
 * throws of a name that is taken is for `asTaken`.
 */
export async function rename(
  tx: Tx,
  user: User,
  { username, skeleton }: Username,
  entry: Entry,
  check: () => Promise<void>,
): Promise<boolean> {
  const { id, status } = user
  const { count } = await tx.user.updateMany({
    where: { id, username: user.username, status },
    data: { username, usernameSkeleton: skeleton },
  })
  if (count === 0) return false
  // Another spelling of what is theirs alone gives nothing up.
  if (skeleton !== user.usernameSkeleton) {
    await refuseHeld(tx, { id, usernameSkeleton: skeleton })
    await check()
    await tx.heldName.deleteMany({ where: { nameHash: heldNameHash(skeleton) } })
    await hold(tx, user.usernameSkeleton, id, fromNow(HOLD_FOR))
  }
  const detail = { ...entry.detail, from: user.username, to: username }
  await record(tx, 'user.username-changed', { ...entry, detail })
  return true
}

/**
 * Gives a person another username for an administrator, by the rules for their own choice but for how often.
 * They are told by mail. Answers with the new name. Throws InvalidInput, or Refusal 403 or 404.
 */
export async function renamePerson(
  { config, db }: Pick<Services, 'config' | 'db'>,
  ask: Ask,
  typed: string,
): Promise<string> {
  const { username: wanted } = accept({ username: prepareUsername(typed, config.brand.name) })
  const { username, skeleton: usernameSkeleton } = wanted
  const { userId: id } = ask
  try {
    await asAdmin(db, ask, async (tx, entry) => {
      const user = await tx.user.findUnique({ where: { id } })
      if (user?.username === username) throw new InvalidInput({ username: message('username.unchanged') })
      const check = () => refuseFormer(tx, { id, usernameSkeleton })
      if (!user || !(await rename(tx, user, wanted, entry, check))) throw noSuchPerson()
      await Promise.all(notify(tx, 'username-changed', user, entry.source))
    })
  } catch (error) {
    throw await asTaken(db, error, { username: wanted, email: null }, { suggest: false })
  }
  return username
}
