import { afterEach, describe, expect, test, vi } from 'vitest'
import { issueToken } from '../src/accounts/token.ts'
import { fromNow, hours, minutes, now } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { mailOf } from './support/mailbox.ts'
import { afterEachVerification, countGuesses } from './support/meanwhile.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { FORM, send } from './support/requests.ts'
import type { Visitor } from './support/visitor.ts'

afterEach(() => void vi.useRealTimers())

const NEW = 'another-horse-battery'

async function withAna() {
  const services = await startApp()
  const { user, token } = await addPerson(services.db, 'ana.silva', { email: 'ana@example.org' })
  const ana = services.visitor()
  ana.cookies.set('foyer-session', token)
  return { ...services, ana, user, token }
}

async function change(ana: Visitor, { current = PASSWORD, password = NEW } = {}) {
  await ana.visit('/account/password')
  return ana.fill({ 'Your current password': current, 'New password': password }).press('Save new password')
}

/** The same form as a browser sends it that doesn't look at the page before. */
const post = (ana: Visitor, current: string, password = NEW) =>
  ana.request('POST', '/account/password', { current, password })

describe('a new password', () => {
  test('ends what the old one opened, but for this browser, which gets a new token', async () => {
    const { app, db, ana, user, token, visitor } = await withAna()
    const elsewhere = [visitor(), visitor()]
    for (const browser of elsewhere) await browser.logIn('ana.silva')
    const link = { userId: user.id, address: 'ana@example.org' }
    for (let i = 0; i < 2; i++) await issueToken(db, 'reset-password', fromNow(hours(1)), link)
    await issueToken(db, 'undo-email-change', fromNow(hours(1)), link)

    await change(ana)
    expect(ana.path).toBe('/account')
    expect(ana.text('[role=status]')).toBe('Password changed. You’re signed out on your other devices.')
    expect(ana.cookies.get('foyer-session')).not.toBe(token)
    const old = await send(app, { url: '/account', cookie: `foyer-session=${token}` })
    expect(old.headers.location).toMatch(/^\/login/)
    for (const browser of elsewhere) expect((await browser.visit('/account')).path).toMatch(/^\/login/)
    expect(await db.session.count()).toBe(1)
    expect((await db.token.findMany()).map(({ purpose }) => purpose)).toEqual(['undo-email-change'])

    const back = visitor()
    await back.logIn('ana.silva')
    expect(back.answer.statusCode).toBe(422)
    await back.logIn('ana.silva', NEW)
    expect(back.path).toBe('/account')
  })

  test('is told by mail and in the audit trail, and the page says since when', async () => {
    const { app, db, ana, user } = await withAna()
    const long = { passwordChangedAt: new Date('2020-03-04T05:06:07Z') }
    await db.user.update({ where: { id: user.id }, data: long })
    await ana.visit('/account')
    expect(ana.text('#r-password summary')).toBe('Password Changed 4 March 2020 Change')

    await change(ana)
    expect(await mailOf(app)).toMatchObject([{ to: 'ana@example.org', subject: 'Your password was changed' }])
    expect(await db.auditEvent.findMany()).toMatchObject([
      { event: 'password.changed', actor: user.id, subjectId: user.id },
    ])
    const { account } = (await ana.json('GET', '/account')).json()
    expect(Math.abs(now() - Date.parse(account.passwordChangedAt))).toBeLessThan(minutes(1))
  })

  test.each(['', '1'])('keeps the browser remembered, if it was: %j', async (remember) => {
    const { ana } = await withAna()
    ana.cookies.clear()
    await ana.request('POST', '/login', { login: 'ana.silva', password: PASSWORD, remember })
    const before = ana.answer.cookies.find(({ name }) => name === 'foyer-session')
    await post(ana, PASSWORD)
    const after = ana.answer.cookies.find(({ name }) => name === 'foyer-session')
    expect(after?.maxAge).toBe(before?.maxAge)
    expect(after?.maxAge).toBe(remember ? 30 * 24 * 3600 : undefined)
  })

  test('is taken as JSON too', async () => {
    const { ana, db } = await withAna()
    const wrong = await ana.json('POST', '/account/password', { current: 'wrong', password: NEW })
    expect(wrong.statusCode).toBe(422)
    expect(wrong.json().codes).toEqual({ current: 'current.mismatch' })
    const right = await ana.json('POST', '/account/password', { current: PASSWORD, password: NEW })
    expect(right.json()).toEqual({ status: 'success' })
    expect(right.cookies).toHaveLength(1)
    expect(await db.session.count()).toBe(1)
  })

  test.each([
    ['', NEW, { current: 'Type your password' }],
    ['wrong', NEW, { current: 'That isn’t your current password. Try again' }],
    [PASSWORD, '', { new: 'Choose a password' }],
    [PASSWORD, 'short', { new: 'Make it 12 characters or more. It has 5' }],
    [PASSWORD, 'ana.silva.2026', { new: 'Leave your username, your email address and “Foyer” out of it' }],
    [PASSWORD, PASSWORD, { new: 'Choose one that is different from your current password' }],
    ['', 'short', { current: 'Type your password', new: 'Make it 12 characters or more. It has 5' }],
  ])('that will not do is named, and nothing is changed: %j, then %j', async (current, password, errors) => {
    const { db, ana, token } = await withAna()
    await change(ana, { current, password })
    expect(ana.answer.statusCode).toBe(422)
    expect({
      current: ana.errorAt('Your current password'),
      new: ana.errorAt('New password'),
    }).toEqual({ current: undefined, new: undefined, ...errors })
    expect(ana.document.querySelectorAll('details[open]')).toHaveLength(1)
    expect(ana.document.querySelectorAll('.error')).toHaveLength(Object.keys(errors).length)
    expect(ana.answer.body).not.toMatch(/value="(wrong|short|correct-horse-battery)"/)
    expect(ana.cookies.get('foyer-session')).toBe(token)
    expect(await db.auditEvent.count({ where: { event: { not: 'proof.failed' } } })).toBe(0)
    expect(await db.mail.count()).toBe(0)
  })
})

