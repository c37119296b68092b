import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { useAuthenticatorCode } from '../src/accounts/authenticator.ts'
import { useRecoveryCode } from '../src/accounts/recovery-code.ts'
import { isUnavailable } from '../src/db/errors.ts'
import { minutes, now, seconds } from '../src/time.ts'
import { atTheStep, stepRow, typeCode, WRONG } from './support/second-step.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

describe('a code', () => {
  test('works once, and none works that is older than the last', async () => {
    const { ana, code } = await atTheStep()
    await typeCode(ana, code())
    await ana.press('Sign out')
    for (const used of [code(), code(-seconds(30))]) {
      await ana.logIn('ana.silva')
      await typeCode(ana, used)
      expect(ana.errorAt('6-digit code')).toBe(WRONG)
    }
    await typeCode(ana, code(seconds(30)))
    expect(ana.path).toBe('/account')
  })

  test.each(['app', 'recovery'] as const)(
    'that 64 browsers type at the same time lets one of them in: one from the %s',
    async (kind) => {
      const { db, user, visitor, code, recovery } = await atTheStep()
      const steps = Array.from({ length: 64 }, () => stepRow(user.id))
      await db.token.createMany({ data: steps.map(({ row }) => row) })
      const typed = kind === 'app' ? code() : (recovery[0] ?? '')
      const answers = await Promise.all(
        steps.map(({ token }, i) => {
          const browser = visitor({ ip: `198.51.100.${i}` })
          browser.cookies.set('foyer-two-factor', token)
          return browser.request('POST', '/login/two-factor', { code: typed })
        }),
      )
      expect(answers.filter(({ statusCode }) => statusCode === 303)).toHaveLength(1)
      expect(await db.session.count()).toBe(1)
    },
  )

  test.each(['app', 'recovery'] as const)(
    'is used up once, by however many at once: one from the %s',
    async (kind) => {
      const { app, db, user, code, recovery } = await atTheStep()
      const typed = recovery[0]?.replaceAll('-', '') ?? ''
      const uses = Array.from({ length: 64 }, () =>
        db.$transaction((tx) =>
          kind === 'app'
            ? useAuthenticatorCode(tx, app.secretKeys, user.id, code())
            : useRecoveryCode(tx, user.id, typed),
        ),
      )
      const outcomes = await Promise.allSettled(uses)
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value)).toHaveLength(1)
      // A busy database may not serve all of them in time.
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toSatisfy(isUnavailable)
    },
  )

  test('may be wrong five times; then there is a pause, for the right one too', async () => {
    const { ana, code } = await atTheStep()
    for (let tries = 0; tries < 5; tries++) {
      await typeCode(ana, code(minutes(5)))
      expect(ana.answer.statusCode).toBe(422)
    }
    await typeCode(ana, code())
    expect(ana.answer.statusCode).toBe(429)
    expect(ana.answer.headers['retry-after']).toBe('300')
    vi.setSystemTime(now() + minutes(5))
    await ana.visit('/login/two-factor')
    await typeCode(ana, code())
    expect(ana.path).toBe('/account')
  })

  test('that is right costs no try', async () => {
    const { ana, code } = await atTheStep()
    for (let times = 0; times < 7; times++) {
      await typeCode(ana, code())
      expect(ana.path).toBe('/account')
      vi.setSystemTime(now() + seconds(30))
      await ana.press('Sign out')
      await ana.logIn('ana.silva')
    }
  })

  test('can’t be used up by strangers who guess passwords', async () => {
    const { ana, code, visitor } = await atTheStep()
    for (let i = 0; i < 30; i++) {
      const stranger = visitor({ ip: `203.0.113.${i}` })
      await stranger.logIn('ana.silva', 'wrong-horse-battery')
      await stranger.request('POST', '/login/two-factor', { code: code(minutes(5)) })
      expect(stranger.answer.statusCode).toBe(410)
    }
    await typeCode(ana, code())
    expect(ana.path).toBe('/account')
  })
})
