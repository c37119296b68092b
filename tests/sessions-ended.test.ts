import { afterEach, describe, expect, test, vi } from 'vitest'
import { newDevice } from '../src/accounts/known-device.ts'
import { newSession } from '../src/accounts/session.ts'
import { days, hours, minutes, now, seconds } from '../src/time.ts'
import { anotherProcess } from './support/another-process.ts'
import { startApp } from './support/app.ts'
import { mailOf } from './support/mailbox.ts'
import { addPerson, PASSWORD, source } from './support/people.ts'
import { Visitor } from './support/visitor.ts'

afterEach(() => void vi.useRealTimers())

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1'

/** Ana at her computer, signed in with Firefox, and the same account on a phone. */
async function twoBrowsers() {
  const foyer = await startApp()
  const { app, db, visitor } = foyer
  const { user } = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
  await db.session.deleteMany()
  const computer = visitor()
  const phone = visitor({ ip: '203.0.113.41', userAgent: IPHONE })
  await computer.logIn('ana.silva')
  await phone.logIn('ana.silva')
  await mailOf(app)
  const onPhone = await db.session.findFirstOrThrow({ where: { ip: '203.0.113.41' } })
  return { ...foyer, user, computer, phone, onPhone, path: `/account/sessions/${onPhone.id}/end` }
}

const devices = (ana: Visitor) =>
  [...ana.document.querySelectorAll('section[aria-labelledby=devices] .list > li')].map((item) =>
    item.textContent?.replace(/\s+/g, ' ').trim(),
  )

describe('the account page', () => {
  test('shows where its member is signed in: here first, then the latest used', async () => {
    const { db, user, computer, phone, onPhone } = await twoBrowsers()
    const old = newSession(user, true, { ...source, ip: '198.51.100.23', userAgent: 'curl/8.0' })
    await db.session.create({ data: { ...old.row, lastSeenAt: new Date(now() - minutes(5)) } })
    const over = newSession(user, true, { ...source, ip: '198.51.100.99' })
    await db.session.create({ data: { ...over.row, expiresAt: new Date(now() - 1) } })
    const other = await addPerson(db, 'eva.other')
    await db.session.update({ where: { id: other.sessionId }, data: { ip: '198.51.100.98' } })

    await computer.visit('/account')
    expect(devices(computer)).toEqual([
      expect.stringMatching(/^Firefox on Linux This device 192\.0\.2\.1 · Active now · Signed in [^·]+$/),
      expect.stringMatching(
        /^Safari on iPhone 203\.0\.113\.41 · Active [^·]+ · Signed in .+ Sign out Safari on iPhone$/,
      ),
      expect.stringMatching(/^curl 198\.51\.100\.23 · Active .+ Sign out curl$/),
    ])
    await phone.visit('/account')
    expect(devices(phone)[0]).toMatch(/^Safari on iPhone This device/)

    const { sessions } = (await computer.json('GET', '/account')).json()
    expect(sessions).toHaveLength(3)
    expect(sessions[1]).toEqual({
      ...{
        id: onPhone.id,
        device: 'Safari on iPhone',
        phone: true,
        ip: '203.0.113.41',
        place: null,
        current: false,
      },
      ...{ createdAt: onPhone.createdAt.toISOString(), lastSeenAt: onPhone.lastSeenAt.toISOString() },
      trustedUntil: null,
    })
  })

  test('says until when a device is let off the second step', async () => {
    const { db, computer, onPhone } = await twoBrowsers()
    const trustedUntil = new Date(now() + days(30))
    await db.device.update({ where: { id: onPhone.deviceId ?? '' }, data: { trustedUntil } })
    await computer.visit('/account')
    expect(devices(computer)[0]).not.toContain('Two-step')
    expect(devices(computer)[1]).toContain('Two-step not asked here until')
    const { sessions } = (await computer.json('GET', '/account')).json()
    expect(sessions[1].trustedUntil).toBe(trustedUntil.toISOString())
  })
})

