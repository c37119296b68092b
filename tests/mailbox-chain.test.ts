import { afterEach, describe, expect, test, vi } from 'vitest'
import { days, fromNow, hours, minutes, now } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { linkIn, mailOf } from './support/mailbox.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import type { App } from './support/requests.ts'
import type { Visitor } from './support/visitor.ts'

afterEach(() => void vi.useRealTimers())

const OWN = 'ana@example.org'
const THIEF = 'thief@example.org'
const UNDO = ['Your email address is changing', 'Your email address was changed']

const askFor = (browser: Visitor, email: string) =>
  browser.request('POST', '/account/email', { email, current: PASSWORD })

async function follow(browser: Visitor, link: string, button: string) {
  await browser.visit(link)
  if (browser.answer.statusCode === 200) await browser.press(button)
  return browser.answer.statusCode
}

/** What arrives now at an address with a link that undoes. */
const undoMails = async (app: App, address: string) =>
  (await mailOf(app)).filter(({ to, subject }) => to === address && UNDO.includes(subject))

/** A thief who knows the password has made the account theirs, and its owner has the mails that told her. */
async function stolen() {
  vi.useFakeTimers({ toFake: ['Date'] })
  const services = await startApp()
  const { app, db, visitor } = services
  const { user } = await addPerson(db, 'ana.silva', { email: OWN })
  const [ana, thief] = [visitor({ ip: '203.0.113.7' }), visitor()]
  await thief.logIn('ana.silva')
  await askFor(thief, THIEF)
  const mails = await mailOf(app)
  const undo = linkIn(mails.find(({ to }) => to === OWN))
  vi.setSystemTime(now() + minutes(2))
  await follow(thief, linkIn(mails.find(({ to }) => to === THIEF)), 'Yes, confirm my address')
  const account = () => db.user.findUniqueOrThrow({ where: { id: user.id } })
  expect(await account()).toMatchObject({ provenEmailKey: THIEF })
  return { ...services, user, ana, thief, undo, account }
}

describe('of several mailboxes that lost an account, the earlier wins', () => {
  test('a thief’s own undo link takes nothing from the owner’s', async () => {
    const { app, ana, thief, undo, account } = await stolen()
    vi.setSystemTime(now() + minutes(2))
    await askFor(thief, 'another@example.org')
    const [toThief] = await undoMails(app, THIEF)
    await follow(thief, linkIn(toThief), 'Yes, keep my address')
    expect(await account()).toMatchObject({ provenEmailKey: THIEF })

    await follow(ana, undo, 'Yes, keep my address')
    expect(await account()).toMatchObject({ provenEmailKey: OWN })
  })

  test('nor does it stop the mail that tells her, if that was held up', async () => {
    const { app, db, thief } = await stolen()
    await db.mail.updateMany({
      where: { address: OWN },
      data: { dueAt: fromNow(hours(1)), state: 'waiting' },
    })
    vi.setSystemTime(now() + minutes(2))
    await askFor(thief, 'another@example.org')
    const [toThief] = await undoMails(app, THIEF)
    await follow(thief, linkIn(toThief), 'Yes, keep my address')
    vi.setSystemTime(now() + hours(1))
    expect(await undoMails(app, OWN)).toHaveLength(2)
  })

  test('the owner’s undo leaves no later mailbox a way back, not even a mail to be sent again', async () => {
    const { app, db, ana, thief, undo } = await stolen()
    vi.setSystemTime(now() + minutes(2))
    await askFor(thief, 'another@example.org')
    await db.mail.updateMany({ where: { address: THIEF }, data: { state: 'failed' } })
    await follow(ana, undo, 'Yes, keep my address')
    expect(await db.mail.count({ where: { address: THIEF, kind: { startsWith: 'email-' } } })).toBe(0)
    expect(await undoMails(app, THIEF)).toEqual([])
  })
})

describe('the undo', () => {
  test('is told again when the change is made, and runs seven days from there', async () => {
    const { app, ana, account } = await stolen()
    const [changed, ...more] = await undoMails(app, OWN)
    expect([changed?.subject, more.length]).toEqual(['Your email address was changed', 0])
    vi.setSystemTime(now() + days(7) - minutes(1))
    await follow(ana, linkIn(changed), 'Yes, keep my address')
    expect(await account()).toMatchObject({ provenEmailKey: OWN })
  })

  test('is not given out anew by a mail of long ago', async () => {
    const { app, db } = await stolen()
    await mailOf(app)
    vi.setSystemTime(now() + days(8))
    await db.mail.updateMany({ where: { address: OWN }, data: { state: 'waiting', dueAt: fromNow(0) } })
    expect(await undoMails(app, OWN)).toEqual([])
    const mails = await db.mail.findMany({ where: { address: OWN } })
    expect(new Set(mails.map(({ lastError }) => lastError))).toEqual(
      new Set(['It is too late to undo the change']),
    )
  })

  test('waits while the account is suspended', async () => {
    const { db, user, ana, undo, account } = await stolen()
    await db.user.update({ where: { id: user.id }, data: { status: 'suspended' } })
    expect(await follow(ana, undo, 'Yes, keep my address')).toBe(410)
    expect(await account()).toMatchObject({ provenEmailKey: THIEF, passwordHash: user.passwordHash })
    await db.user.update({ where: { id: user.id }, data: { status: 'active' } })
    await follow(ana, undo, 'Yes, keep my address')
    expect(await account()).toMatchObject({ provenEmailKey: OWN })
  })

  test('brings a link for a new password, whatever strangers have asked to be sent there', async () => {
    const { app, ana, undo, visitor } = await stolen()
    await mailOf(app)
    for (let n = 0; n < 30; n++)
      await visitor({ ip: `198.51.100.${n}` }).request('POST', '/forgot-password', { email: OWN })
    await mailOf(app)
    await follow(ana, undo, 'Yes, keep my address')
    const mails = await mailOf(app)
    expect(mails.map(({ to, subject }) => [to, subject])).toEqual([[OWN, 'Set a new password']])
    expect(mails[0]?.text.replace(/\s+/g, ' ')).toContain('the password works no longer')
    expect(mails[0]?.text).not.toContain('stays as it is')
  })
})

