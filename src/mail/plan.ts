import { countRequests } from '../accounts/admission.ts'
import { emailKey, mailboxOf } from '../accounts/email.ts'
import { findInvitation, inviterOf } from '../accounts/invitation.ts'
import { networkOf } from '../accounts/network.ts'
import { type Region, regionOf } from '../accounts/region.ts'
import type { Budget } from '../accounts/throttle.ts'
import type { TokenPurpose } from '../accounts/token.ts'
import { isByPasskeyAlone } from '../accounts/two-factor.ts'
import { OPEN } from '../accounts/user.ts'
import type { Db } from '../db/client.ts'
import type { Mail } from '../db/generated/sqlite/client.ts'
import { days, fromNow, hours, minutes } from '../time.ts'
import type { Facts, MailKind } from './letters.ts'

/** A link that a letter carries: what it is for, how long it works, and whether a short code stands for it. */
export type LinkPlan = { purpose: TokenPurpose; expiresAt: Date; code?: boolean; invitationId?: string }

/** What goes to whom. `budgets` are what strangers may make us send there; without, no stranger asked for it. */
export type PlannedMail = {
  kind: MailKind
  to: string
  userId: string | null
  username?: string | undefined
  /** How whom it is for reads times. */
  region?: Region
  /** Who invited them. */
  invitedBy?: string | undefined
  link?: LinkPlan
  /** How many sign-ups wait now for the administrator it goes to. */
  waiting?: number
  budgets?: Budget[]
}

/** Or why nothing does. */
type Plan = PlannedMail | { withheld: string }

const UNDO_WITHIN = days(7)

/** One mailbox has one share, under however many names behind a plus; a single network can't use all of it up. */
function strangersBudgets({ facts, address }: Mail): Budget[] {
  const mailbox = mailboxOf(address)
  const network = networkOf((facts as Facts).ip ?? '')
  return [
    { key: `mail:${mailbox}:${network}`, burst: 5, refill: hours(1) },
    { key: `mail:${mailbox}`, burst: 20, refill: minutes(30) },
  ]
}

/**
 * Decides what a mail of the outbox is, now that it is to be sent. Who asked for it didn't wait for this, so
 * neither the answer nor its time told whether the address is known (ASVS 5.0 6.3.8).
 */
export async function plan(db: Db, mail: Mail): Promise<Plan> {
  if (mail.kind === 'verify-email') return planProof(db, mail)
  if (mail.kind === 'reset-password') return planReset(db, mail)
  if (mail.kind === 'invitation') return planInvitation(db, mail)
  if (mail.kind === 'account-made') return planFirstPassword(db, mail)
  const { address: to, userId } = mail
  const kind = mail.kind as MailKind
  const user = userId ? await db.user.findUnique({ where: { id: userId } }) : null
  const planned = { kind, to, userId, username: user?.username, region: regionOf(user) }
  if (kind === 'requests-waiting') {
    const waiting = user?.role === 'admin' && user.status === 'active' ? await countRequests(db) : 0
    return waiting ? { ...planned, waiting } : { withheld: 'Nobody waits for them any more' }
  }
  if (kind !== 'email-changing' && kind !== 'email-changed') return planned

  // Counted from what it tells of, not from when it is sent: a mail of long ago opens nothing.
  const expiresAt = new Date(mail.createdAt.getTime() + UNDO_WITHIN)
  if (expiresAt <= fromNow(0)) return { withheld: 'It is too late to undo the change' }
  return { ...planned, link: { purpose: 'undo-email-change', expiresAt } }
}

async function planProof(db: Db, mail: Mail): Promise<Plan> {
  const { userId, address } = mail
  // Asked for by address alone, it is for the latest sign-up with it.
  const where = userId ? { id: userId } : { emailKey: emailKey(address), status: 'pending' as const }
  const user = await db.user.findFirst({ where, orderBy: { id: 'desc' }, include: { signUp: true } })
  const awaited = user?.newEmail ?? (user?.provenEmailKey ? null : user?.email)
  const expiresAt = user?.signUp?.expiresAt ?? fromNow(hours(24))
  if (
    !user ||
    !awaited ||
    emailKey(awaited) !== emailKey(address) ||
    user.status === 'suspended' ||
    user.status === 'closing' ||
    expiresAt <= fromNow(0)
  )
    return { withheld: 'It is not needed any more' }
  const owner = await db.user.findUnique({ where: { provenEmailKey: emailKey(address) } })
  if (owner)
    return {
      kind: 'already-registered',
      to: owner.email ?? awaited,
      userId: owner.id,
      username: owner.username,
      region: regionOf(owner),
      budgets: [{ key: `mail:known:${owner.id}`, burst: 1, refill: days(1) }],
    }
  return {
    kind: 'verify-email',
    to: awaited,
    userId: user.id,
    username: user.username,
    link: { purpose: 'verify-email', expiresAt, code: user.signUp !== null },
    budgets: strangersBudgets(mail),
  }
}

async function planReset(db: Db, mail: Mail): Promise<Plan> {
  const { userId, address, createdAt } = mail
  const where = userId ? { id: userId } : { provenEmailKey: emailKey(address) }
  const user = await db.user.findUnique({ where: { ...where, ...OPEN } })
  if (!user?.email || !user.provenEmailKey) return { withheld: 'No account in use has this address' }
  if (createdAt < user.passwordChangedAt) return { withheld: 'The password was changed since' }
  const link: LinkPlan = { purpose: 'reset-password', expiresAt: fromNow(hours(1)) }
  return {
    ...((await isByPasskeyAlone(db, user)) ? { kind: 'reset-by-passkey' } : { kind: 'reset-password', link }),
    to: user.email,
    userId: user.id,
    username: user.username,
    region: regionOf(user),
    // One that names the account was asked for by an administrator, or by its owner who takes it back.
    ...(!userId && { budgets: strangersBudgets(mail) }),
  }
}

async function planInvitation(db: Db, { address, facts }: Mail): Promise<Plan> {
  const { invitation: id = '' } = facts as Facts
  const invitation = await findInvitation(db, id)
  if (!invitation) return { withheld: 'The invitation was used or cancelled, or is too old' }
  const { expiresAt } = invitation
  return {
    kind: 'invitation',
    to: invitation.address ?? address,
    userId: null,
    invitedBy: await inviterOf(db, invitation),
    link: { purpose: 'invite', expiresAt, invitationId: id },
  }
}

/** How long the first link to an account that was made for somebody works, in ms: as one that proves an address. */
const FIRST_PASSWORD_WITHIN = hours(72)

/** For who has never set a password: the link proves the address that it goes to. */
async function planFirstPassword(db: Db, { userId, address }: Mail): Promise<Plan> {
  const unused = { ...OPEN, passwordHash: '', provenEmailKey: null }
  const user = await db.user.findFirst({ where: { id: userId ?? '', ...unused } })
  if (user?.email !== address) return { withheld: 'The account is in use already, or has another address' }
  return {
    kind: 'account-made',
    to: address,
    userId: user.id,
    username: user.username,
    region: regionOf(user),
    link: { purpose: 'reset-password', expiresAt: fromNow(FIRST_PASSWORD_WITHIN) },
  }
}
