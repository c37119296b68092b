import type { Deed } from '../../accounts/acts/as-admin.ts'
import { requireRole } from '../../accounts/acts/require-admin.ts'
import { record } from '../../accounts/audit/audit.ts'
import { prepareOptionalEmail } from '../../accounts/email.ts'
import { refuseHeld } from '../../accounts/held-name.ts'
import { prepareLine } from '../../accounts/line.ts'
import { makeResetLink } from '../../accounts/reset-link.ts'
import { prepareRole } from '../../accounts/role.ts'
import type { Services } from '../../accounts/services.ts'
import { accept } from '../../accounts/text.ts'
import { asTaken, newUser } from '../../accounts/user.ts'
import { prepareUsername } from '../../accounts/username.ts'
import type { Config } from '../../config.ts'
import { InvalidInput } from '../../errors.ts'
import { post } from '../../mail/outbox.ts'
import { message } from '../../messages.ts'

/** What an administrator types to make an account for somebody; an empty name is none. */
type TypedUser = { username: string; email: string; name: string; role: string }

/** The account, and a link to hand over if there is no mail that brings one. */
type Made = { id: string; username: string; link?: string }

/**
 * Makes an account for somebody else. It has no password until whoever it is for has chosen one by a link, which
 * is mailed to them and proves the address then; without mail it is told here only. They were never seen, and the
 * address is a claim until then. Throws InvalidInput with every problem, or Refusal 403.
 */
export async function makeUser(
  { config, db }: Pick<Services, 'config' | 'db'>,
  { actor, source }: Deed,
  typed: TypedUser,
): Promise<Made> {
  const { identity, name, role } = readUser(typed, config)
  const user = {
    ...newUser(identity, '', { role }),
    ...{ name, nameKey: name?.toLowerCase() ?? null, lastSeenAt: new Date(0) },
  }
  const { id, username, email } = user
  const canMail = email !== null && config.mail.way !== 'none'
  try {
    return await db.$transaction(async (tx) => {
      await requireRole(tx, actor, ['admin'])
      // The administrator may know. Nothing hangs on it: whoever proves the address first has it.
      if (identity.email && (await tx.user.count({ where: { provenEmailKey: identity.email.key } })))
        throw new InvalidInput({ email: message('email.taken') })
      const made = await tx.user.create({ data: user })
      await refuseHeld(tx, user)
      const entry = { actor: actor.id, source }
      await record(tx, 'user.made', { ...entry, subjectId: id, detail: { role } })
      if (!canMail) return { id, username, link: await makeResetLink({ config, db: tx }, made, entry) }
      await post(tx, 'account-made', { address: email, userId: id }, source)
      return { id, username }
    })
  } catch (error) {
    throw await asTaken(db, error, identity, { suggest: false })
  }
}

/** Reads what was typed by the rules of a sign-up. Throws InvalidInput with every problem. */
function readUser(typed: TypedUser, config: Config) {
  const { email, username, name, role } = accept({
    email: prepareOptionalEmail(typed.email, config.email === 'required', config),
    username: prepareUsername(typed.username, config.brand.name),
    name: prepareLine(typed.name, 100),
    role: prepareRole(typed.role),
  })
  return { identity: { username, email }, name: name || null, role }
}
