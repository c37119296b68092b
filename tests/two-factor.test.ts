import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { RECOVERY_CODES } from '../src/accounts/recovery-code.ts'
import { newSession } from '../src/accounts/session.ts'
import { minutes, now, seconds } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { addAuthenticator, codeOf } from './support/authenticator.ts'
import { mailOf } from './support/mailbox.ts'
import { addPerson, PASSWORD, source } from './support/people.ts'
import { RECOVERY_WRONG, stepRow, WRONG } from './support/second-step.ts'
import type { Visitor } from './support/visitor.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

/** Ana, signed in a moment ago, with a confirmed address and one factor. */
async function withAna(env = {}) {
  const services = await startApp(env)
  const { user, token } = await addPerson(services.db, 'ana.silva', { email: 'ana@example.org' })
  const ana = services.visitor()
  ana.cookies.set('foyer-session', token)
  return { ...services, user, ana }
}

const keyOn = (page: Visitor) => page.text('#secret')
const codesOn = (page: Visitor) =>
  [...page.document.querySelectorAll('#codes li')].map((li) => li.textContent)

describe('a member', () => {
  test('turns it on with an app, gets ten codes to keep, and is told by mail', async () => {
    const { app, db, ana, user } = await withAna()
    await ana.visit('/account')
    await ana.click('Turn on two-step sign-in')
    expect(ana.headline).toBe('Turn on two-step sign-in')
    expect(ana.document.querySelector('img')?.getAttribute('src')).toMatch(/^data:image\/svg\+xml;base64,/)
    const key = keyOn(ana)
    expect(await db.authenticator.count()).toBe(0)
    await ana.fill({ '6-digit code': codeOf(key, minutes(5)) }).press('Turn on')
    expect(ana.errorAt('6-digit code')).toBe(WRONG)
    expect(keyOn(ana)).toBe(key)

    const code = codeOf(key)
    await ana.fill({ '6-digit code': `${code.slice(0, 3)} ${code.slice(3)}` }).press('Turn on')
    expect(ana.headline).toBe('Save your recovery codes')
    expect(ana.text('[role=status]')).toBe('Two-step sign-in is on.')
    const codes = codesOn(ana)
    expect(new Set(codes).size).toBe(RECOVERY_CODES)
    for (const text of codes) expect(text).toMatch(/^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/)
    const download = ana.document.querySelector('a[download]')?.getAttribute('href') ?? ''
    expect(await (await fetch(download)).text()).toBe(`${codes.join('\n')}\n`)
    expect((await mailOf(app)).map(({ subject }) => subject)).toEqual(['Two-step sign-in was turned on'])

    await ana.click('I’ve saved them')
    expect(ana.text()).toContain('Two-step sign-in On Authenticator app')
    expect(ana.text()).toContain('Recovery codes 10 of 10 left')
    expect(await db.authenticator.findMany()).toMatchObject([{ userId: user.id }])
    // The code that turned it on is used up by that.
    await ana.press('Sign out')
    await ana.logIn('ana.silva')
    await ana.fill({ '6-digit code': code }).press('Continue')
    expect(ana.errorAt('6-digit code')).toBe(WRONG)
  })

  test('is asked for the code it shows', async () => {
    const { ana } = await withAna()
    await ana.visit('/account/two-factor')
    await ana.press('Turn on')
    expect(ana.errorAt('6-digit code')).toBe('Type the 6-digit code')
    await ana.fill({ '6-digit code': '12345' }).press('Turn on')
    expect(ana.errorAt('6-digit code')).toBe('The code is 6 digits, like 294016')
  })

  test('scans a new one if the first was left standing, and can’t bring somebody else’s', async () => {
    const { db, ana, visitor } = await withAna()
    const { token } = await addPerson(db, 'ben.okri')
    const ben = visitor()
    ben.cookies.set('foyer-session', token)
    await ben.visit('/account/two-factor')
    const bens = { key: ben.document.querySelector('input[name=key]')?.getAttribute('value') ?? '' }
    await ana.request('POST', '/account/two-factor', { code: codeOf(keyOn(ben)), ...bens })
    expect(ana.errorAt('6-digit code')).toContain('Scan the new code above')

    const key = keyOn(ana)
    vi.setSystemTime(now() + minutes(31))
    await db.session.updateMany({ data: { provenAt: new Date() } })
    await ana.fill({ '6-digit code': codeOf(key) }).press('Turn on')
    expect(ana.errorAt('6-digit code')).toContain('Scan the new code above')
    expect(keyOn(ana)).not.toBe(key)
    expect(await db.authenticator.count()).toBe(0)
  })

  test('turns it on once, though the button was pressed twice', async () => {
    const { db, ana } = await withAna()
    await ana.visit('/account/two-factor')
    const key = ana.document.querySelector('input[name=key]')?.getAttribute('value') ?? ''
    const typed = { key, code: codeOf(keyOn(ana)) }
    const answers = await Promise.all([1, 2, 3].map(() => ana.request('POST', '/account/two-factor', typed)))
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409, 409])
    expect(await db.recoveryCode.count()).toBe(RECOVERY_CODES)
  })

  test('who turns it on makes other browsers prove more, or signs them out', async () => {
    for (const [everywhere, sessions] of [
      ['', 2],
      ['1', 1],
    ] as const) {
      const { db, ana, user, visitor } = await withAna()
      const other = visitor()
      await other.logIn('ana.silva')
      await ana.visit('/account/two-factor')
      await ana
        .fill({
          '6-digit code': codeOf(keyOn(ana)),
          ...(everywhere && { 'Sign me out on all other devices': everywhere }),
        })
        .press('Turn on')
      const left = await db.session.findMany({ where: { userId: user.id } })
      expect(left).toHaveLength(sessions)
      expect(left.filter(({ provenAt }) => provenAt)).toHaveLength(1)
    }
  })

  test('turns it off, and with it what hangs on it', async () => {
    const { app, db, ana, user } = await withAna()
    await addAuthenticator(app, user)
    await ana.visit('/account')
    await ana.click('Manage two-step sign-in')
    await ana.press('Turn off')
    expect(ana.path).toBe('/account')
    expect(ana.text('[role=status]')).toBe('Two-step sign-in is off.')
    expect(await db.authenticator.count()).toBe(0)
    expect(await db.recoveryCode.count()).toBe(0)
    expect((await mailOf(app)).map(({ subject }) => subject)).toEqual(['Two-step sign-in was turned off'])
    await ana.press('Sign out')
    await ana.logIn('ana.silva')
    expect(ana.path).toBe('/account')
    expect((await ana.request('POST', '/account/two-factor/off', {})).statusCode).toBe(409)
    expect((await ana.request('POST', '/account/recovery-codes', {})).statusCode).toBe(409)
  })

  test('who turns it off asks every device anew later, and can sign the others out', async () => {
    const { app, db, ana, user, visitor } = await withAna()
    await addAuthenticator(app, user)
    await addPerson(db, 'ben.okri')
    const { token, row } = stepRow(user.id)
    await db.token.create({ data: row })
    const device = { userId: user.id, tokenHash: new Uint8Array(32), lastSeenAt: new Date() }
    await db.device.create({ data: { ...device, trustedUntil: new Date(now() + minutes(60)) } })
    await db.session.create({ data: newSession(user, false, source).row })
    await ana.visit('/account/two-factor')
    await ana.fill({ 'Sign me out on all other devices': '1' }).press('Turn off')
    expect(ana.path).toBe('/account')
    expect(await db.session.count({ where: { userId: user.id } })).toBe(1)
    expect(await db.session.count()).toBe(2)
    expect(await db.device.findMany()).toMatchObject([{ trustedUntil: null }])
    const halfWay = visitor()
    halfWay.cookies.set('foyer-two-factor', token)
    await halfWay.visit('/login/two-factor')
    expect(halfWay.answer.statusCode).toBe(410)
  })

  test('makes new recovery codes: the old ones open nothing any more', async () => {
    const { app, ana, user } = await withAna()
    const { recovery } = await addAuthenticator(app, user)
    await ana.visit('/account/recovery-codes')
    expect(ana.text()).toContain('You have 10 of 10 left.')
    await ana.press('Make new ones')
    const [code = ''] = codesOn(ana)
    expect((await mailOf(app)).map(({ subject }) => subject)).toEqual(['New recovery codes were made'])
    await ana.click('I’ve saved them')
    await ana.press('Sign out')
    await ana.logIn('ana.silva')
    await ana.fill({ '6-digit code': recovery[0] ?? '' }).press('Continue')
    expect(ana.errorAt('6-digit code')).toBe(RECOVERY_WRONG)
    await ana.fill({ '6-digit code': code }).press('Continue')
    expect(ana.path).toBe('/account')
  })

  test('proves it with both factors, once that is ten minutes ago', async () => {
    const { app, ana, user } = await withAna()
    const { code } = await addAuthenticator(app, user)
    vi.setSystemTime(now() + minutes(10) + seconds(1))
    await ana.visit('/account/two-factor')
    expect(ana.path).toBe('/account/confirm?return_to=%2Faccount%2Ftwo-factor')
    await ana.request('POST', '/account/two-factor/off', {})
    expect(ana.answer.statusCode).toBe(403)
    expect(ana.headline).toBe('Confirm it’s you')
    await ana.visit('/account/confirm?return_to=/account/two-factor')
    await ana.fill({ 'Your password': PASSWORD }).press('Continue')
    expect(ana.errorAt('6-digit code')).toBe('Type the 6-digit code')
    await ana.fill({ 'Your password': PASSWORD, '6-digit code': code(minutes(5)) }).press('Continue')
    expect(ana.errorAt('6-digit code')).toBe(WRONG)
    await ana.fill({ 'Your password': PASSWORD, '6-digit code': code() }).press('Continue')
    expect(ana.path).toBe('/account/two-factor')
  })
})

test('a program turns it on, is given the codes, and turns it off', async () => {
  const { ana } = await withAna()
  const json = { accept: 'application/json' }
  const offered = (await ana.request('GET', '/account/two-factor', undefined, json)).json()
  expect(offered).toMatchObject({
    status: 'success',
    on: false,
    uri: expect.stringMatching(/^otpauth:\/\/totp\//),
  })
  const typed = { key: offered.key, code: codeOf(offered.secret) }
  const on = (await ana.request('POST', '/account/two-factor', typed, json)).json()
  expect(on).toEqual({ status: 'success', recoveryCodes: expect.any(Array) })
  expect((await ana.request('GET', '/account/recovery-codes', undefined, json)).json()).toEqual({
    ...{ status: 'success', on: true, codesLeft: 10, of: 10 },
  })
  const off = await ana.request('POST', '/account/two-factor/off', {}, json)
  expect(off.json()).toEqual({ status: 'success' })
})
