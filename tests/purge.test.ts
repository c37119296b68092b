import { randomUUIDv7 } from 'node:crypto'
import { expect, test } from 'vitest'
import { record } from '../src/accounts/audit.ts'
import { newSession } from '../src/accounts/session.ts'
import { purge } from '../src/features/operations/purge.ts'
import { fromNow, hours, minutes, now } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { addPerson, source } from './support/people.ts'

const KEPT = ['running', 'fresh', 'used', 'filling']

test('what has run out is removed: sessions, one-time tokens and throttles, and nothing else', async () => {
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
  await record(db, 'user.registered', { actor: user.id, subjectId: user.id, source })
  await db.auditEvent.updateMany({ data: { at: fromNow(-hours(9999)) } })

  for (let i = 0; i < 2; i++) {
    await purge(db)
    const sessions = await db.session.findMany({ select: { userAgent: true } })
    const tokens = await db.token.findMany({ select: { purpose: true }, orderBy: { purpose: 'asc' } })
    const throttles = await db.throttle.findMany({ select: { key: true } })
    const left = [sessions.map((s) => s.userAgent), tokens.map((t) => t.purpose), throttles.map((t) => t.key)]
    // Of each person the session that addPerson made.
    expect(left.flat()).toEqual(['running', ...KEPT])
    expect(await db.session.count({ where: { id: sessionId } })).toBe(1)
    expect([await db.user.count(), await db.auditEvent.count()]).toEqual([2, 1])
  }
})
