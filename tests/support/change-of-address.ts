import { startApp } from './app.ts'
import { linkIn, mailOf } from './mailbox.ts'
import { SMTP } from './mails.ts'
import { addPerson, PASSWORD } from './people.ts'
import type { Visitor } from './visitor.ts'

export const OWN = 'ana@example.org'
export const THIEF = 'thief@example.org'

/** Asks for another address of the account, knowing its password. */
export const askFor = (browser: Visitor, email: string) =>
  browser.request('POST', '/account/email', { email, current: PASSWORD })

export async function confirmAt(browser: Visitor, link: string) {
  await browser.visit(link)
  return browser.press('Yes, confirm my address')
}

/** Opens the link that undoes a change, and presses on if it works. */
export async function keep(browser: Visitor, link: string) {
  await browser.visit(link)
  return browser.answer.statusCode === 200 ? browser.press('Yes, keep my address') : browser
}

/** Somebody who found out Ana's password asks for another address of her account; she has the mail that tells her. */
export async function withThief() {
  const services = await startApp({ EMAIL: 'optional', ...SMTP })
  const { app, db, visitor } = services
  const { user } = await addPerson(db, 'ana.silva', { email: OWN })
  const [ana, thief] = [visitor({ ip: '203.0.113.7' }), visitor()]
  await thief.logIn('ana.silva')
  await askFor(thief, THIEF)
  const mails = await mailOf(app)
  const undo = linkIn(mails.find(({ to }) => to === OWN))
  const confirm = linkIn(mails.find(({ to }) => to === THIEF))
  const account = () => db.user.findUniqueOrThrow({ where: { id: user.id } })
  return { ...services, user, ana, thief, undo, confirm, account }
}
