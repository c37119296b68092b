import { domainToASCII } from 'node:url'
import type { Config } from '../config.ts'
import { message } from '../messages.ts'
import type { Prepared } from './text.ts'

// RFC 5321 §4.5.3.1: 64 octets before the @, 254 in all with the angle brackets around them.
const MAX_LENGTH = 254
const MAX_LOCAL_LENGTH = 64

// RFC 5322's dot-atom in ASCII: no quoted strings, comments, lists or display names.
const LOCAL_PART = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/
// Letters and digits alone go on to domainToASCII: it would decode %61 and read [::1] as well.
const DOMAIN = /^[\p{L}\p{M}\p{N}.-]+$/u
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** An address as mail is sent to it, and the key that is equal for every spelling of it. */
export type Email = { email: string; key: string }

/**
 * One address (RFC 5321 Mailbox, ASCII before the @), or what is wrong with it. The domain becomes
 * lower-case A-labels; the key folds ASCII case only, so no letter of another alphabet meets an ASCII one.
 */
export function prepareEmail(typed: string): Prepared<Email> {
  const trimmed = typed.trim()
  if (!trimmed) return { ok: false, problem: message('email.missing') }
  if (trimmed.length > MAX_LENGTH) return { ok: false, problem: message('email.long') }

  const [local = '', domain = '', ...more] = trimmed.split('@')
  if (more.length || !LOCAL_PART.test(local) || !DOMAIN.test(domain))
    return { ok: false, problem: message('email.form') }
  if (local.length > MAX_LOCAL_LENGTH) return { ok: false, problem: message('email.local-long') }

  const host = domainToASCII(domain)
  if (!isMailDomain(host)) return { ok: false, problem: message('email.domain', { domain }) }
  const email = `${local}@${host}`
  if (email.length > MAX_LENGTH) return { ok: false, problem: message('email.long') }
  return { ok: true, value: { email, key: emailKey(email) } }
}

/**
 * An address that an account is to have: the operator's lists of domains hold too. An allowed domain is meant as
 * it stands, a blocked one with all below it.
 */
export function prepareNewEmail(typed: string, { emailDomains }: Config): Prepared<Email> {
  const { allowed, blocked } = emailDomains
  const email = prepareEmail(typed)
  if (!email.ok) return email
  const domain = email.value.key.replace(/.*@/, '')
  if (allowed.length && !allowed.includes(domain))
    return { ok: false, problem: message('email.not-allowed', { domains: allowed.join(', ') }) }
  if (blocked.some((listed) => `.${domain}`.endsWith(`.${listed}`)))
    return { ok: false, problem: message('email.blocked') }
  return email
}

/** The same where none may be given: then it is null. */
export const prepareOptionalEmail = (
  typed: string,
  isRequired: boolean,
  config: Config,
): Prepared<Email | null> =>
  typed.trim() || isRequired ? prepareNewEmail(typed, config) : { ok: true, value: null }

/** The key of a prepared address. */
export const emailKey = (email: string) => email.toLowerCase()

/** What addresses of one mailbox have in common, under however many names behind a plus. */
export const mailboxOf = (email: string) => emailKey(email).replace(/\+.*@/, '@')

/** At least two labels, the last not a number: that would be an IP address. */
function isMailDomain(host: string): boolean {
  const labels = host.split('.')
  return labels.length > 1 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '')
}