describe('the current password', () => {
  test('is guessed ten times; the eleventh is not weighed, were it the right one, until a minute later', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, ana, visitor } = await withAna()
    const guesses = countGuesses(app)
    const elsewhere = visitor({ ip: '198.51.100.1' })
    elsewhere.cookies.set('foyer-session', ana.cookies.get('foyer-session') ?? '')
    for (let i = 0; i < 10; i++) expect((await post(i % 2 ? ana : elsewhere, 'wrong')).statusCode).toBe(422)
    for (const browser of [ana, elsewhere]) expect((await post(browser, PASSWORD)).statusCode).toBe(429)
    expect(guesses.count).toBe(10)
    vi.setSystemTime(now() + minutes(1))
    expect((await post(ana, PASSWORD)).statusCode).toBe(303)
  })

  test('is no longer that, if it was changed in between: nothing happens', async () => {
    const { app, db, ana, user } = await withAna()
    const { id } = user
    afterEachVerification(app, () => db.user.update({ where: { id }, data: { passwordHash: 'another' } }))
    await change(ana)
    expect(ana.answer.statusCode).toBe(422)
    expect(ana.errorAt('Your current password')).toBe('That isn’t your current password. Try again')
    expect(await db.user.findUniqueOrThrow({ where: { id } })).toMatchObject({ passwordHash: 'another' })
    expect([await db.auditEvent.count(), await db.mail.count()]).toEqual([0, 0])
  })

  test('is changed once by ten at a time', async () => {
    const { db, token, visitor } = await withAna()
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => {
        const browser = visitor()
        browser.cookies.set('foyer-session', token)
        return post(browser, PASSWORD, `${NEW}-${i}`)
      }),
    )
    expect(answers.filter(({ headers }) => headers.location === '/account')).toHaveLength(1)
    expect(await db.session.count()).toBe(1)
  })

  test('gives no session that works once a suspension is lifted that came in between', async () => {
    const { app, db, ana, user } = await withAna()
    const admin = await addPerson(db, 'ada.admin', { role: 'admin' })
    const act = (action: string) => {
      const url = `/admin/users/${user.id}/${action}`
      return send(app, { method: 'POST', url, type: FORM, body: '', cookie: admin.cookie })
    }
    afterEachVerification(app, () => act('suspend'))
    await post(ana, PASSWORD)
    expect(ana.answer.cookies).toEqual([])
    await act('restore')
    expect(await db.session.count({ where: { userId: user.id } })).toBe(0)
  })
})
