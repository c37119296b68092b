import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { recordAll } from '../src/accounts/audit/audit.ts'
import { clearTrail } from '../src/accounts/audit/clear-trail.ts'
import { resealTrail } from '../src/accounts/audit/reseal-trail.ts'
import { verifyTrail } from '../src/accounts/audit/verify-trail.ts'
import type { Db } from '../src/db/client.ts'
import { days, fromNow } from '../src/time.ts'
import { beforeEachTransaction } from './support/meanwhile.ts'
import { source } from './support/people.ts'
import { eraseClosed, purge } from './support/purge.ts'
import { sealAll, unguardTrail, withTrail } from './support/trail.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const pass = (time: number) => void vi.setSystemTime(fromNow(time))

/** A trail of three old rows and three younger ones, at the moment when the time of the old ones is over. */
async function withOldRows(old = 3) {
  const trail = await withTrail(0)
  const { app, db, ana, ada } = trail
  const events = (count: number) =>
    recordAll(
      db,
      'user.suspended',
      Array.from({ length: count }, () => ({ actor: ada.id, subjectId: ana.id, source })),
    )
  await events(old)
  await sealAll(app)
  pass(days(400))
  await events(3)
  await sealAll(app)
  pass(days(331))
  const seqs = async () =>
    (await db.auditEvent.findMany({ where: { seq: { not: null } }, orderBy: { seq: 'asc' } })).map(
      ({ seq }) => Number(seq),
    )
  return { ...trail, events, seqs }
}

describe('the oldest rows of the audit trail', () => {
  test('go after two years, once a day, and what is left verifies', async () => {
    const { app, db, verify, seqs } = await withOldRows()
    await clearTrail(app)
    expect(await seqs()).toEqual([4, 5, 6])
    expect(await verify()).toMatchObject({ begin: 3n, rows: 3, unsealed: 1, broken: undefined })
    await sealAll(app)
    const cleared = await db.auditEvent.findFirstOrThrow({ where: { event: 'audit.cleared' } })
    expect(cleared).toMatchObject({ actor: 'foyer', subjectId: null, detail: { from: '1', to: '3' } })
    pass(days(400))
    await clearTrail(app)
    // The row that tells of it is younger.
    expect(await seqs()).toEqual([7])
    expect(await verify()).toMatchObject({ begin: 6n, rows: 1, unsealed: 1, broken: undefined })
    await clearTrail(app)
    expect(await db.auditEvent.count({ where: { event: 'audit.cleared' } })).toBe(2)
  })

  test('stay for as long as is set, and the last row for good', async () => {
    const { app, verify, seqs } = await withOldRows()
    app.config.periods.audit = days(732)
    await clearTrail(app)
    expect(await seqs()).toEqual([1, 2, 3, 4, 5, 6])
    pass(days(800))
    await clearTrail(app)
    expect(await seqs()).toEqual([6])
    await sealAll(app)
    expect(await verify()).toMatchObject({ begin: 5n, rows: 2, broken: undefined })
  })

  test('go also where they are many, and by whichever of several processes comes first', async () => {
    const { app, db, verify, seqs } = await withOldRows(1001)
    // Each is let, as if it were on days of their own.
    const eager = db.$extends({ query: { $executeRaw: async () => 1 } }) as unknown as Db
    const services = { config: app.config, db: eager, secretKeys: app.secretKeys }
    await Promise.all(Array.from({ length: 4 }, () => clearTrail(services)))
    expect(await seqs()).toEqual([1002, 1003, 1004])
    expect(await verify()).toMatchObject({ begin: 1001n, rows: 3, broken: undefined })
    expect(await db.auditEvent.count({ where: { event: 'audit.cleared' } })).toBe(3)
  })

  test('are no false alarm where another process has removed some of them a moment sooner', async () => {
    const { app, db, seqs } = await withOldRows()
    const { periods } = app.config
    const findMany = async <Args, Result>({ args, query }: { args: Args; query: (args: Args) => Result }) => {
      await clearTrail(app)
      return query(args)
    }
    const query = { $executeRaw: async () => 1, auditEvent: { findMany } }
    const later = db.$extends({ query }) as unknown as Db
    const config = { ...app.config, periods: { ...periods, audit: days(300) } }
    await clearTrail({ config, db: later, secretKeys: app.secretKeys })
    expect(await seqs()).toEqual([4, 5, 6])
  })

  test('go with addresses that were cut and people who were erased', async () => {
    const { app, db, ana, verify, seqs } = await withOldRows()
    await purge(db)
    await db.user.update({ where: { id: ana.id }, data: { status: 'closing', closesAt: new Date(0) } })
    await eraseClosed(db)
    await sealAll(app)
    await clearTrail(app)
    expect(await seqs()).toEqual([4, 5, 6, 7])
    expect(await verify()).toMatchObject({ rows: 4, pseudonymised: 3, broken: undefined })
  })

  test('go while the trail is verified, which begins anew then', async () => {
    const { app, db } = await withOldRows()
    const findMany = async <Args, Result>({ args, query }: { args: Args; query: (args: Args) => Result }) => {
      await clearTrail(app)
      return query(args)
    }
    const meanwhile = db.$extends({ query: { auditEvent: { findMany } } }) as unknown as Db
    const verdict = await verifyTrail(meanwhile, app.secretKeys)
    expect(verdict).toMatchObject({ begin: 3n, rows: 3, broken: undefined })
  })

  test('are no hindrance to a new secret key, nor it to them', async () => {
    const { app, db, events, seqs } = await withOldRows()
    await clearTrail(app)
    const [old] = app.secretKeys
    const fresh = createHash('sha256').update('new').digest()
    await resealTrail({ db, secretKeys: [fresh, old] })
    expect(await verifyTrail(db, [fresh])).toMatchObject({ begin: 3n, rows: 3, broken: undefined })
    const services = { config: app.config, db, secretKeys: [fresh] as const }
    await events(1)
    await sealAll(services)
    pass(days(731))
    await clearTrail(services)
    expect(await seqs()).toEqual([8])
    expect(await verifyTrail(db, [fresh])).toMatchObject({ begin: 7n, rows: 1, broken: undefined })
  })

  test('stay where the trail is given a new key at the moment when the first of them would go', async () => {
    const { app, db, seqs } = await withOldRows()
    const secretKeys = [createHash('sha256').update('new').digest(), ...app.secretKeys] as const
    const services = { config: app.config, db, secretKeys }
    beforeEachTransaction(services, () => resealTrail({ db, secretKeys }))
    await clearTrail(services)
    expect(await verifyTrail(db, secretKeys)).toMatchObject({ begin: 0n, rows: 6, broken: undefined })
    pass(days(1))
    await clearTrail({ config: app.config, db, secretKeys })
    expect(await seqs()).toEqual([4, 5, 6])
    expect(await verifyTrail(db, secretKeys)).toMatchObject({ begin: 3n, rows: 3, broken: undefined })
  })

  test('stay where they are not as they were sealed, until somebody has looked', async () => {
    const { app, db, verify, seqs } = await withOldRows()
    await unguardTrail(db)
    await db.auditEvent.updateMany({ where: { seq: 2n }, data: { event: 'user.kept' } })
    await expect(clearTrail(app)).rejects.toThrow('foyer audit verify')
    expect(await seqs()).toHaveLength(6)
    expect((await verify()).broken).toMatchObject({ seq: 2n })
  })
})

