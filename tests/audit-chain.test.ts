import { afterEach, describe, expect, test, vi } from 'vitest'
import { askForApproval, reject } from '../src/accounts/admission.ts'
import { recordAll } from '../src/accounts/audit/audit.ts'
import { sealTrail } from '../src/accounts/audit/seal-trail.ts'
import { verifyTrail } from '../src/accounts/audit/verify-trail.ts'
import type { Db } from '../src/db/client.ts'
import { openDb } from '../src/db/client.ts'
import { startApp } from './support/app.ts'
import { addPerson, source } from './support/people.ts'
import { eraseClosed } from './support/purge.ts'
import { sealAll, unguardTrail, withTrail } from './support/trail.ts'

afterEach(() => void vi.useRealTimers())

const event = (n: number) => ({ actor: 'visitor', source, detail: { n: `${n}` } })

describe('the chain over the audit trail', () => {
  test('takes in every row once, in order, and verifies', async () => {
    const { app, db, verify } = await withTrail(6)
    await recordAll(
      db,
      'login.failed',
      Array.from({ length: 450 }, (_, n) => event(n)),
    )
    expect(await verify()).toMatchObject({ rows: 6, unsealed: 450, broken: undefined })
    await sealAll(app)
    const rows = await db.auditEvent.findMany({ orderBy: { seq: 'asc' } })
    expect(rows.map(({ seq }) => Number(seq))).toEqual(Array.from({ length: 456 }, (_, i) => i + 1))
    expect(await verify()).toMatchObject({
      ...{ rows: 456, pseudonymised: 0, unsealed: 0, broken: undefined },
      head: { seq: 456n, link: rows.at(-1)?.link },
    })
    expect(await sealTrail(app)).toBe(0)
  })

  test('of a trail without rows is whole', async () => {
    const { app, db } = await startApp()
    expect(await sealTrail(app)).toBe(0)
    expect(await verifyTrail(db, app.secretKeys)).toMatchObject({ rows: 0, unsealed: 0, broken: undefined })
  })

  test('is one, however many processes seal at once', async () => {
    const { app, db, config, verify } = await withTrail(1)
    await recordAll(
      db,
      'login.failed',
      Array.from({ length: 1000 }, (_, n) => event(n)),
    )
    const others = await Promise.all([1, 2].map(() => openDb(config.databaseUrl)))
    const sealed = await Promise.all(
      [db, ...others].map(async (db) => {
        let count = 0
        while (await db.auditEvent.count({ where: { seq: null } }))
          count += await sealTrail({ db, secretKeys: app.secretKeys })
        return count
      }),
    )
    await Promise.all(others.map((other) => other.$disconnect()))
    expect(sealed.reduce((sum, count) => sum + count)).toBe(1000)
    expect(await verify()).toMatchObject({ rows: 1001, unsealed: 0, broken: undefined })
  })

  test('counts on the way how often what happened on which day', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, db } = await startApp()
    await recordAll(db, 'login.failed', [event(1), event(2)])
    await db.auditEvent.create({
      data: { event: 'session.started', actor: 'x', via: 'html', at: new Date('2026-01-02T23:59:59.999Z') },
    })
    await sealAll(app)
    const today = new Date().toISOString().slice(0, 10)
    const counts = await db.tallyChange.findMany({
      where: { day: { not: '' }, name: { in: ['login.failed', 'session.started'] } },
      orderBy: { name: 'asc' },
    })
    expect(counts).toMatchObject([
      { name: 'login.failed', day: today, count: 2 },
      { name: 'session.started', day: '2026-01-02', count: 1 },
    ])
  })

  test('stays whole when somebody is erased, and says how many rows they were in', async () => {
    const { app, db, ana, verify } = await withTrail(3)
    await recordAll(db, 'login.failed', [event(1)])
    await db.user.update({ where: { id: ana.id }, data: { status: 'closing', closesAt: new Date(0) } })
    await sealAll(app)
    await eraseClosed(db)
    expect(await verify()).toMatchObject({ rows: 4, pseudonymised: 3, unsealed: 1, broken: undefined })
    await sealAll(app)
    expect(await verify()).toMatchObject({ rows: 5, pseudonymised: 3, unsealed: 0, broken: undefined })
    expect(await db.auditEvent.count({ where: { salt: null } })).toBe(3)
  })

  test('stays whole when a sign-up is turned away', async () => {
    const { app, db, ana, ada, verify } = await withTrail(3)
    await db.user.update({ where: { id: ana.id }, data: { status: 'pending' } })
    await db.$transaction((tx) => askForApproval(tx, ana.id, source))
    await reject(db, { actor: ada, userId: ana.id, reason: '', source })
    expect(await verify()).toMatchObject({ rows: 3, pseudonymised: 3, unsealed: 1, broken: undefined })
    await sealAll(app)
    expect(await verify()).toMatchObject({ rows: 4, pseudonymised: 3, unsealed: 0, broken: undefined })
    await db.user.update({ where: { id: ada.id }, data: { status: 'closing', closesAt: new Date(0) } })
    await eraseClosed(db)
    await sealAll(app)
    expect(await verify()).toMatchObject({ rows: 5, pseudonymised: 4, broken: undefined })
  })

  test('takes in who was erased before it came to them under their pseudonym', async () => {
    const { app, db } = await startApp()
    const { user } = await addPerson(db, 'ana.silva')
    await recordAll(db, 'user.closing', [{ actor: user.id, subjectId: user.id, source }])
    await db.user.update({ where: { id: user.id }, data: { status: 'closing', closesAt: new Date(0) } })
    await eraseClosed(db)
    await sealAll(app)
    const verdict = await verifyTrail(db, app.secretKeys)
    expect(verdict).toMatchObject({ rows: 2, pseudonymised: 0, broken: undefined })
  })

  test('does not go on where its end is not as it was left', async () => {
    const { app, db, verify } = await withTrail(3)
    await unguardTrail(db)
    await db.$executeRaw`DELETE FROM "AuditEvent" WHERE "seq" = 3`
    await db.$executeRaw`UPDATE "AuditHead" SET "seq" = 2`
    await recordAll(db, 'login.failed', [event(1)])
    await expect(sealTrail(app)).rejects.toThrow('foyer audit verify')
    expect(await verify()).toMatchObject({ unsealed: 1, broken: { seq: 2n } })
  })
})

