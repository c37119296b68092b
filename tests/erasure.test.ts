import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { record } from '../src/accounts/audit/audit.ts'
import { issueToken } from '../src/accounts/token.ts'
import type { Db } from '../src/db/client.ts'
import { deliver } from '../src/mail/delivery.ts'
import { post } from '../src/mail/outbox.ts'
import { days, fromNow, hours, minutes, now } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { addMemberWithEverything, letTimePass } from './support/closing.ts'
import { dump } from './support/dump.ts'
import { mailOf } from './support/mailbox.ts'
import { addPerson, PASSWORD, source } from './support/people.ts'
import { eraseClosed, purge } from './support/purge.ts'
import { FORM, send } from './support/requests.ts'

afterEach(() => void vi.useRealTimers())

const NAME = 'quetzalqwert'

/** A member with everything there can be, who has closed their account, and others who have to do with them. */
async function withClosing() {
  const { app, db, config, visitor } = await startApp()
  const member = await addMemberWithEverything(db, NAME)
  const known = (await dump(db, config.databaseUrl)).join('\n')
  for (const identifier of member.identifiers) expect(known).toContain(identifier)
  const { id } = member.user
  const ada = await addPerson(db, 'ada.admin', { role: 'admin', email: 'ada@example.org' })
  await record(db, 'user.restored', { actor: ada.user.id, subjectId: ada.user.id, source })
  await record(db, 'user.suspended', {
    actor: id,
    subjectId: ada.user.id,
    source,
    detail: { reason: 'spam' },
  })
  await record(db, 'password.rehashed', { actor: ada.user.id, subjectId: id, source, detail: { to: 'new' } })
  await post(db, 'reset-password', { address: 'ada@example.org' }, source)
  await db.mail.updateMany({ data: { state: 'sent' } })
  await db.throttle.create({ data: { key: 'mail:ada@example.org', tat: BigInt(now() + hours(1)) } })
  const closed = await send(app, {
    ...{ method: 'POST', url: '/account/delete', type: FORM, body: '', cookie: member.cookie },
  })
  expect(closed.statusCode).toBe(303)
  return { app, db, config, visitor, member, ada }
}

describe('an account that closes', () => {
  test('is there whole until its time is up, and then it is gone', async () => {
    const { db, config } = await withClosing()
    const before = await dump(db, config.databaseUrl)
    vi.useFakeTimers({ toFake: ['Date'] })
    const start = now()
    vi.setSystemTime(start + days(6.99))
    await eraseClosed(db)
    expect(await dump(db, config.databaseUrl)).toEqual(before)
    vi.setSystemTime(start + days(7))
    await eraseClosed(db)
    expect(await db.user.findMany({ select: { username: true } })).toEqual([{ username: 'ada.admin' }])
  })

  test('leaves nothing that tells who it was, in any table, once it has been told so', async () => {
    const { app, db, config, member } = await withClosing()
    await mailOf(app)
    await letTimePass(db)
    await purge(db)
    const left = await mailOf(app)
    expect(left.map(({ to, subject }) => [to, subject])).toEqual([[member.email, 'Your account is closed']])
    const lines = await dump(db, config.databaseUrl)
    for (const identifier of [...member.identifiers, member.name])
      expect(lines.filter((line) => line.toLowerCase().includes(identifier.toLowerCase()))).toEqual([])
  })

  test('is one pseudonym in the audit trail, which keeps what happened', async () => {
    const { db, ada } = await withClosing()
    const before = await db.auditEvent.findMany({ orderBy: { id: 'asc' } })
    await letTimePass(db)
    await eraseClosed(db)
    // Besides, a job ends that searched for them.
    const theirs = { event: { not: 'job.cancelled' } }
    const events = await db.auditEvent.findMany({ where: theirs, orderBy: { id: 'asc' } })
    const erased = events.at(-1)
    expect(erased).toMatchObject({ event: 'user.erased', actor: 'foyer' })
    const somebody = erased?.subjectId ?? ''
    expect(somebody).toMatch(/^erased:[0-9a-f-]{36}$/)
    expect(events.slice(0, -1).map(({ id, at, event }) => ({ id, at, event }))).toEqual(
      before.map(({ id, at, event }) => ({ id, at, event })),
    )
    const bare = { ip: null, userAgent: null, requestId: null, detail: null }
    expect(events.slice(0, -1)).toMatchObject([
      { event: 'user.restored', actor: ada.user.id, subjectId: ada.user.id, ip: source.ip },
      { event: 'user.suspended', actor: somebody, subjectId: ada.user.id, ...bare },
      { event: 'password.rehashed', actor: ada.user.id, subjectId: somebody, ...bare },
      { event: 'user.closing', actor: somebody, subjectId: somebody, ...bare },
    ])
  })

  test('takes nothing of others along', async () => {
    const { db, member } = await withClosing()
    // Which stands for any character, to the database.
    await db.user.update({ where: { id: member.user.id }, data: { emailKey: '___@example.org' } })
    await letTimePass(db)
    await eraseClosed(db)
    expect(await db.session.count()).toBe(1)
    expect(await db.mail.count({ where: { address: 'ada@example.org' } })).toBe(1)
    expect(await db.throttle.findMany({ where: { key: { contains: 'ada' } } })).toHaveLength(1)
  })

  test('frees its address at once, and its name after 90 days', async () => {
    const { db, visitor, member } = await withClosing()
    await letTimePass(db)
    await eraseClosed(db)
    const other = visitor()
    await other.signUp(NAME)
    expect(other.errorAt('Username')).toBe('That username is taken. Try another, or pick one below')
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(now() + days(90) - minutes(1))
    await purge(db)
    await other.signUp(NAME)
    expect(other.errorAt('Username')).toBe('That username is taken. Try another, or pick one below')
    vi.setSystemTime(now() + minutes(2))
    await purge(db)
    await other.signUp(NAME, { email: member.email })
    expect(other.path).toBe('/account')
    await db.user.update({ where: { username: NAME }, data: { provenEmailKey: member.email } })
  })
})

