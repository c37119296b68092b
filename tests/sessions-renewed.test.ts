import { afterEach, describe, expect, test, vi } from 'vitest'
import { newDevice } from '../src/accounts/known-device.ts'
import { newSession, type SignedIn, startSession } from '../src/accounts/session.ts'
import { removePassword } from '../src/features/account/remove-password.ts'
import { endOtherSessions, endSession } from '../src/features/sessions/end-sessions.ts'
import { minutes, now, seconds } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { addAuthenticator } from './support/authenticator.ts'
import { afterEachVerification } from './support/meanwhile.ts'
import { addPerson, PASSWORD, source } from './support/people.ts'
import type { App } from './support/requests.ts'
import { typeCode } from './support/second-step.ts'
import { Visitor } from './support/visitor.ts'

afterEach(() => void vi.useRealTimers())

const NEW = 'another-horse-battery'
const SESSION = 'foyer-session'

/** Who holds nothing but a session token. */
function thief(app: App, token = '') {
  const visitor = new Visitor(app, { ip: '198.51.100.66' })
  visitor.cookies.set(SESSION, token)
  return visitor
}

async function isOut(app: App, token: string | undefined) {
  const visitor = thief(app, token)
  await visitor.visit('/account')
  return visitor.path.startsWith('/login')
}

async function member() {
  const { app, db, visitor } = await startApp()
  const { user } = await addPerson(db, 'ana.silva')
  await db.session.deleteMany()
  const ana = visitor()
  /** Does something that gives another token, and sees that none from before opens anything. */
  const renewedBy = async (deed: () => Promise<unknown>) => {
    const before = ana.cookies.get(SESSION)
    await deed()
    const after = ana.cookies.get(SESSION)
    expect(after).toMatch(/^[\w-]{43}$/)
    expect(after).not.toBe(before)
    expect(await isOut(app, before)).toBe(true)
    expect(await isOut(app, after)).toBe(false)
  }
  return { app, db, ana, user, renewedBy }
}

describe('the token of a session is another after', () => {
  test('a sign-in, also where one was planted', async () => {
    const { app, ana, renewedBy } = await member()
    ana.cookies.set(SESSION, 'p'.repeat(43))
    await renewedBy(() => ana.logIn('ana.silva'))
    const first = ana.cookies.get(SESSION)
    await ana.visit('/account')
    await ana.press('Sign out')
    await renewedBy(() => ana.logIn('ana.silva'))
    expect(await isOut(app, first)).toBe(true)
  })

  test('a second step, until which there is none', async () => {
    const { app, ana, user, renewedBy } = await member()
    const { code } = await addAuthenticator(app, user)
    await ana.logIn('ana.silva')
    expect(ana.path).toMatch('/login/two-factor')
    expect(ana.cookies.has(SESSION)).toBe(false)
    // What the first step gave is no session either.
    for (const token of [...ana.cookies.values()]) expect(await isOut(app, token)).toBe(true)
    const step = ana.cookies.get('foyer-two-factor')
    await renewedBy(() => typeCode(ana, code()))
    expect(ana.cookies.get(SESSION)).not.toBe(step)
  })

  test('a fresh proof', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { ana, renewedBy } = await member()
    await ana.logIn('ana.silva')
    vi.setSystemTime(now() + minutes(10) + seconds(1))
    await ana.visit('/account/confirm')
    await renewedBy(() => ana.fill({ 'Your password': PASSWORD }).press('Continue'))
  })

  test('a change of password', async () => {
    const { ana, renewedBy } = await member()
    await ana.logIn('ana.silva')
    await ana.visit('/account/password')
    const typed = { 'Your current password': PASSWORD, 'New password': NEW }
    await renewedBy(() => ana.fill(typed).press('Save new password'))
  })
})

describe('a session that is ended while its password is changed', () => {
  const ways = {
    'one by one': (db: App['db'], owner: SignedIn, { session }: SignedIn) =>
      endSession(db, owner, session, source),
    'with all others': (db: App['db'], owner: SignedIn) => endOtherSessions(db, owner, source),
  }
  test.each(Object.entries(ways))('doesn’t come back under another token: %s', async (_way, end) => {
    const { app, db, user } = await member()
    const [own, stolen] = [newSession(user, true, source), newSession(user, true, source)]
    await db.session.createMany({ data: [own.row, stolen.row] })
    afterEachVerification(app, () =>
      end(db, { user, session: own.row }, { user, session: stolen.row }).catch(() => {}),
    )
    const other = thief(app, stolen.token)
    await other.request('POST', '/account/password', { current: PASSWORD, password: NEW })
    expect(other.answer.statusCode).toBe(409)
    expect(other.answer.cookies).toEqual([])
    expect(await db.session.findMany()).toMatchObject([{ id: own.row.id }])
    const { passwordHash } = await db.user.findUniqueOrThrow({ where: { id: user.id } })
    expect(passwordHash).toBe(user.passwordHash)
  })

  test('nor while it is removed', async () => {
    const { db, user } = await member()
    const key = { publicKey: new Uint8Array(1), signCount: 0n, transports: '', backedUp: false }
    for (const name of ['one', 'two'])
      await db.passkey.create({ data: { ...key, name, credentialId: name, userId: user.id } })
    const session = newSession(user, true, source).row
    const removed = removePassword(db, { user, session }, source)
    await expect(removed).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining('signed out'),
    })
    expect(await db.session.count()).toBe(0)
    const { passwordHash } = await db.user.findUniqueOrThrow({ where: { id: user.id } })
    expect(passwordHash).toBe(user.passwordHash)
  })
})

describe('the sessions of a member', () => {
  test('are fifty at most: the one that was used least recently goes', async () => {
    const { db, ana, user } = await member()
    const start = now() - minutes(60)
    const rows = Array.from({ length: 50 }, (_, i) => ({
      ...newSession(user, true, source).row,
      lastSeenAt: new Date(start + seconds((i + 7) % 50)),
    }))
    await db.session.createMany({ data: rows })
    const leastUsed = rows[43]
    await ana.logIn('ana.silva')
    const left = new Set((await db.session.findMany()).map(({ id }) => id))
    expect(left.size).toBe(50)
    expect(rows.filter(({ id }) => !left.has(id)).map(({ id }) => id)).toEqual([leastUsed?.id])
    const { sessions } = (await ana.json('GET', '/account')).json()
    expect(sessions).toHaveLength(50)
    expect(sessions[0].current).toBe(true)
  })

  test('write down that they are used once a minute', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { db, ana } = await member()
    await ana.logIn('ana.silva')
    const seenAt = async () => (await db.session.findFirstOrThrow()).lastSeenAt.getTime()
    const start = await seenAt()
    for (const [later, written] of [
      [minutes(1) - 1, 0],
      [minutes(1), minutes(1)],
      [minutes(2) - 1, minutes(1)],
    ] as const) {
      vi.setSystemTime(start + later)
      await ana.visit('/account')
      expect((await seenAt()) - start).toBe(written)
    }
  })
})

test('a sign-in from a device that is forgotten at that moment is turned down', async () => {
  const { db, user } = await member()
  const row = newDevice(user.id, true).row
  await db.device.create({ data: row })
  const device = await db.device.findUniqueOrThrow({ where: { id: row.id } })
  await db.device.deleteMany()
  const signIn = { remember: false, device, proven: false, trust: false }
  expect(await startSession(db, user, signIn, source)).toBe(undefined)
  expect([await db.session.count(), await db.device.count()]).toEqual([0, 0])
})