test('a new secret key is not given to a chain that was cut off at the beginning', async () => {
  const { app, db } = await withOldRows()
  await clearTrail(app)
  await unguardTrail(db)
  await db.auditStart.updateMany({ data: { seq: 4n } })
  const secretKeys = [createHash('sha256').update('new').digest(), ...app.secretKeys] as const
  await expect(resealTrail({ db, secretKeys })).rejects.toThrow('doesn’t begin as it was left')
})

describe('whoever owns the database and, once rows were removed,', () => {
  const TAMPERING: [string, (db: Db) => Promise<unknown>, number, RegExp][] = [
    ['removes more', (db) => db.$executeRaw`DELETE FROM "AuditEvent" WHERE "seq" = 4`, 4, /a row is missing/],
    [
      'removes more and moves the beginning',
      async (db) => {
        await db.$executeRaw`UPDATE "AuditStart" SET "seq" = 4, "link" = (SELECT "link" FROM "AuditEvent" WHERE "seq" = 4)`
        await db.$executeRaw`DELETE FROM "AuditEvent" WHERE "seq" = 4`
      },
      4,
      /note of its beginning was changed/,
    ],
    ['moves it back', (db) => db.$executeRaw`UPDATE "AuditStart" SET "seq" = 2`, 2, /beginning was changed/],
    ['moves it to the front', (db) => db.$executeRaw`UPDATE "AuditStart" SET "seq" = 0`, 1, /is missing/],
    ['takes it away', (db) => db.$executeRaw`DELETE FROM "AuditStart"`, 0, /note of its beginning is gone/],
    [
      'changes its link',
      (db) => db.auditStart.updateMany({ data: { link: new Uint8Array(32) } }),
      3,
      /beginning was changed/,
    ],
  ]
  test.each(TAMPERING)('%s, is found out', async (_what, tamper, seq, problem) => {
    const { app, db, verify } = await withOldRows()
    await clearTrail(app)
    await unguardTrail(db)
    await tamper(db)
    expect((await verify()).broken).toMatchObject({
      ...{ seq: BigInt(seq), problem: expect.stringMatching(problem) },
    })
  })

  test('a head that was noted before says so, and one of what is left still tells', async () => {
    const { app, db, verify } = await withOldRows()
    const notes = await db.auditEvent.findMany({ orderBy: { seq: 'asc' } })
    const expected = (n: number) => ({ seq: BigInt(n), link: notes[n - 1]?.link ?? new Uint8Array() })
    await clearTrail(app)
    expect(await verify({ expected: expected(6) })).toMatchObject({ broken: undefined })
    expect((await verify({ expected: expected(2) })).broken?.problem).toMatch(
      /removed when its time was over/,
    )
  })
})

test('the database itself refuses to delete what is not over, and to move the beginning back', async () => {
  const { app, db, verify } = await withOldRows()
  await expect(db.auditEvent.deleteMany({ where: { seq: 1n } })).rejects.toThrow('only added to')
  await clearTrail(app)
  for (const refused of [
    () => db.auditEvent.deleteMany({ where: { seq: 4n } }),
    () => db.auditEvent.deleteMany({ where: { seq: null } }),
    () => db.auditStart.updateMany({ data: { seq: 1n } }),
    () => db.auditStart.deleteMany(),
  ])
    await expect(refused()).rejects.toThrow(/only added to|only moves on|stays/)
  expect(await verify()).toMatchObject({ begin: 3n, rows: 3, broken: undefined })
})
