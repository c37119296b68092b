import { hashToken, newToken } from '../../src/accounts/token.ts'
import { fromNow, minutes } from '../../src/time.ts'
import { startApp } from './app.ts'
import { addAuthenticator } from './authenticator.ts'
import { addPerson } from './people.ts'
import type { Visitor } from './visitor.ts'

/** What is said to a code of the wrong time. */
export const WRONG = 'That code didn’t work. Wait for a new one, then type it'
/** What is said to a recovery code that isn't one, or not any more. */
export const RECOVERY_WRONG = 'That recovery code didn’t work, or was used before. Try another'

/** Ana has an authenticator, and a browser that has typed her password. */
export async function atTheStep() {
  const services = await startApp()
  const { app, db, visitor } = services
  const { user } = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
  await db.session.deleteMany()
  const authenticator = await addAuthenticator(app, user)
  const ana = visitor()
  await ana.logIn('ana.silva')
  return { ...services, ...authenticator, user, ana }
}

/** Types a code where one is asked for at a sign-in. */
export const typeCode = (browser: Visitor, code: string) =>
  browser.fill({ '6-digit code': code }).press('Continue')

/** The step after a right password, of as many browsers as there may be: the token, and its row. */
export function stepRow(userId: string) {
  const token = newToken()
  const times = { createdAt: fromNow(0), expiresAt: fromNow(minutes(10)) }
  return { token, row: { purpose: 'two-factor', userId, tokenHash: hashToken(token), ...times } }
}
