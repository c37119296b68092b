import { setTimeout as sleep } from 'node:timers/promises'
import argon2 from 'argon2'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { issueToken } from '../src/accounts/token.ts'
import { fromNow, minutes, now, seconds } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { askFor } from './support/change-of-address.ts'
import { linkIn, mailOf } from './support/mailbox.ts'
import { SMTP } from './support/mails.ts'
import { afterEachVerification } from './support/meanwhile.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { FORM, send } from './support/requests.ts'
import type { Visitor } from './support/visitor.ts'

afterEach(() => void vi.useRealTimers())

const OLD = 'ana@example.org'
const NEW = 'ana@silva.example'
const WAITING =
  `Waiting for you to confirm ${NEW}. Open the link we sent there. Until then we use your current address. ` +
  'Send the link again Cancel this change'

/** Somebody signed in, with a proven address, a claimed one, or none. */
async function withAna({ email = OLD, proven = true } = {}) {
  const services = await startApp({ EMAIL: 'optional', ...SMTP })
  const { user, token } = await addPerson(services.db, 'ana.silva', email ? { email } : {})
  if (!proven) await services.db.user.update({ where: { id: user.id }, data: { provenEmailKey: null } })
  const ana = services.visitor()
  ana.cookies.set('foyer-session', token)
  const account = () => services.db.user.findUniqueOrThrow({ where: { id: user.id } })
  return { ...services, ana, user, account }
}

async function change(ana: Visitor, email: string, current = PASSWORD) {
  await ana.visit('/account/email')
  return ana.fill({ 'New email address': email, 'Your current password': current }).press('Send the link')
}

async function confirm(ana: Visitor, link: string) {
  await ana.visit(link)
  return ana.press('Yes, confirm my address')
}

