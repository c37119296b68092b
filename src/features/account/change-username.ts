import { rename } from '../../accounts/acts/rename.ts'
import type { Source } from '../../accounts/audit/audit.ts'
import { heldNameHash } from '../../accounts/held-name.ts'
import { dayInWords, regionOf } from '../../accounts/region.ts'
import type { Services } from '../../accounts/services.ts'
import { accept } from '../../accounts/text.ts'
import { spend } from '../../accounts/throttle.ts'
import { asTaken } from '../../accounts/user.ts'
import { prepareUsername } from '../../accounts/username.ts'
import type { Tx } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { InvalidInput } from '../../errors.ts'
import { message } from '../../messages.ts'
import { fromNow, minutes } from '../../time.ts'
import { changedElsewhere } from './changed-elsewhere.ts'

/**
 * Gives a member another username; the old one is held for them. While one is held they can only go back to
 * it. Answers with the new name. Throws InvalidInput, or Refusal 409, 429 or 503.
 */
export async function changeUsername(
  { config, db }: Pick<Services, 'config' | 'db'>,
  user: User,
  typed: string,
  source: Source,
): Promise<string> {
  const { username: wanted } = accept({ username: prepareUsername(typed, config.brand.name) })
  const { username } = wanted
  if (username === user.username) throw new InvalidInput({ username: message('username.same') })
  // It tells which names are taken: no more often than a sign-up does.
  await spend(db, [{ key: `change-username:${user.id}`, burst: 10, refill: minutes(5) }])
  try {
    await db.$transaction(async (tx) => {
      const entry = { actor: user.id, subjectId: user.id, source }
      const check = () => refuseSecondHold(tx, user, wanted.skeleton)
      if (!(await rename(tx, user, wanted, entry, check))) throw changedElsewhere()
    })
  } catch (error) {
    throw await asTaken(db, error, { username: wanted, email: null }, { suggest: false })
  }
  return username
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
