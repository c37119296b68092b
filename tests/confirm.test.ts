import { afterEach, describe, expect, test, vi } from 'vitest'
import { hashToken } from '../src/accounts/token.ts'
import { minutes, now, seconds } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { addPerson, PASSWORD } from './support/people.ts'

afterEach(() => void vi.useRealTimers())

/** Opens a page that is sensitive, as somebody signed in since a while. */
async function later(wait: number) {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { app, db, visitor } = await startApp()
  const { token, sessionId } = await addPerson(db, 'ana.silva')
  const ana = visitor()
  ana.cookies.set('foyer-session', token)
  vi.setSystemTime(now() + wait)
  const sessionOf = () => db.session.findUniqueOrThrow({ where: { id: sessionId } })
  return { app, db, ana, token, sessionOf }
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