describe('another address', () => {
  test('waits beside the proven one until its link is opened, and the old mailbox is told', async () => {
    const { app, db, ana, account } = await withAna()
    await change(ana, 'Ana@Silva.Example')
    expect(ana.path).toBe('/account')
    expect(ana.text('[role=status]')).toMatch(/^We’ve sent a link to that address/)
    expect(ana.text('.flash.warn')).toBe(WAITING.replace(NEW, 'Ana@silva.example'))
    expect(ana.text('#r-email summary')).toBe(`Address ${OLD} Confirmed Change`)
    expect(await account()).toMatchObject({ email: OLD, provenEmailKey: OLD, newEmail: 'Ana@silva.example' })
    expect((await ana.json('GET', '/account')).json().account.newEmail).toBe('Ana@silva.example')

    const mails = await mailOf(app)
    expect(mails.map(({ to, subject }) => [to, subject]).sort()).toEqual([
      ['Ana@silva.example', 'Confirm your email address'],
      [OLD, 'Your email address is changing'],
    ])
    expect(await db.mail.findMany({ where: { kind: 'email-changing' } })).toMatchObject([
      { facts: { newAddress: 'Ana@silva.example' } },
    ])
    await confirm(ana, linkIn(mails.find(({ to }) => to !== OLD)))
    expect(ana.path).toBe('/account')
    expect(ana.text('#r-email summary')).toBe('Address Ana@silva.example Confirmed Change')
    expect(ana.document.querySelector('.flash.warn')).toBeNull()
    expect(await account()).toMatchObject({ email: 'Ana@silva.example', provenEmailKey: NEW, newEmail: null })
    const events = await db.auditEvent.findMany({ orderBy: { id: 'asc' } })
    expect(events.map(({ event }) => event)).toEqual(['email.change-requested', 'email.proven'])
  })

  test.each(['', OLD])('takes the place at once of one that nobody has proven: %j', async (email) => {
    const { app, ana, account } = await withAna({ email, proven: false })
    await ana.visit('/account')
    if (email) await ana.press('Send me a link to confirm it')
    const [first] = await mailOf(app)
    await change(ana, NEW)
    expect(await account()).toMatchObject({ email: NEW, emailKey: NEW, provenEmailKey: null, newEmail: null })
    expect(ana.text('#r-email summary')).toBe(`Address ${NEW} To be confirmed Change`)

    const mails = await mailOf(app)
    expect(mails.map(({ to }) => to)).toEqual([NEW])
    if (first) expect((await ana.visit(linkIn(first))).answer.statusCode).toBe(410)
    await confirm(ana, linkIn(mails[0]))
    expect(await account()).toMatchObject({ email: NEW, provenEmailKey: NEW })
    expect(ana.text()).not.toContain('Send me a link')
  })

  test.each([
    ['', PASSWORD, { email: 'Enter your email address' }],
    ['ana@silva', PASSWORD, { email: 'We can’t send email to “silva”. Check the part after the @' }],
    ['ANA@Example.ORG', PASSWORD, { email: 'That is already your address' }],
    [NEW, '', { current: 'Type your password' }],
    [NEW, 'wrong', { current: 'That isn’t your current password. Try again' }],
    [
      'ana',
      '',
      { email: 'Enter your full email address, like name@example.org', current: 'Type your password' },
    ],
  ])('that will not do is named, and nothing is changed: %j, %j', async (email, current, errors) => {
    const { db, ana, account } = await withAna()
    const before = await account()
    await change(ana, email, current)
    expect(ana.answer.statusCode).toBe(422)
    expect({
      email: ana.errorAt('New email address'),
      current: ana.errorAt('Your current password'),
    }).toEqual({ email: undefined, current: undefined, ...errors })
    expect(ana.document.querySelectorAll('.error')).toHaveLength(Object.keys(errors).length)
    for (const link of ana.document.querySelectorAll('#problem a'))
      expect(ana.document.querySelector(`details[open] ${link.getAttribute('href')}`)).not.toBeNull()
    expect(ana.field('New email address').getAttribute('value') ?? '').toBe(email)
    expect(await account()).toEqual({ ...before, lastSeenAt: expect.any(Date) })
    const done = { event: { not: 'proof.failed' } }
    expect([await db.auditEvent.count({ where: done }), await db.mail.count()]).toEqual([0, 0])
  })

  test('has a domain that the operator takes', async () => {
    const { db, visitor } = await startApp({ BLOCKED_EMAIL_DOMAINS: 'mailinator.com' })
    const ana = visitor()
    ana.cookies.set('foyer-session', (await addPerson(db, 'ana.silva', { email: OLD })).token)
    await change(ana, 'ana@mailinator.com')
    expect(ana.errorAt('New email address')).toMatch(/^Use an address you’ll keep/)
  })

  test('is asked for by guessing the password no oftener than a new password is', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { ana } = await withAna()
    for (let i = 0; i < 10; i++) {
      const form = { current: 'wrong', ...(i % 2 ? { email: NEW } : { password: 'another-horse-battery' }) }
      const answer = await ana.request('POST', i % 2 ? '/account/email' : '/account/password', form)
      expect(answer.statusCode).toBe(422)
    }
    const right = await ana.request('POST', '/account/email', { email: NEW, current: PASSWORD })
    expect(right.statusCode).toBe(429)
  })

  test.each([
    [true, { passwordHash: 'another' }],
    [true, { email: NEW, provenEmailKey: NEW }],
    [false, { provenEmailKey: OLD }],
    [true, { status: 'suspended' as const }],
  ])('is not taken by an account that was changed in between: %j, %j', async (proven, changed) => {
    const { app, db, ana, user, account } = await withAna({ proven })
    const { id } = user
    afterEachVerification(app, () => db.user.update({ where: { id }, data: changed }))
    await ana.visit('/account')
    const before = await account()
    const form = { email: 'third@example.org', current: PASSWORD }
    expect((await ana.request('POST', '/account/email', form)).statusCode).toBe(409)
    expect(await account()).toEqual({ ...before, ...changed })
    expect([await db.auditEvent.count(), await db.mail.count()]).toEqual([0, 0])
  })

  test('tells nobody whether it is somebody else’s: byte for byte the same, as a page and as JSON', async () => {
    for (const proven of [true, false]) {
      const { app, db, ana, account } = await withAna({ proven })
      await addPerson(db, 'mira.okafor', { email: 'mira@example.org' })
      const answersTo = async (email: string) => {
        const form = { email, current: PASSWORD }
        const asked = await ana.request('POST', '/account/email', form)
        const json = await ana.json('POST', '/account/email', form)
        const page = await ana.visit('/account')
        await db.throttle.deleteMany()
        const again = await ana.request('POST', '/account/email/resend')
        const shown = await ana.visit('/account')
        return [asked, json, page.answer, again, shown.answer].map(({ statusCode, headers, body }) => {
          const { date: _, 'set-cookie': cookies, ...rest } = headers
          return { statusCode, rest, cookies, body: body.replaceAll(email, 'ADDRESS') }
        })
      }
      expect(await answersTo('mira@example.org')).toEqual(await answersTo('nina@example.org'))

      await db.user.update({ where: { username: 'ana.silva' }, data: { email: OLD, newEmail: null } })
      await mailOf(app)
      await ana.request('POST', '/account/email', { email: 'mira@example.org', current: PASSWORD })
      const toMira = (await mailOf(app)).filter(({ to }) => to === 'mira@example.org')
      expect(toMira.map(({ subject }) => subject)).toEqual(['You already have an account'])
      expect((await account()).provenEmailKey).not.toBe('mira@example.org')
    }
  })
})

