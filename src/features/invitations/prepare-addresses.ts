import { type Email, prepareEmail, prepareNewEmail } from '../../accounts/email.ts'
import type { Services } from '../../accounts/services.ts'
import type { Prepared } from '../../accounts/text.ts'
import type { Db } from '../../db/client.ts'
import { inWords, type Message, message } from '../../messages.ts'

const MOST = 100
/** How many wrong ones are named at once. */
const NAMED = 10

/**
 * Addresses one a line, or with commas between, each once, also as `Ana <ana@example.org>` or
 * `"Silva, Ana" <ana@example.org>`; or all that is wrong with them, such as that some are an account's already.
 */
export async function prepareAddresses(
  { config, db }: Pick<Services, 'config' | 'db'>,
  typed: string,
): Promise<Prepared<Email[]>> {
  const texts = typed
    .replace(/"[^"\n]*"(?=\s*<)/g, '')
    .split(/[\n,;]/)
    .map((text) => text.trim().replace(/^[^<>]*<([^<>]+)>$/, '$1'))
    .filter(Boolean)
  const no = (problem: Message) => ({ ok: false, problem }) as const
  if (texts.length === 0) return no(message('invite.missing'))
  if (texts.length > MOST) return no(message('invite.many', { n: texts.length }))

  const readable = texts.filter((text) => prepareEmail(text).ok)
  const broken = texts.filter((text) => !readable.includes(text)).slice(0, NAMED)
  const refused = readable.filter((text) => !prepareNewEmail(text, config).ok).slice(0, NAMED)
  const read = texts.flatMap((text) => {
    const email = prepareEmail(text)
    return email.ok ? [[email.value.key, email.value] as const] : []
  })
  const emails = [...new Map(read).values()]
  const [problem, ...more] = [
    broken.length > 0 && message('invite.address', { text: broken.join('”, “') }),
    refused.length > 0 && message('invite.not-allowed', { email: refused.join(', ') }),
    await problemOfKnown(db, emails),
  ].filter((found) => typeof found === 'object')
  if (!problem) return { ok: true, value: emails }
  if (!more.length) return no(problem)
  return no(message('invite.several', { problems: [problem, ...more].map(inWords).join('. ') }))
}

/** An administrator may know, where a visitor may not; undefined if none is. */
async function problemOfKnown(db: Db, emails: Email[]): Promise<Message | undefined> {
  const known = await db.user.findMany({
    where: { provenEmailKey: { in: emails.map(({ key }) => key) } },
    select: { provenEmailKey: true },
  })
  const keys = new Set(known.map(({ provenEmailKey }) => provenEmailKey))
  const [one = '', ...more] = emails.filter(({ key }) => keys.has(key)).map(({ email }) => email)
  if (!one) return undefined
  if (!more.length) return message('invite.known', { email: one })
  return message('invite.known-several', { emails: [one, ...more].slice(0, NAMED).join(', ') })
}