describe('a mail for a new password', () => {
  test('asked for before the password was changed is not sent after', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, db, visitor } = await startApp()
    await addPerson(db, 'ana.silva', { email: OWN })
    const ana = visitor()
    await ana.request('POST', '/forgot-password', { email: OWN })
    vi.setSystemTime(now() + 1000)
    await ana.logIn('ana.silva')
    await ana.request('POST', '/account/password', { current: PASSWORD, password: 'four-new-words-here' })
    expect((await mailOf(app)).map(({ subject }) => subject)).toEqual(['Your password was changed'])
    expect(await db.mail.findFirst({ where: { kind: 'reset-password' } })).toMatchObject({
      lastError: 'The password was changed since',
    })
  })

  test('that nothing could send for an hour is not sent any more', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, db, visitor } = await startApp()
    await addPerson(db, 'ana.silva', { email: OWN })
    await visitor().request('POST', '/forgot-password', { email: OWN })
    vi.setSystemTime(now() + hours(1) + 1000)
    expect(await mailOf(app)).toEqual([])
    expect(await db.mail.findFirst()).toMatchObject({ state: 'withheld' })
  })
})

test('so many changes of address an hour and no more: the mail that matters is not buried', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { db, visitor } = await startApp()
  await addPerson(db, 'ana.silva', { email: OWN })
  const thief = visitor()
  await thief.logIn('ana.silva')
  const statuses: number[] = []
  for (let n = 0; n < 6; n++) statuses.push((await askFor(thief, `thief${n}@example.org`)).statusCode)
  expect(statuses).toEqual([303, 303, 303, 303, 303, 429])
})

describe('a link that is opened where its owner is not signed in', () => {
  test('leads a member through the sign-in back to the button', async () => {
    const { app, db, visitor } = await startApp()
    const { user } = await addPerson(db, 'ana.silva', { email: OWN })
    const desk = visitor()
    await desk.logIn('ana.silva')
    await askFor(desk, 'new@example.org')
    const mail = (await mailOf(app)).find(({ to }) => to === 'new@example.org')

    const phone = visitor({ ip: '192.0.2.77' })
    await follow(phone, linkIn(mail), 'Yes, confirm my address')
    expect(phone.path).toBe('/login?return_to=/verify-email')
    await phone.fill({ 'Email address or username': 'ana.silva', Password: PASSWORD }).press('Sign in')
    expect(phone.path).toBe('/verify-email')
    await phone.press('Yes, confirm my address')
    expect(phone.path).toBe('/account')
    expect(await db.user.findUnique({ where: { id: user.id } })).toMatchObject({ email: 'new@example.org' })
  })

  test('never keeps a member from signing in, should it have come to nothing', async () => {
    const { app, db, visitor } = await startApp()
    await addPerson(db, 'ana.silva', { email: OWN })
    const desk = visitor()
    await desk.logIn('ana.silva')
    await askFor(desk, 'new@example.org')
    const mail = (await mailOf(app)).find(({ to }) => to === 'new@example.org')
    await addPerson(db, 'ben.okri', { email: 'new@example.org' })
    const phone = visitor()
    await follow(phone, linkIn(mail), 'Yes, confirm my address')
    await phone.fill({ 'Email address or username': 'ana.silva', Password: PASSWORD }).press('Sign in')
    expect(phone.path).toBe('/verify-email')
    await phone.press('Yes, confirm my address')
    expect(phone.answer.statusCode).toBe(409)
  })

  test('is refused to a program, which would take a success for done', async () => {
    const { app, visitor } = await startApp({ EMAIL: 'required' })
    await visitor().signUp('ana.silva', { email: OWN })
    const [mail] = await mailOf(app)
    const other = visitor()
    await other.visit(linkIn(mail))
    expect((await other.json('POST', '/verify-email', {})).statusCode).toBe(401)
  })
})

test('without addresses there are no pages about them', async () => {
  const { visitor } = await startApp({ EMAIL: 'off' })
  for (const path of ['/register/check-email', '/verify-email', '/undo-email-change', '/account/email'])
    expect((await visitor().request('GET', path)).statusCode, path).toBe(404)
  expect((await visitor().request('POST', '/register/resend', { email: OWN })).statusCode).toBe(404)
})