describe('a link that did not arrive', () => {
  test('is sent again, once a minute', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, ana } = await withAna()
    await change(ana, NEW)
    await ana.press('Send the link again')
    expect(ana.path).toBe('/account')
    vi.setSystemTime(now() + seconds(59))
    await ana.press('Send the link again')
    expect(ana.answer.statusCode).toBe(429)
    expect(ana.answer.headers['retry-after']).toBe('1')
    vi.setSystemTime(now() + seconds(1))
    await ana.visit('/account')
    await ana.press('Send the link again')
    expect(ana.path).toBe('/account')
    vi.setSystemTime(now() + minutes(20))
    expect((await mailOf(app)).filter(({ to }) => to === NEW)).toHaveLength(3)
  })

  test('is not sent where there is nothing to confirm', async () => {
    const { db, ana } = await withAna()
    expect((await ana.request('POST', '/account/email/resend')).statusCode).toBe(409)
    expect(await db.mail.count()).toBe(0)
  })
})

describe('a change of address that is cancelled', () => {
  test('is forgotten: its link opens nothing, sent already or not', async () => {
    const { app, db, ana, user, account } = await withAna()
    await change(ana, NEW)
    const sent = (await mailOf(app)).find(({ to }) => to === NEW)
    await ana.visit('/account')
    await ana.press('Send the link again')
    await ana.press('Cancel this change')
    expect(ana.text('[role=status]')).toBe('Your address stays as it is.')
    expect(ana.document.querySelector('.flash.warn')).toBeNull()
    expect(await account()).toMatchObject({ email: OLD, provenEmailKey: OLD, newEmail: null })
    expect((await ana.visit(linkIn(sent))).answer.statusCode).toBe(410)
    expect(await mailOf(app)).toEqual([])

    // A mail that was being written at that moment.
    const late = await issueToken(db, 'verify-email', fromNow(minutes(1)), { userId: user.id, address: NEW })
    await ana.visit(`/verify-email?token=${late.token}`)
    await ana.press('Yes, confirm my address')
    expect(ana.answer.statusCode).toBe(410)
    expect(await account()).toMatchObject({ provenEmailKey: OLD })

    await ana.request('POST', '/account/email/cancel')
    expect(ana.answer.statusCode).toBe(303)
    expect(await db.auditEvent.count({ where: { event: 'email.change-cancelled' } })).toBe(1)
  })
})

test('a service without e-mail has no address on the page, and no route to it', async () => {
  const { db, visitor } = await startApp({ EMAIL: 'off' })
  const ana = visitor()
  ana.cookies.set('foyer-session', (await addPerson(db, 'ana.silva', { email: OLD })).token)
  await ana.visit('/account')
  expect(ana.text()).not.toMatch(/email|ana@example/i)
  for (const path of [
    '/account/email',
    '/account/email/resend',
    '/account/email/cancel',
    '/undo-email-change',
  ])
    expect((await ana.request('POST', path, {})).statusCode, path).toBe(404)
})

test('200 races of changes and proofs: nobody’s address is proven by a link that went to another', async () => {
  const { app, db } = await startApp()
  const hash = await argon2.hash(PASSWORD, { memoryCost: 1024, timeCost: 2, parallelism: 1 })
  const { user, cookie } = await addPerson(db, 'ana.silva', { email: OLD, hash })
  const post = (url: string, form: Record<string, string>, link = '') => {
    const body = new URLSearchParams(form).toString()
    return send(app, { method: 'POST', url, type: FORM, body, cookie: `${cookie}${link}` })
  }
  const proven = new Set<string | null>()
  for (let round = 0; round < 200; round++) {
    const own = `own${round}@example.org`
    await db.throttle.deleteMany()
    await db.user.update({ where: { id: user.id }, data: { newEmail: own } })
    const mailed = { userId: user.id, address: own }
    const { token } = await issueToken(db, 'verify-email', fromNow(minutes(1)), mailed)
    const answers = await Promise.all([
      post('/account/email', { email: 'victim@example.org', current: PASSWORD }),
      sleep(Math.random() * 15).then(() => post('/verify-email', {}, `; foyer-verify-email=${token}`)),
      post('/account/email', { email: own, current: PASSWORD }),
    ])
    for (const { statusCode, body } of answers) expect(statusCode, body).toBeLessThan(500)
    proven.add((await db.user.findUniqueOrThrow({ where: { id: user.id } })).provenEmailKey)
  }
  expect(proven).not.toContain('victim@example.org')
  console.info(`${proven.size - 1} of 200 proofs came through`)
  expect(proven.size).toBeGreaterThan(5)
})

test('so many changes of address an hour and no more: the mail that matters is not buried', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { db, visitor } = await startApp()
  await addPerson(db, 'ana.silva', { email: OLD })
  const thief = visitor()
  await thief.logIn('ana.silva')
  const statuses: number[] = []
  for (let n = 0; n < 6; n++) statuses.push((await askFor(thief, `thief${n}@example.org`)).statusCode)
  expect(statuses).toEqual([303, 303, 303, 303, 303, 429])
})