describe('signing another device out', () => {
  test('ends it from its next request on, in every process, and leaves this one in', async () => {
    const { app, db, computer, phone } = await twoBrowsers()
    const other = await anotherProcess(app)
    const phoneElsewhere = new Visitor(other, { ip: '203.0.113.41', userAgent: IPHONE })
    phoneElsewhere.cookies.set('foyer-session', phone.cookies.get('foyer-session') ?? '')
    await phoneElsewhere.visit('/account')
    expect(phoneElsewhere.path).toBe('/account')

    await computer.visit('/account')
    await computer.press('Sign out Safari on iPhone')
    expect(computer.path).toBe('/account')
    expect(computer.text('[role=status]')).toBe('Safari on iPhone is signed out.')
    expect(devices(computer)).toHaveLength(1)
    for (const browser of [phone, phoneElsewhere]) {
      await browser.visit('/account')
      expect(browser.path).toBe('/login?return_to=%2Faccount')
    }
    expect(await db.auditEvent.count({ where: { event: 'session.revoked' } })).toBe(1)
  })

  test('forgets it: the next sign-in there is one from a new device, and told by mail', async () => {
    const { app, db, computer, phone, onPhone, path } = await twoBrowsers()
    const trustedUntil = new Date(now() + days(30))
    await db.device.update({ where: { id: onPhone.deviceId ?? '' }, data: { trustedUntil } })
    await computer.request('POST', path, {})
    expect(await db.device.count({ where: { trustedUntil: { not: null } } })).toBe(0)
    await phone.logIn('ana.silva')
    expect((await mailOf(app)).map(({ subject }) => subject)).toEqual(['New sign-in from Safari on iPhone'])
  })

  test('ends all that its browser has open, but spares the browser at hand', async () => {
    const { db, user, computer, phone, onPhone, path } = await twoBrowsers()
    const here = await db.session.findFirstOrThrow({ where: { ip: '192.0.2.1' } })
    const again = async (deviceId: string | null) => {
      const { row } = newSession(user, true, source, { deviceId })
      await db.session.create({ data: row })
      return row.id
    }
    await again(onPhone.deviceId)
    const earlierHere = await again(here.deviceId)
    await computer.request('POST', path, {})
    expect(await db.session.count({ where: { userId: user.id } })).toBe(2)
    await computer.request('POST', `/account/sessions/${earlierHere}/end`, {})
    expect(await db.session.findMany({ where: { userId: user.id } })).toMatchObject([{ id: here.id }])
    expect(await db.device.findMany({ where: { userId: user.id } })).toMatchObject([{ id: here.deviceId }])
    await phone.visit('/account')
    expect(phone.path).toMatch('/login')
  })

  test('asks who it is once the last proof is old, and then does it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { db, computer, onPhone, path } = await twoBrowsers()
    vi.setSystemTime(now() + minutes(10) + seconds(1))
    await computer.visit('/account')
    await computer.press('Sign out Safari on iPhone')
    expect(computer.headline).toBe('Confirm it’s you')
    expect(computer.text('main')).toContain('What you sent from “Sign out Safari on iPhone?” is kept')
    expect((await computer.json('POST', path, {})).statusCode).toBe(403)
    expect(await db.session.count({ where: { id: onPhone.id } })).toBe(1)
    await computer.fill({ 'Your password': PASSWORD }).press('Continue')
    expect(computer.text('[role=status]')).toBe('Safari on iPhone is signed out.')
    expect(await db.session.count({ where: { id: onPhone.id } })).toBe(0)
  })

  test('answers 404 for a session that is over, that never was, or that is another member’s', async () => {
    const { db, computer, user, path } = await twoBrowsers()
    const eva = await addPerson(db, 'eva.other')
    const over = newSession(user, true, source)
    await db.session.create({ data: { ...over.row, expiresAt: new Date(now() - 1) } })
    const nowhere = '01890000-0000-7000-8000-000000000000'
    for (const id of [eva.sessionId, over.row.id, nowhere])
      for (const method of ['GET', 'POST'] as const) {
        await computer.request(method, `/account/sessions/${id}/end`, method === 'POST' ? {} : undefined)
        expect(computer.answer.statusCode, `${method} ${id}`).toBe(404)
      }
    expect(await db.session.count({ where: { id: eva.sessionId } })).toBe(1)
    expect((await computer.json('POST', path, {})).json()).toEqual({ status: 'success' })
    expect((await computer.json('POST', path, {})).statusCode).toBe(404)
  })

  test('refuses for the device at hand, which its member signs out of as ever', async () => {
    const { db, computer } = await twoBrowsers()
    const here = await db.session.findFirstOrThrow({ where: { ip: '192.0.2.1' } })
    for (const method of ['GET', 'POST'] as const)
      expect((await computer.request(method, `/account/sessions/${here.id}/end`, '')).statusCode).toBe(409)
    await computer.visit('/account')
    expect(computer.path).toBe('/account')
  })
})

