import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { heldNameHash, hold } from '../src/accounts/held-name.ts'
import { changeUsername } from '../src/features/account/change-username.ts'
import { makeAdmin } from '../src/features/setup/make-admin.ts'
import { days, fromNow } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { addPerson, PASSWORD, source } from './support/people.ts'
import { purge } from './support/purge.ts'
import type { Visitor } from './support/visitor.ts'

afterEach(() => void vi.useRealTimers())

const TAKEN = 'That username is taken. Try another'

async function rename(visitor: Visitor, username: string) {
  await visitor.visit('/account/username')
  return visitor.fill({ Username: username }).press('Save username')
}

async function withAna() {
  const services = await startApp()
  const ana = services.visitor()
  await ana.signUp('ana.silva')
  return { ...services, ana }
}

/** As many as wanted, each from a network of their own. */
const register = (visitor: Visitor, username: string) =>
  visitor.request('POST', '/register', { username, password: PASSWORD })

describe('a username', () => {
  test('is changed in place, and is what its bearer signs in with from then on', async () => {
    const { ana, visitor } = await withAna()
    await ana.visit('/account/username')
    expect(ana.field('Username').value).toBe('ana.silva')
    await ana.fill({ Username: 'Ana.Souza' }).press('Save username')
    expect(ana.path).toBe('/account')
    expect(ana.text('[role=status]')).toBe('Username changed to ana.souza.')
    expect((await visitor().logIn('ana.souza')).path).toBe('/account')
    expect((await visitor().logIn('ana.silva')).answer.statusCode).toBe(422)
  })

  test.each([
    ['x', 'Make it 3 characters or more'],
    ['admin', 'That username is kept for the service. Try another'],
    ['ana.silva', 'That is already your username'],
    ['bob', TAKEN],
    ['b0b', TAKEN],
  ])('that is to be %s is refused: %s', async (username, problem) => {
    const { ana, db } = await withAna()
    await addPerson(db, 'bob')
    await rename(ana, username)
    expect(ana.answer.statusCode).toBe(422)
    expect(ana.errorAt('Username')).toBe(problem)
    expect(await db.heldName.count()).toBe(0)
    expect(await db.user.count({ where: { username: 'ana.silva' } })).toBe(1)
  })

  test('can be changed by JSON', async () => {
    const { ana } = await withAna()
    const answer = await ana.json('POST', '/account/username', { username: 'ana.souza' })
    expect(answer.json()).toEqual({ status: 'success', user: { username: 'ana.souza' } })
  })

  test('may be asked about ten times, and then there is a pause', async () => {
    const { ana, db } = await withAna()
    await addPerson(db, 'bob')
    const statuses = []
    for (let i = 0; i < 11; i++)
      statuses.push((await ana.json('POST', '/account/username', { username: 'bob' })).statusCode)
    expect(statuses).toEqual([...Array(10).fill(422), 429])
  })

  test('changed twice at once is changed once', async () => {
    const { ana, db } = await withAna()
    const names = ['ana.souza', 'ana.santos', 'ana.lima', 'ana.costa']
    const answers = await Promise.all(
      names.map((username) => ana.json('POST', '/account/username', { username })),
    )
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1)
    expect(await db.heldName.count()).toBe(1)
    expect(await db.auditEvent.count({ where: { event: 'user.username-changed' } })).toBe(1)
  })
})

describe('an account that was changed while its bearer waited', () => {
  const moved = [{ username: 'ana.souza', usernameSkeleton: 'ana.souza' }, { status: 'suspended' as const }]
  test.each(moved)('to %j gets no other name', async (data) => {
    const { app, db } = await withAna()
    const user = await db.user.findUniqueOrThrow({ where: { username: 'ana.silva' } })
    const now = await db.user.update({ where: { id: user.id }, data })
    await expect(changeUsername(app, user, 'ana.si1va', source)).rejects.toThrow('changed elsewhere')
    expect(await db.user.findUnique({ where: { id: user.id } })).toEqual(now)
    expect(await db.auditEvent.count({ where: { event: 'user.username-changed' } })).toBe(0)
  })
})

