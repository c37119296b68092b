import { record, type Source } from '../../accounts/audit.ts'
import { heldNameHash, hold, refuseHeld } from '../../accounts/held-name.ts'
import { dayInWords, regionOf } from '../../accounts/region.ts'
import { spend } from '../../accounts/throttle.ts'
import { asTaken } from '../../accounts/user.ts'
import { prepareUsername, type Username } from '../../accounts/username.ts'
import type { Config } from '../../config.ts'
import type { Db, Tx } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { InvalidInput } from '../../errors.ts'
import { message } from '../../messages.ts'
import { days, fromNow, minutes } from '../../time.ts'
import { changedElsewhere } from './changed-elsewhere.ts'

/** How long the name that is given up stays its bearer's, in ms, and nobody else gets it. */
const HOLD_FOR = days(30)

/**
 * Gives a member another username; the old one is held for them. While one is held they can only go back to
 * it. Answers with the new name. Throws InvalidInput, or Refusal 409, 429 or 503.
 */
export async function changeUsername(
  { config, db }: { config: Config; db: Db },
  user: User,
  typed: string,
  source: Source,
): Promise<string> {
  const wanted = prepareUsername(typed, config.brand.name)
  if (!wanted.ok) throw new InvalidInput({ username: wanted.problem })
  const { username } = wanted.value
  if (username === user.username) throw new InvalidInput({ username: message('username.same') })
  // It tells which names are taken: no more often than a sign-up does.
  await spend(db, [{ key: `change-username:${user.id}`, burst: 10, refill: minutes(5) }])
  try {
    await db.$transaction((tx) => rename(tx, user, wanted.value, source))
  } catch (error) {
    throw await asTaken(db, error, { username: wanted.value, email: null }, { suggest: false })
  }
  return username
}

async function rename(tx: Tx, user: User, { username, skeleton }: Username, source: Source) {
  const { id } = user
  const { count } = await tx.user.updateMany({
    where: { id, username: user.username, status: 'active' },
    data: { username, usernameSkeleton: skeleton },
  })
  if (count === 0) throw changedElsewhere()
  // Another spelling of what is theirs alone gives nothing up.
  if (skeleton !== user.usernameSkeleton) {
    await refuseHeld(tx, { id, usernameSkeleton: skeleton })
    await refuseSecondHold(tx, user, skeleton)
    await tx.heldName.deleteMany({ where: { nameHash: heldNameHash(skeleton) } })
    await hold(tx, user.usernameSkeleton, id, fromNow(HOLD_FOR))
  }
  const detail = { from: user.username, to: username }
  await record(tx, 'user.username-changed', { actor: id, subjectId: id, source, detail })
}

/** Nobody collects names by changing again and again. */
async function refuseSecondHold(tx: Tx, user: User, skeleton: string) {
  const held = await tx.heldName.findFirst({
    where: { userId: user.id, heldUntil: { gt: fromNow(0) }, nameHash: { not: heldNameHash(skeleton) } },
    orderBy: { heldUntil: 'desc' },
  })
  if (!held) return
  const date = dayInWords(held.heldUntil, regionOf(user))
  throw new InvalidInput({ username: message('username.again', { date }) })
}