describe('signing all other devices out', () => {
  test('ends and forgets every other one, and says how many', async () => {
    const { db, user, computer, phone } = await twoBrowsers()
    const eva = await addPerson(db, 'eva.other')
    await db.device.create({ data: newDevice(eva.user.id).row })
    for (let i = 0; i < 2; i++) await db.session.create({ data: newSession(user, true, source).row })
    await computer.visit('/account')
    await computer.press('Sign out of all other devices')
    expect(computer.text('[role=status]')).toBe('You’re signed out on 3 other devices.')
    expect(devices(computer)).toEqual([expect.stringContaining('This device')])
    expect(computer.text()).not.toContain('Sign out of all other devices')
    await phone.visit('/account')
    expect(phone.path).toMatch('/login')
    expect(await db.device.count({ where: { userId: user.id } })).toBe(1)
    expect(await db.session.count({ where: { userId: eva.user.id } })).toBe(1)
    expect(await db.device.count({ where: { userId: eva.user.id } })).toBe(1)
    const events = await db.auditEvent.findMany({ where: { event: 'session.revoked' } })
    expect(events).toMatchObject([{ actor: user.id, subjectId: user.id, detail: { others: '3' } }])
  })

  test('asks first on a page of its own, and says when there was one, or none', async () => {
    const { db, computer } = await twoBrowsers()
    await computer.visit('/account/sessions/end-others')
    expect(computer.headline).toBe('Sign out of all other devices?')
    await computer.press('Sign out of all other devices')
    expect(computer.text('[role=status]')).toBe('You’re signed out on 1 other device.')
    await computer.visit('/account/sessions/end-others')
    await computer.press('Sign out of all other devices')
    expect(computer.text('[role=status]')).toBe('You’re signed in nowhere else.')
    expect((await computer.json('POST', '/account/sessions/end-others')).json()).toMatchObject({ ended: 0 })
    expect(await db.auditEvent.count({ where: { event: 'session.revoked' } })).toBe(1)
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(now() + hours(1))
    await computer.visit('/account/sessions/end-others')
    expect(computer.headline).toBe('Confirm it’s you')
  })
})

test('whoever was signed out while they typed is told so, and led back to the form', async () => {
  const { db, computer } = await twoBrowsers()
  const before = await db.user.findFirstOrThrow()
  await computer.visit('/account/name')
  computer.fill({ Name: 'Ana Silva' })
  await db.session.deleteMany()
  await computer.press('Save name')
  expect(computer.headline).toBe('Sign in')
  expect(computer.text('[role=status]')).toBe(
    'You were signed out meanwhile. Sign in and look: if it isn’t done, do it once more.',
  )
  await computer.fill({ 'Email address or username': 'ana.silva', Password: PASSWORD }).press('Sign in')
  expect(computer.path).toBe('/account/name')
  expect((await db.user.findFirstOrThrow()).name).toBe(before.name)
})