describe('the name that was given up', () => {
  test('is refused to everybody else, in every spelling and on every way', async () => {
    const { ana, app, db, visitor } = await withAna()
    await rename(ana, 'ana.souza')
    for (const username of ['ana.silva', 'ANA.silva', 'ana.si1va']) {
      const other = visitor()
      await register(other, username)
      expect(other.answer.statusCode).toBe(422)
      expect(other.errorAt('Username')).toBe('That username is taken. Try another, or pick one below')
    }
    const typed = { username: 'ana.silva', email: '', password: PASSWORD }
    await expect(makeAdmin(app, typed, source, { actor: 'cli:root' })).rejects.toThrow('username.taken')
    const bob = visitor()
    await bob.signUp('bob')
    await rename(bob, 'ana.silva')
    expect(bob.errorAt('Username')).toBe(TAKEN)
    expect(await db.user.findMany({ select: { username: true }, orderBy: { username: 'asc' } })).toEqual([
      { username: 'ana.souza' },
      { username: 'bob' },
    ])
  })

  test('is refused where the address has to be confirmed', async () => {
    const { app, db, visitor } = await startApp({ EMAIL: 'required' })
    await db.$transaction((tx) => hold(tx, 'ana.silva', null, fromNow(days(90))))
    expect(app.config.email).toBe('required')
    const other = visitor()
    await other.signUp('ana.silva', { email: 'other@example.org' })
    expect(other.answer.statusCode).toBe(422)
    expect(await db.user.count()).toBe(0)
    expect(await db.mail.count()).toBe(0)
  })

  test('is none of those that are suggested for it', async () => {
    const { ana, visitor } = await withAna()
    await rename(ana, 'ana-silva')
    await rename(ana, 'ana.silva')
    const typed = { username: 'ana.silva', password: PASSWORD }
    const { suggestions } = (await visitor().json('POST', '/register', typed)).json()
    expect(suggestions).toEqual(['ana_silva', 'anasilva', 'silva.ana'])
  })

  test('is taken back at any time, and then the other is held', async () => {
    const { ana, db, visitor } = await withAna()
    await rename(ana, 'ana.souza')
    await rename(ana, 'ana.silva')
    expect(ana.text('[role=status]')).toBe('Username changed to ana.silva.')
    expect(await db.heldName.findMany({ select: { nameHash: true } })).toEqual([
      { nameHash: heldNameHash('ana.souza') },
    ])
    expect((await register(visitor(), 'ana.souza')).statusCode).toBe(422)
  })

  test('is the only one that its bearer may change to, for 30 days', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-22T12:00:00Z') })
    const { ana, db } = await withAna()
    await rename(ana, 'ana.souza')
    await rename(ana, 'ana.lima')
    expect(ana.answer.statusCode).toBe(422)
    expect(ana.errorAt('Username')).toBe('You can change your username again on 22 December 2026')
    expect(await db.user.count({ where: { username: 'ana.souza' } })).toBe(1)
    vi.setSystemTime(fromNow(days(30) + 1))
    await ana.logIn('ana.souza')
    await rename(ana, 'ana.lima')
    expect(ana.text('[role=status]')).toBe('Username changed to ana.lima.')
  })

  test('is free after 30 days, purged or not, and no hold is left', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { ana, db, visitor } = await withAna()
    await rename(ana, 'ana.souza')
    vi.setSystemTime(fromNow(days(30) - 1000))
    await purge(db)
    expect((await register(visitor(), 'ana.silva')).statusCode).toBe(422)
    vi.setSystemTime(fromNow(2000))
    expect((await register(visitor(), 'ana.silva')).statusCode).toBe(303)
    await purge(db)
    expect(await db.heldName.count()).toBe(0)
  })

  test('is not held if the new one is only another spelling, whatever else is held', async () => {
    const { ana, db, visitor } = await withAna()
    await rename(ana, 'ana.si1va')
    expect(await db.heldName.count()).toBe(0)
    expect((await register(visitor(), 'ana.silva')).statusCode).toBe(422)
    await rename(ana, 'ana.souza')
    await rename(ana, 'ana.s0uza')
    expect(ana.text('[role=status]')).toBe('Username changed to ana.s0uza.')
    expect(await db.heldName.count()).toBe(1)
  })
})

describe('a race for a name that is given up', () => {
  test('64 strangers who sign up at that moment don’t get it', async () => {
    for (let round = 0; round < 3; round++) {
      const { ana, db, visitor } = await withAna()
      const strangers = Array.from({ length: 64 }, (_, i) => visitor({ ip: `198.51.100.${i}` }))
      const half = strangers.splice(32)
      const early = half.map((stranger) => register(stranger, 'ana.silva'))
      const renamed = ana.json('POST', '/account/username', { username: 'ana.souza' })
      const late = strangers.map((stranger) => register(stranger, 'ana.silva'))
      const statuses = (await Promise.all([...early, ...late])).map(({ statusCode }) => statusCode)
      expect((await renamed).statusCode).toBe(200)
      expect(statuses.filter((status) => status !== 422 && status !== 503)).toEqual([])
      expect(await db.user.findMany({ select: { username: true } })).toEqual([{ username: 'ana.souza' }])
      expect(await db.heldName.count()).toBe(1)
    }
  })

  test.each(['a sign-up', 'an operator'])('%s that waits for the change is refused after it', async (who) => {
    const { app, db, visitor } = await startApp()
    const { user } = await addPerson(db, 'ana.silva')
    const typed = { username: 'ana.silva', email: '', password: PASSWORD }
    let taking: Promise<unknown> | undefined
    await db.$transaction(async (tx) => {
      const data = { username: 'ana.souza', usernameSkeleton: 'ana.souza' }
      await tx.user.update({ where: { id: user.id }, data })
      taking =
        who === 'a sign-up'
          ? register(visitor(), 'ana.silva').then(({ statusCode }) => statusCode)
          : makeAdmin(app, typed, source, { actor: 'cli:root' }).then(
              () => 200,
              (error) => error.message,
            )
      // Long enough for the hash, and the write that waits.
      await sleep(1500)
      await hold(tx, user.usernameSkeleton, user.id, fromNow(days(30)))
    })
    expect(await taking).toBe(who === 'a sign-up' ? 422 : 'username: username.taken')
    expect(await db.user.count()).toBe(1)
  })
})
