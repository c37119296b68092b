import { emailKey } from '../accounts/email.ts'
import type { Budget } from '../accounts/throttle.ts'
import { issueToken, type TokenPurpose } from '../accounts/token.ts'
import type { Config } from '../config.ts'
import type { Db, Tx } from '../db/client.ts'
import type { Mail } from '../db/generated/sqlite/client.ts'
import { days, fromNow, hours, minutes } from '../time.ts'
import { type Facts, type Letter, letters, type MailKind, timeLeft } from './letters.ts'
import { renderLetter } from './render.ts'

/** A link that a letter carries: where it leads, how long it works, and whether a short code stands for it. */
type LinkPlan = { purpose: TokenPurpose; expiresAt: Date; code?: boolean }

/** What goes to whom, or why nothing does. `budget` is what strangers may make us send there. */
type Plan =
  | { kind: MailKind; to: string; userId: string | null; username?: string; link?: LinkPlan; budget?: Budget }
  | { withheld: string }

const LINK_PATHS: Record<TokenPurpose, string> = {
  setup: '/setup',
  'verify-email': '/verify-email',
  'reset-password': '/reset-password',
  'undo-email-change': '/undo-email-change',
}

const perAddress = (address: string): Budget => ({
  key: `mail:${emailKey(address)}`,
  burst: 5,
  refill: minutes(15),
})

/**
 * Decides what a mail of the outbox is, now that it is to be sent. Who asked for it didn't wait for this, so
 * neither the answer nor its time told whether the address is known (ASVS 5.0 6.3.8).
 */
export async function plan(db: Db, mail: Mail): Promise<Plan> {
  if (mail.kind === 'verify-email') return planProof(db, mail)
  if (mail.kind === 'reset-password') return planReset(db, mail)
  const undo = { purpose: 'undo-email-change', expiresAt: fromNow(days(7)) } as const
  return {
    kind: mail.kind as MailKind,
    to: mail.address,
    userId: mail.userId,
    ...(mail.kind === 'email-changing' && { link: undo }),
  }
}

async function planProof(db: Db, { userId, address }: Mail): Promise<Plan> {
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
      budget: { key: `mail:known:${owner.id}`, burst: 1, refill: days(1) },
    }
  return {
    ...{ kind: 'verify-email', to: awaited, userId: user.id, username: user.username },
    link: { purpose: 'verify-email', expiresAt, code: user.signUp !== null },
    budget: perAddress(address),
  }
}

async function planReset(db: Db, { userId, address }: Mail): Promise<Plan> {
  const where = userId ? { id: userId } : { provenEmailKey: emailKey(address) }
  const user = await db.user.findUnique({ where: { ...where, status: 'active' } })
  if (!user?.email || !user.provenEmailKey) return { withheld: 'No account has this address' }
  return {
    ...{ kind: 'reset-password', to: user.email, userId: user.id, username: user.username },
    link: { purpose: 'reset-password', expiresAt: fromNow(hours(1)) },
    budget: perAddress(user.email),
  }
}

type PlannedMail = Exclude<Plan, { withheld: string }>

/**
 * A mail as it goes out. Always the same `messageId` for the same mail, so that a second copy is known as one; and
 * another when it is sent again on purpose.
 */
export type Message = { to: string; subject: string; text: string; html: string; messageId: string }

/** Writes the mail. The token of its link is made here and stands nowhere else (its hash is stored). */
export async function compose(
  { db, config, secretKey }: { db: Db | Tx; config: Config; secretKey: Buffer },
  mail: Mail,
  planned: PlannedMail,
): Promise<Message> {
  const { to, userId, link } = planned
  const issued =
    link &&
    (await issueToken(db, link.purpose, link.expiresAt, {
      address: to,
      ...(userId && { userId }),
      ...(link.code && { codeKey: secretKey }),
    }))
  const secrets = issued &&
    link && {
      link: `${config.baseUrl}${LINK_PATHS[link.purpose]}?token=${issued.token}`,
      code: issued.code ?? '',
    }
  const domain = config.mail.from.address.replace(/.*@/, '')
  const id = mail.sentAt ? `${mail.id}.${mail.sentAt.getTime()}` : mail.id
  return { to, messageId: `<${id}@${domain}>`, ...write(config, mail, planned, secrets) }
}

/** The mail without its link and code, which are made when it is sent: what they stand for is said in their places. */
export const preview = (config: Config, mail: Mail, planned: PlannedMail) =>
  write(config, mail, planned, {
    link: '(the link is made when the mail is sent)',
    code: planned.link?.code ? '(the code too)' : '',
  })

/** What the mail's subject says, by its kind. */
export const subjectOf = ({ baseUrl }: Config, mail: Mail) =>
  letterOf(baseUrl, mail, { kind: mail.kind as MailKind }).subject

type Secrets = { link: string; code: string }

function write(config: Config, mail: Mail, planned: PlannedMail, secrets?: Secrets) {
  const { baseUrl, brand } = config
  const letter = letterOf(baseUrl, mail, planned, secrets)
  return { subject: letter.subject, ...renderLetter(letter, { ...brand, host: new URL(baseUrl).host }) }
}

const letterOf = (
  baseUrl: string,
  { facts, createdAt }: Mail,
  { kind, username, link }: Pick<PlannedMail, 'kind' | 'username' | 'link'>,
  secrets: Secrets = { link: '', code: '' },
): Letter =>
  letters[kind]({
    ...(facts as Facts),
    ...(username && { username }),
    ...secrets,
    at: createdAt,
    linkWorksFor: link ? timeLeft(link.expiresAt) : '',
    signIn: `${baseUrl}/login`,
    forgotPassword: `${baseUrl}/forgot-password`,
  })