describe('the last mail', () => {
  const stage = async () => {
    const { app, db } = await withClosing()
    await mailOf(app)
    await letTimePass(db)
    await eraseClosed(db)
    const count = () => db.mail.count({ where: { kind: 'account-deleted' } })
    expect(await count()).toBe(1)
    return { app, db, count }
  }

  test('goes when the mail server refuses it', async () => {
    const { app, count } = await stage()
    const refuse = async () => {
      throw Object.assign(new Error('Nobody here'), { responseCode: 550, command: 'RCPT TO' })
    }
    await Promise.all(await deliver(app, refuse))
    expect(await count()).toBe(0)
  })

  test('is tried again while the mail server is away, and goes when it is too late', async () => {
    const { app, db, count } = await stage()
    const away = async () => {
      throw Object.assign(new Error('Away'), { code: 'ECONNREFUSED' })
    }
    await Promise.all(await deliver(app, away))
    expect(await count()).toBe(1)
    await db.mail.updateMany({ data: { dueAt: fromNow(-days(4)) } })
    await Promise.all(await deliver(app, away))
    expect(await count()).toBe(0)
  })

  test('goes after three days where nothing sends mail', async () => {
    const { db, count } = await stage()
    await db.mail.updateMany({ data: { createdAt: fromNow(-days(2.9)) } })
    await purge(db)
    expect(await count()).toBe(1)
    await db.mail.updateMany({ data: { createdAt: fromNow(-days(3) - 1) } })
    await purge(db)
    expect(await count()).toBe(0)
  })
})

test('kept or erased at the same moment, it is whole or gone: 64 times', async () => {
  const { app, db } = await startApp()
  const outcomes = { kept: 0, erased: 0 }
  for (let round = 0; round < 64; round++) {
    const { user } = await addPerson(db, `ana${round}`, {
      status: 'closing',
      email: `ana${round}@example.org`,
    })
    const { id } = user
    await db.user.update({ where: { id }, data: { closesAt: fromNow(-1) } })
    const { token } = await issueToken(db, 'keep-account', fromNow(hours(1)), { userId: id })
    const cookie = `foyer-keep-account=${token}`
    const keep = () => send(app, { method: 'POST', url: '/keep-account', type: FORM, body: '', cookie })
    // Sooner in some rounds, later in others.
    const erase = async () => {
      for (let turn = 0; turn < round % 16; turn++) await setImmediate()
      await eraseClosed(db)
    }
    const [answer] = await Promise.all([keep(), erase(), erase()])
    const found = await db.user.findUnique({ where: { id }, include: { sessions: true } })
    const events = await db.auditEvent.findMany({
      ...{ where: { subjectId: id }, select: { event: true }, orderBy: { id: 'asc' } },
    })
    if (found) {
      outcomes.kept++
      expect(answer.statusCode).toBe(303)
      expect(found).toMatchObject({ status: 'active', closesAt: null })
      // The one it had, and the one it has come back by.
      expect(found.sessions).toHaveLength(2)
      expect(events.map(({ event }) => event)).toEqual(['user.kept', 'session.started'])
    } else {
      outcomes.erased++
      expect(answer.statusCode).toBe(410)
      expect(events).toEqual([])
    }
    await db.user.deleteMany()
  }
  expect(await db.auditEvent.count({ where: { event: 'user.erased' } })).toBe(outcomes.erased)
  expect(await db.mail.count({ where: { kind: 'account-deleted' } })).toBe(outcomes.erased)
  expect(await db.heldName.count()).toBe(outcomes.erased)
  console.info(outcomes)
})

test('kept after its time was up, and before it is erased, it stays', async () => {
  const { db } = await startApp()
  const { user } = await addPerson(db, 'ana.silva', { status: 'closing' })
  await letTimePass(db)
  const data = { status: 'active' as const, closesAt: null }
  const findMany = async <Args, Result>({ args, query }: { args: Args; query: (args: Args) => Result }) => {
    await db.user.update({ where: { id: user.id }, data })
    return query(args)
  }
  // What is known of them is looked up between the two.
  await eraseClosed(db.$extends({ query: { device: { findMany } } }) as unknown as Db)
  expect(await db.user.findMany({ include: { sessions: true } })).toMatchObject([{ ...data, sessions: [{}] }])
  expect([await db.auditEvent.count(), await db.heldName.count()]).toEqual([0, 0])
})

test('closed while they sign in elsewhere, nobody is left signed in', async () => {
  const { app, db, visitor } = await startApp()
  for (let round = 0; round < 10; round++) {
    const { cookie } = await addPerson(db, `ana${round}`)
    const login = { login: `ana${round}`, password: PASSWORD }
    const [closed] = await Promise.all([
      send(app, { method: 'POST', url: '/account/delete', type: FORM, body: '', cookie }),
      ...Array.from({ length: 4 }, () => visitor().request('POST', '/login', login)),
    ])
    expect(closed.statusCode).toBe(303)
    expect(await db.session.count()).toBe(0)
  }
})
