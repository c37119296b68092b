import type { Config } from '../config.ts'
import type { Tx } from '../db/client.ts'
import { isMissing, uniqueViolation } from '../db/errors.ts'
import type { Prisma, Token, User, UserStatus } from '../db/generated/sqlite/client.ts'
import { Refusal } from '../errors.ts'
import { notify } from '../mail/outbox.ts'
import { fromNow } from '../time.ts'
import { askForApproval, isWaiting, stageOnceProven } from './admission.ts'
import { record, type Source } from './audit/audit.ts'
import { emailKey } from './email.ts'
import type { Services } from './services.ts'
import { firstSession } from './session.ts'
import type { Entrance } from './sign-in.ts'
import { consumeToken, voidTokens } from './token.ts'

/** The link is used up, too old, or for an address that isn't asked for any more: one answer to all (ASVS 5.0 6.5.1). */
export const proofExpired = () =>
  new Refusal(410, 'It has been used, or it is too old. Links work once.', {
    wayOn: { href: '/register/check-email', text: 'Ask for a new link' },
  })

/**
 * Makes the address that a link was mailed to the account's own; a sign-up becomes an account by it, or goes on to
 * wait for an administrator. The caller has made sure that this is the account's owner: who signed up, is signed
 * in, or knows the password. The address is the token's, never one that is sent along (ASVS 5.0 15.3.7).
 * Throws Refusal 410, or 409 if the address has come to belong to another account.
 */
export async function proveAddress(tx: Tx, config: Config, token: Token, source: Source): Promise<User> {
  const { userId, address } = token
  if (!userId || !address) throw proofExpired()
  // A link that is followed while somebody waits proves the address, and decides nothing. First whether they wait, then
  // the account: the other way round, whoever was let in between the two would seem never to have asked, and wait again.
  const asked = await isWaiting(tx, userId)
  const before = await tx.user.findUnique({ where: { id: userId } })
  const awaits = { OR: [{ newEmail: address }, { newEmail: null, provenEmailKey: null, email: address }] }
  const where = { id: userId, status: { in: ['pending', 'active'] satisfies UserStatus[] }, ...awaits }
  // The account before its links, as in all that voids them: the other way round two could wait for each other.
  const stays = before?.status === 'pending' && (asked || stageOnceProven(config, before) === 'waiting')
  const also = stays ? {} : { status: 'active' as const, lastSeenAt: fromNow(0) }
  const user = await takeAddress(tx, where, address, also, proofExpired)
  if (!(await consumeToken(tx, token))) throw proofExpired()
  await tx.signUp.deleteMany({ where: { userId } })
  if (stays && !asked) await askForApproval(tx, userId, source)
  // Links that went to the address before this one open nothing any more (ASVS 5.0 6.5.5).
  await voidTokens(tx, userId, ['verify-email', 'reset-password'])
  await record(tx, 'email.proven', { actor: userId, subjectId: userId, source })
  // The mailbox that has lost the account is told, and can take it back from here on (ASVS 5.0 6.3.7).
  if (before) await Promise.all(notify(tx, 'email-changed', before, source, { newAddress: address }))
  return user
}

type Proven = { user: User; entrance: Entrance; returnTo?: string | undefined }

/**
 * The same, and lets the owner in, or on to wait for an administrator; also tells where the sign-up was to go on to.
 */
export function proveAndSignIn(
  { db, config }: Pick<Services, 'db' | 'config'>,
  token: Token,
  remember: boolean,
  source: Source,
) {
  return db.$transaction(async (tx): Promise<Proven> => {
    const signUp = await tx.signUp.findUnique({ where: { userId: token.userId ?? '' } })
    const user = await proveAddress(tx, config, token, source)
    if (user.status === 'pending') return { user, entrance: { to: 'approval' } }
    const { tokens, write } = firstSession(tx, user, remember, source)
    await write
    await record(tx, 'session.started', { actor: user.id, subjectId: user.id, source })
    return { user, entrance: { to: 'session', tokens }, returnTo: signUp?.returnTo ?? undefined }
  })
}

/**
 * Gives an address to the account that is as `where` says, and what else is to be set with it. Throws what
 * `refused` makes if the account isn't, or Refusal 409 if the address has come to belong to another.
 */
export async function takeAddress(
  tx: Tx,
  where: Prisma.UserWhereUniqueInput,
  address: string,
  also: Prisma.UserUncheckedUpdateInput,
  refused: () => Refusal,
): Promise<User> {
  const key = emailKey(address)
  const data = { ...also, email: address, emailKey: key, provenEmailKey: key, newEmail: null }
  try {
    return await tx.user.update({ where, data })
  } catch (error) {
    if (isMissing(error)) throw refused()
    if (!uniqueViolation(error)?.includes('provenEmailKey')) throw error
    throw new Refusal(409, 'That address belongs to another account by now, so it can’t be yours too.', {
      wayOn: { href: '/login', text: 'Sign in' },
    })
  }
}
