import { randomUUIDv7 } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { record } from '../src/accounts/audit/audit.ts'
import { newDevice } from '../src/accounts/known-device.ts'
import { newSession } from '../src/accounts/session.ts'
import type { MailState } from '../src/db/generated/sqlite/enums.ts'
import { days, fromNow, hours, minutes, now } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { addPerson, source } from './support/people.ts'
import { purge, purgeInTurn } from './support/purge.ts'
import { unguardTrail } from './support/trail.ts'

afterEach(() => void vi.useRealTimers())

const KEPT = ['running', 'fresh', 'used', 'filling']

test('what has run out is removed: sessions, one-time tokens, throttles and mails, and nothing else', async () => {
  const { db } = await startApp()
  const { user, sessionId } = await addPerson(db, 'anna.active')
  await addPerson(db, 'sue.suspended', { status: 'suspended' })
  await db.session.updateMany({ data: { userAgent: 'running' } })
  for (const expiresAt of [fromNow(-1), fromNow(-hours(1))])
    await db.session.create({ data: { ...newSession(user, true, source).row, expiresAt, userAgent: 'over' } })

  const token = (name: string, expiresAt: Date, usedAt: Date | null = null) => ({
    ...{ id: randomUUIDv7(), tokenHash: Buffer.from(name), purpose: name },
    ...{ expiresAt, usedAt },
  })
  await db.token.createMany({
    data: [
      ...[token('fresh', fromNow(minutes(1))), token('used', fromNow(minutes(1)), fromNow(0))],
      ...[token('over', fromNow(-1)), token('long.over', fromNow(-hours(9)), fromNow(-hours(10)))],
    ],
  })
  await db.throttle.createMany({
    data: [
      { key: 'filling', tat: BigInt(now() + minutes(1)) },
      { key: 'full', tat: BigInt(now() - 1) },
      { key: 'long.full', tat: BigInt(now() - hours(9)) },
    ],
  })
  const mail = (kind: string, state: MailState, dueAt: Date) => ({
    ...{ id: randomUUIDv7(), kind, state, dueAt, address: 'anna@example.org', facts: {} },
  })
  await db.mail.createMany({
    data: [
      ...(['waiting', 'sent', 'failed', 'withheld'] as const).flatMap((state) => [
        mail(state, state, fromNow(-days(29))),
        mail('old', state, fromNow(-days(31))),
      ]),
    ],
  })
  await record(db, 'user.registered', { actor: user.id, subjectId: user.id, source })
  await unguardTrail(db)
  await db.auditEvent.updateMany({ data: { at: fromNow(-hours(9999)) } })

  for (let i = 0; i < 2; i++) {
    await purge(db)
    const sessions = await db.session.findMany({ select: { userAgent: true } })
    const tokens = await db.token.findMany({ select: { purpose: true }, orderBy: { purpose: 'asc' } })
    const throttles = await db.throttle.findMany({ select: { key: true } })
    const mails = await db.mail.findMany({ select: { kind: true }, orderBy: { kind: 'asc' } })
    expect(mails.map(({ kind }) => kind)).toEqual(['failed', 'sent', 'waiting', 'withheld'])
    const left = [sessions.map((s) => s.userAgent), tokens.map((t) => t.purpose), throttles.map((t) => t.key)]
    // Of each person the session that addPerson made.
    expect(left.flat()).toEqual(['running', ...KEPT])
    expect(await db.session.count({ where: { id: sessionId } })).toBe(1)
    expect([await db.user.count(), await db.auditEvent.count()]).toEqual([2, 1])
  }
})

test('more than a batch goes as well, to the last row', async () => {
  const { db } = await startApp()
  const people = Array.from({ length: 1200 }, (_, n) => ({
    ...{ id: randomUUIDv7(), username: `pending${n}`, usernameSkeleton: `pending${n}`, passwordHash: '' },
    ...{ passwordChangedAt: fromNow(0), status: 'pending' as const },
  }))
  await db.user.createMany({ data: people })
  const expiresAt = fromNow(-1)
  await db.signUp.createMany({
    data: people.map(({ id, username }) => ({ userId: id, tokenHash: Buffer.from(username), expiresAt })),
  })
  const tokens = people.map(({ username }) => ({
    ...{ purpose: 'setup', expiresAt, tokenHash: Buffer.from(username) },
  }))
  await db.token.createMany({ data: tokens })
  await purge(db)
  expect([await db.user.count(), await db.signUp.count(), await db.token.count()]).toEqual([0, 0, 0])
  expect(await db.auditEvent.count({ where: { event: 'registration.expired', actor: 'foyer' } })).toBe(1200)
})

test('of several processes one does it, once in ten minutes', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { db } = await startApp()
  const addOld = () =>
    db.token.create({ data: { purpose: 'setup', expiresAt: fromNow(-1), tokenHash: Buffer.from('old') } })
  await Promise.all(Array.from({ length: 8 }, () => purgeInTurn(db)))
  await addOld()
  await purgeInTurn(db)
  expect(await db.token.count()).toBe(1)
  vi.setSystemTime(fromNow(minutes(10) + 1))
  await purgeInTurn(db)
  expect(await db.token.count()).toBe(0)
})

test('a browser is forgotten once nobody has signed in there for a year', async () => {
  const { db } = await startApp()
  const { user, sessionId } = await addPerson(db, 'anna.active')
  const addDevice = async (age: number) => {
    const row = { ...newDevice(user.id).row, lastSeenAt: fromNow(-age) }
    await db.device.create({ data: row })
    return row.id
  }
  const kept = await addDevice(days(365) - minutes(1))
  const forgotten = await addDevice(days(365) + minutes(1))
  await db.session.update({ where: { id: sessionId }, data: { deviceId: forgotten } })
  await purge(db)
  expect(await db.device.findMany()).toMatchObject([{ id: kept }])
  expect(await db.session.findMany()).toMatchObject([{ id: sessionId, deviceId: null }])
})