describe('the database itself refuses', () => {
  const refused: [string, (db: Db) => Promise<unknown>][] = [
    ['to delete a row', (db) => db.auditEvent.deleteMany()],
    ['to change what happened', (db) => db.auditEvent.updateMany({ data: { event: 'user.kept' } })],
    ['to change when', (db) => db.auditEvent.updateMany({ data: { at: new Date(0) } })],
    ['to change who', (db) => db.auditEvent.updateMany({ data: { actor: 'foyer' } })],
    ['to change to whom', (db) => db.auditEvent.updateMany({ data: { subjectId: null } })],
    ['to change from where', (db) => db.auditEvent.updateMany({ data: { ip: null } })],
    ['to change the reason', (db) => db.auditEvent.updateMany({ data: { detail: { reason: 'x' } } })],
    ['to seal a row again', (db) => db.auditEvent.updateMany({ where: { seq: 1n }, data: { seq: 9n } })],
    ['to seal by halves', (db) => db.auditEvent.updateMany({ where: { seq: null }, data: { seq: 9n } })],
    ['to take the salt alone', (db) => db.auditEvent.updateMany({ data: { salt: null } })],
    ['to forget the end', (db) => db.auditHead.deleteMany()],
    ['to move the end back', (db) => db.auditHead.updateMany({ data: { seq: 0n } })],
    ['to forget a key', (db) => db.auditKey.deleteMany()],
    ['to move a key', (db) => db.auditKey.updateMany({ data: { since: 9n } })],
  ]
  test.each(refused)('%s', async (_what, change) => {
    const { db, verify } = await withTrail(1)
    await recordAll(db, 'login.failed', [event(1)])
    await expect(change(db)).rejects.toThrow(/only added to|only moves on|stay/)
    expect(await verify()).toMatchObject({ rows: 1, unsealed: 1, broken: undefined })
  })
})
