import type { SecretKeys } from '../accounts/secret-key.ts'
import { issueToken, linkTo } from '../accounts/token.ts'
import type { Config } from '../config.ts'
import type { Db, Tx } from '../db/client.ts'
import type { Mail } from '../db/generated/sqlite/client.ts'
import { type Facts, type Letter, letters, type MailKind } from './letters.ts'
import type { LinkPlan, PlannedMail } from './plan.ts'
import { renderLetter } from './render.ts'
import { timeLeft } from './words.ts'

/**
 * A mail as it goes out. Always the same `messageId` for the same mail, so that a second copy is known as one; and
 * another when it is sent again on purpose.
 */
export type Message = { to: string; subject: string; text: string; html: string; messageId: string }

type Composing = { db: Db | Tx; config: Config; secretKeys: SecretKeys }

/** Writes the mail. The token of its link is made here and stands nowhere else (its hash is stored). */
export async function compose(services: Composing, mail: Mail, planned: PlannedMail): Promise<Message> {
  const { config } = services
  const secrets = planned.link && (await makeLink(services, mail, planned, planned.link))
  const domain = config.mail.from.address.replace(/.*@/, '')
  const id = mail.sentAt ? `${mail.id}.${mail.sentAt.getTime()}` : mail.id
  return { to: planned.to, messageId: `<${id}@${domain}>`, ...write(config, mail, planned, secrets) }
}

async function makeLink(
  { db, config, secretKeys }: Composing,
  { createdAt }: Mail,
  { to: address, userId }: PlannedMail,
  { purpose, expiresAt, code, invitationId }: LinkPlan,
): Promise<Secrets> {
  const issued = await issueToken(db, purpose, expiresAt, {
    address,
    userId,
    ...(invitationId && { invitationId }),
    ...(code && { codeKey: secretKeys[0] }),
    // Which of several undoes which goes by when it was asked for.
    ...(purpose === 'undo-email-change' && { createdAt }),
  })
  return { link: linkTo(config, purpose, issued.token), code: issued.code ?? '' }
}

/** The mail without its link and code, which are made when it is sent: what they stand for is said in their places. */
export const preview = (config: Config, mail: Mail, planned: PlannedMail) =>
  write(config, mail, planned, {
    link: '(the link is made when the mail is sent)',
    code: planned.link?.code ? '(the code too)' : '',
  })

/** What the mail's subject says, by its kind. */
export const subjectOf = (config: Config, mail: Mail) =>
  letterOf(config, mail, { kind: mail.kind as MailKind }).subject

type Secrets = { link: string; code: string }

function write(config: Config, mail: Mail, planned: PlannedMail, secrets?: Secrets) {
  const { baseUrl, brand } = config
  const letter = letterOf(config, mail, planned, secrets)
  return { subject: letter.subject, ...renderLetter(letter, { ...brand, host: new URL(baseUrl).host }) }
}

const letterOf = (
  { baseUrl, brand }: Config,
  { facts, createdAt }: Mail,
  { kind, username, region, invitedBy, link, waiting }: Omit<PlannedMail, 'to' | 'userId'>,
  secrets: Secrets = { link: '', code: '' },
): Letter =>
  letters[kind]({
    ...(facts as Facts),
    ...(waiting !== undefined && { waiting }),
    username,
    region,
    invitedBy,
    ...secrets,
    service: brand.name,
    at: createdAt,
    linkWorksFor: link ? timeLeft(link.expiresAt) : '',
    signIn: `${baseUrl}/login`,
    forgotPassword: `${baseUrl}/forgot-password`,
    requests: `${baseUrl}/admin/requests`,
  })
