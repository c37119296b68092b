import { issueToken } from '../../src/accounts/token.ts'
import { fromNow, hours } from '../../src/time.ts'
import { startApp } from './app.ts'
import { SMTP } from './mails.ts'
import { addPerson } from './people.ts'
import { FORM, send } from './requests.ts'
import type { Visitor } from './visitor.ts'

export const NEW_PASSWORD = 'four-new-words-here'
export const ADDRESS = 'ana@example.org'

/** The service with a member whose address is proven, and ways to ask for links and to use them. */
export async function withAna(env: Record<string, string> = {}) {
  const services = await startApp({ EMAIL: 'optional', ...SMTP, ...env })
  const { app, db } = services
  const ana = await addPerson(db, 'ana.silva', { email: ADDRESS })
  const issue = async (expiresIn = hours(1)) =>
    (await issueToken(db, 'reset-password', fromNow(expiresIn), { userId: ana.user.id })).token
  const link = async () => `/reset-password?token=${await issue()}`
  const current = async () => (await db.user.findUniqueOrThrow({ where: { id: ana.user.id } })).passwordHash
  const ask = (email: string, { ip = '192.0.2.1', type = FORM } = {}) =>
    send(app, {
      ...{ method: 'POST', url: '/forgot-password', type, ip },
      body: type === FORM ? new URLSearchParams({ email }).toString() : JSON.stringify({ email }),
    })
  const use = (token: string, password: string) =>
    send(app, {
      ...{ method: 'POST', url: '/reset-password', type: FORM, cookie: `foyer-reset-password=${token}` },
      body: new URLSearchParams({ password }).toString(),
    })
  return { ...services, ana, issue, link, current, ask, use }
}

/** Types a new password, or a first one, where a link has led to, and saves it. */
export function save(visitor: Visitor, password = NEW_PASSWORD) {
  const label = visitor.text('label[for=password]')
  return visitor.fill({ [label]: password }).press(`Save ${label.toLowerCase()}`)
}
