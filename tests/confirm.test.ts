import { afterEach, describe, expect, test, vi } from 'vitest'
import { newSession } from '../src/accounts/session.ts'
import { hashToken } from '../src/accounts/token.ts'
import { minutes, now, seconds } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { addAuthenticator } from './support/authenticator.ts'
import { addPerson, PASSWORD, source } from './support/people.ts'
import { WRONG } from './support/second-step.ts'

afterEach(() => void vi.useRealTimers())

/** Opens a page that is sensitive, as somebody signed in since a while. */
async function later(wait: number) {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { app, db, visitor } = await startApp()
  const { user, token, sessionId } = await addPerson(db, 'ana.silva')
  const ana = visitor()
  ana.cookies.set('foyer-session', token)
  vi.setSystemTime(now() + wait)
  const sessionOf = () => db.session.findUniqueOrThrow({ where: { id: sessionId } })
  return { app, db, visitor, user, ana, token, sessionOf }
}

describe('before what is sensitive', () => {
  test('a member confirms who it is, once the last proof is ten minutes old, and is led on', async () => {
    const { ana, token, sessionOf } = await later(minutes(10) + seconds(1))
    await ana.visit('/account/confirm?return_to=/account/name')
    expect(ana.text('h1')).toBe('Confirm it’s you')
    await ana.fill({ 'Your password': 'wrong-horse-battery' }).press('Continue')
    expect(ana.errorAt('Your password')).toBe('That isn’t your current password. Try again')
    await ana.fill({ 'Your password': '' }).press('Continue')
    expect(ana.errorAt('Your password')).toBe('Type your password')
    expect((await sessionOf()).provenAt?.getTime()).toBeLessThan(now() - minutes(10))

    await ana.fill({ 'Your password': PASSWORD }).press('Continue')
    expect(ana.path).toBe('/account/name')
    const session = await sessionOf()
    expect(session.provenAt?.getTime()).toBe(now())
    // The token from before opens nothing any more.
    expect(ana.cookies.get('foyer-session')).not.toBe(token)
    expect(session.tokenHash).toEqual(hashToken(ana.cookies.get('foyer-session') ?? ''))
  })

  test('leads nowhere outside', async () => {
    const { ana } = await later(0)
    await ana.visit('/account/confirm?return_to=//evil.example')
    await ana.fill({ 'Your password': PASSWORD }).press('Continue')
    expect(ana.path).toBe('/account')
  })
})

describe('with two-step sign-in on', () => {
  test('a member confirms by both: by password alone nothing is proven', async () => {
    const { app, db, user, ana, sessionOf } = await later(minutes(10) + seconds(1))
    const { code, recovery } = await addAuthenticator(app, user)
    await ana.visit('/account/confirm')
    await ana.press('Continue')
    expect(ana.errorAt('Your password')).toBe('Type your password')
    expect(ana.errorAt('6-digit code')).toBe('Type the 6-digit code')
    await ana.fill({ 'Your password': PASSWORD, '6-digit code': code(minutes(5)) }).press('Continue')
    expect(ana.errorAt('6-digit code')).toBe(WRONG)
    expect(await db.auditEvent.count({ where: { event: 'two-factor.failed', actor: user.id } })).toBe(1)
    expect((await sessionOf()).provenAt?.getTime()).toBeLessThan(now())
    await ana.fill({ 'Your password': PASSWORD, '6-digit code': recovery[3] ?? '' }).press('Continue')
    expect(ana.path).toBe('/account')
    expect(ana.text()).toContain('9 of 10 left')
    expect((await sessionOf()).provenAt?.getTime()).toBe(now())
  })

  test('whoever finds the browser and doesn’t know the password uses up no code and no try', async () => {
    const { app, user, ana } = await later(0)
    const { code } = await addAuthenticator(app, user)
    await ana.visit('/account/confirm')
    for (let tries = 0; tries < 7; tries++) {
      await ana.fill({ 'Your password': 'wrong-horse-battery', '6-digit code': code() }).press('Continue')
      expect(ana.errorAt('Your password')).toBe('That isn’t your current password. Try again')
    }
    await ana.fill({ 'Your password': PASSWORD, '6-digit code': code() }).press('Continue')
    expect(ana.path).toBe('/account')
  })

  test('of 64 browsers that type one code at the same time, one has proven something', async () => {
    const { app, db, user, visitor } = await later(0)
    const { code } = await addAuthenticator(app, user)
    const sessions = Array.from({ length: 64 }, () => newSession(user, false, source, { proven: false }))
    await db.session.createMany({ data: sessions.map(({ row }) => row) })
    const answers = await Promise.all(
      sessions.map(({ token }) => {
        const browser = visitor()
        browser.cookies.set('foyer-session', token)
        return browser.request('POST', '/account/confirm', { current: PASSWORD, code: code() })
      }),
    )
    expect(answers.filter(({ statusCode }) => statusCode === 303)).toHaveLength(1)
    const proven = sessions.map(({ row }) => row.id)
    expect(await db.session.count({ where: { id: { in: proven }, provenAt: { not: null } } })).toBe(1)
  })
})
