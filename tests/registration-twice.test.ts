import { describe, expect, test } from 'vitest'
import { startApp } from './support/app.ts'
import { countGuesses } from './support/meanwhile.ts'
import { unguardTrail } from './support/trail.ts'

const PASSWORD = 'correct-horse-battery'

describe('a sign-up that is sent again', () => {
  const form = { username: 'ana.silva', password: PASSWORD }

  test('because its answer was lost, succeeds again: one account, and its owner is in', async () => {
    const { visitor, db } = await startApp()
    await visitor().request('POST', '/register', form)
    const again = visitor()
    await again.request('POST', '/register', form)
    expect(again.answer.statusCode).toBe(303)
    await again.visit('/account')
    expect(again.text()).toContain('ana.silva')
    expect(await db.user.count()).toBe(1)
    expect(await db.auditEvent.count({ where: { event: 'user.registered' } })).toBe(1)
  })

  test('because the button was pressed twice, is one account', async () => {
    const { visitor, db } = await startApp()
    const answers = await Promise.all([1, 2].map(() => visitor().request('POST', '/register', form)))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([303, 303])
    expect(await db.user.count()).toBe(1)
  })

  test.each([
    ['with another password', { ...form, password: 'another-horse-battery' }, {}, 0],
    ['from another network', form, { ip: '203.0.113.9' }, 0],
    ['a quarter of an hour later', form, {}, 16],
  ])('%s, is told that the name is taken', async (_how, sent, options, minutesLater) => {
    const { visitor, db } = await startApp()
    await visitor().request('POST', '/register', form)
    await unguardTrail(db)
    await db.auditEvent.updateMany({ data: { at: new Date(Date.now() - minutesLater * 60_000) } })
    const stranger = visitor(options)
    await stranger.request('POST', '/register', sent)
    expect(stranger.answer.statusCode).toBe(422)
    expect(stranger.errorAt('Username')).toBe('That username is taken. Try another, or pick one below')
    expect(stranger.cookies.size).toBe(0)
  })
})

describe('a password that is guessed by signing up again', () => {
  test('is weighed five times, each told in the history, and then not even if it is right', async () => {
    const { visitor, db, app } = await startApp()
    await visitor().request('POST', '/register', { username: 'ana.silva', password: PASSWORD })
    const { id } = await db.user.findUniqueOrThrow({ where: { username: 'ana.silva' } })
    const guesses = countGuesses(app)
    const failures = () => db.auditEvent.count({ where: { event: 'login.failed', subjectId: id } })
    for (let i = 1; i <= 8; i++) {
      const guess = { username: 'ana.silva', password: `another-horse-${i}-battery` }
      expect((await visitor().request('POST', '/register', guess)).statusCode).toBe(422)
      expect([guesses.count, await failures()]).toEqual([Math.min(i, 5), Math.min(i, 5)])
    }
    const right = visitor()
    await right.request('POST', '/register', { username: 'ana.silva', password: PASSWORD })
    expect(right.answer.statusCode).toBe(422)
    expect(right.cookies.size).toBe(0)
    expect([guesses.count, await failures()]).toEqual([5, 5])
  })
})

describe('people who race for one name', () => {
  test('a hundred at once, on spellings that look alike: one gets it, the others the form with the error', async () => {
    const { visitor, db, app } = await startApp()
    const spellings = ['ana.silva', 'Ana.Silva', 'ANA.SILVA', 'ana.si1va']
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const answer = await visitor({ ip: `198.51.100.${i}` }).request('POST', '/register', {
          username: spellings[i % 4] ?? '',
          password: PASSWORD,
        })
        return answer.statusCode
      }),
    )
    expect(statuses.filter((status) => status === 303)).toHaveLength(1)
    expect(statuses.filter((status) => status === 422 || status === 503)).toHaveLength(99)
    expect(statuses.filter((status) => status === 422).length).toBeGreaterThan(0)
    expect(await db.user.count()).toBe(1)
    expect(await db.session.count()).toBe(1)
    expect(await db.auditEvent.count({ where: { event: 'user.registered' } })).toBe(1)
    const { username } = await db.user.findFirstOrThrow()
    expect((await visitor().logIn(username)).path).toBe('/account')
    expect(app.passwords).toBeDefined()
  })
})
