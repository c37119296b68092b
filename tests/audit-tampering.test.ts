import { describe, expect, inject, test } from 'vitest'
import { recordAll } from '../src/accounts/audit/audit.ts'
import type { Db } from '../src/db/client.ts'
import { source } from './support/people.ts'
import { eraseClosed } from './support/purge.ts'
import { sealAll, unguardTrail, withTrail } from './support/trail.ts'

const event = (n: number) => ({ actor: 'visitor', source, detail: { n: `${n}` } })

/** What somebody does who owns the database, and where that shows: at which place, in which words. */
const TAMPERING: [string, (db: Db) => Promise<unknown>, number, RegExp][] = [
  [
    'the id of a row',
    (db) =>
      db.$executeRaw`UPDATE "AuditEvent" SET "id" = '01a203fd-6d9f-7c5e-91f8-b8b21bca1089' WHERE "seq" = 3`,
    3,
    /changed/,
  ],
  [
    'its time',
    (db) => db.auditEvent.updateMany({ where: { seq: 3n }, data: { at: new Date(0) } }),
    3,
    /changed/,
  ],
  [
    'its event',
    (db) => db.$executeRaw`UPDATE "AuditEvent" SET "event" = 'user.kept' WHERE "seq" = 3`,
    3,
    /changed/,
  ],
  ['its way', (db) => db.$executeRaw`UPDATE "AuditEvent" SET "via" = 'cli' WHERE "seq" = 3`, 3, /changed/],
  [
    'its actor',
    (db) => db.$executeRaw`UPDATE "AuditEvent" SET "actor" = 'foyer' WHERE "seq" = 3`,
    3,
    /who, or from where/,
  ],
  [
    'its subject',
    (db) => db.$executeRaw`UPDATE "AuditEvent" SET "subjectId" = 'x' WHERE "seq" = 3`,
    3,
    /who, or from where/,
  ],
  [
    'its address',
    (db) => db.$executeRaw`UPDATE "AuditEvent" SET "ip" = '192.0.2.2' WHERE "seq" = 3`,
    3,
    /who, or from where/,
  ],
  [
    'its browser',
    (db) => db.$executeRaw`UPDATE "AuditEvent" SET "userAgent" = NULL WHERE "seq" = 3`,
    3,
    /who, or from where/,
  ],
  [
    'its request',
    (db) => db.$executeRaw`UPDATE "AuditEvent" SET "requestId" = 'x' WHERE "seq" = 3`,
    3,
    /who, or from where/,
  ],
  [
    'its reason',
    (db) => db.auditEvent.updateMany({ where: { seq: 3n }, data: { detail: { reason: 'x' } } }),
    3,
    /who, or from where/,
  ],
  [
    'its salt',
    (db) => db.auditEvent.updateMany({ where: { seq: 3n }, data: { salt: new Uint8Array(16) } }),
    3,
    /who, or from where/,
  ],
  [
    'its salt away',
    (db) => db.auditEvent.updateMany({ where: { seq: 3n }, data: { salt: null } }),
    3,
    /salt is gone/,
  ],
  [
    'its digest',
    (db) => db.auditEvent.updateMany({ where: { seq: 3n }, data: { digest: new Uint8Array(32) } }),
    3,
    /changed/,
  ],
  [
    'its link',
    (db) => db.auditEvent.updateMany({ where: { seq: 3n }, data: { link: new Uint8Array(32) } }),
    3,
    /changed/,
  ],
  ['its place', (db) => db.$executeRaw`UPDATE "AuditEvent" SET "seq" = 99 WHERE "seq" = 3`, 3, /missing/],
  [
    'it out of the chain',
    (db) => db.$executeRaw`UPDATE "AuditEvent" SET "seq" = NULL WHERE "seq" = 3`,
    3,
    /missing/,
  ],
  [
    'a row away',
    (db) => db.$executeRaw`DELETE FROM "AuditEvent" WHERE "seq" = 3`,
    3,
    /a row is missing, before/,
  ],
  ['the first row away', (db) => db.$executeRaw`DELETE FROM "AuditEvent" WHERE "seq" = 1`, 1, /missing/],
  [
    'the last row away',
    (db) => db.$executeRaw`DELETE FROM "AuditEvent" WHERE "seq" = 6`,
    6,
    /cut off: it went on to 6/,
  ],
  ['all rows away', (db) => db.$executeRaw`DELETE FROM "AuditEvent"`, 1, /cut off: it went on to 6/],
  [
    'the last rows away, and the note of the end',
    async (db) => {
      await db.$executeRaw`DELETE FROM "AuditEvent" WHERE "seq" > 4`
      await db.$executeRaw`UPDATE "AuditHead" SET "seq" = 4, "link" = (SELECT "link" FROM "AuditEvent" WHERE "seq" = 4)`
    },
    4,
    /note of its end was changed/,
  ],
  ['the head forward', (db) => db.$executeRaw`UPDATE "AuditHead" SET "seq" = 7`, 7, /cut off/],
  [
    'the head back',
    (db) => db.$executeRaw`UPDATE "AuditHead" SET "seq" = 5`,
    5,
    /note of its end was changed/,
  ],
  [
    'the head’s link',
    (db) => db.auditHead.updateMany({ data: { link: new Uint8Array(32) } }),
    6,
    /note of its end was changed/,
  ],
  ['the head away', (db) => db.$executeRaw`DELETE FROM "AuditHead"`, 6, /note of its end is gone/],
  ['the key away', (db) => db.$executeRaw`DELETE FROM "AuditKey"`, 1, /no SECRET_KEY opens/],
  [
    'the key',
    (db) => db.auditKey.updateMany({ data: { sealed: new Uint8Array(80) } }),
    1,
    /no SECRET_KEY opens/,
  ],
  [
    'two rows into each other’s place',
    async (db) => {
      for (const [from, to] of [
        [3, 99],
        [4, 3],
        [99, 4],
      ] as const)
        await db.$executeRaw`UPDATE "AuditEvent" SET "seq" = ${BigInt(to)} WHERE "seq" = ${BigInt(from)}`
    },
    3,
    /changed, put in or moved/,
  ],
  [
    'a row in, and the rest on by one',
    async (db) => {
      for (const seq of [6n, 5n, 4n, 3n])
        await db.$executeRaw`UPDATE "AuditEvent" SET "seq" = ${seq + 1n} WHERE "seq" = ${seq}`
      await copy(db, 2n, 3n)
      await db.$executeRaw`UPDATE "AuditHead" SET "seq" = 7`
    },
    3,
    /changed, put in or moved/,
  ],
  ['a row on at the end', (db) => copy(db, 6n, 7n), 7, /changed, put in or moved/],
  ['a row before the first', (db) => copy(db, 1n, 0n), 0, /another row’s/],
  [
    'a row to a pseudonym of nobody',
    (db) => db.$executeRaw`
      UPDATE "AuditEvent" SET "salt" = NULL, "ip" = NULL, "userAgent" = NULL, "requestId" = NULL, "detail" = NULL,
        "actor" = 'erased:3c1f0a52-0b66-4e0c-9df5-0f3a3f6f1f7e' WHERE "seq" = 3`,
    3,
    /never erased/,
  ],
]

/** What only SQLite keeps: there a column takes values of any kind. */
const UNREADABLE: [string, string, number, RegExp][] = [
  ['its time into none', `UPDATE "AuditEvent" SET "at" = 'once' WHERE "seq" = 3`, 3, /changed/],
  [
    'its reason into half of one',
    `UPDATE "AuditEvent" SET "detail" = '{"re' WHERE "seq" = 3`,
    3,
    /can’t be read/,
  ],
  ['its link into a word', `UPDATE "AuditEvent" SET "link" = 'word' WHERE "seq" = 3`, 3, /can’t be read/],
  ['its place into a half', `UPDATE "AuditEvent" SET "seq" = 3.5 WHERE "seq" = 3`, 3, /can’t be read/],
  ['its place into a word', `UPDATE "AuditEvent" SET "seq" = 'word' WHERE "seq" = 3`, 3, /missing, before/],
  ['the head’s place into a word', `UPDATE "AuditHead" SET "seq" = 'word'`, 6, /note of its end/],
  ['the key into a word', `UPDATE "AuditKey" SET "sealed" = 'word'`, 1, /no SECRET_KEY opens/],
  [
    'the proof of the beginning into a word',
    `UPDATE "AuditStart" SET "proof" = 'word'`,
    0,
    /note of its beginning/,
  ],
]

/** A row like another, at a place of its own. */
const copy = (db: Db, from: bigint, to: bigint) => db.$executeRaw`
  INSERT INTO "AuditEvent" ("id", "at", "event", "actor", "subjectId", "via", "ip", "userAgent", "requestId", "detail", "seq", "salt", "digest", "link")
  SELECT '01a203fd-6d9f-7c5e-91f8-b8b21bca1089', "at", "event", "actor", "subjectId", "via", "ip", "userAgent", "requestId", "detail",
    ${to}, "salt", "digest", "link" FROM "AuditEvent" WHERE "seq" = ${from}`

describe('whoever owns the database and changes', () => {
  test.each(TAMPERING)('%s is found out', async (_what, tamper, seq, problem) => {
    const { db, verify } = await withTrail(6)
    await unguardTrail(db)
    await tamper(db)
    const { broken } = await verify()
    expect(broken).toMatchObject({ seq: BigInt(seq), problem: expect.stringMatching(problem) })
  })

  test.runIf(inject('provider') === 'sqlite').each(UNREADABLE)(
    '%s is found out',
    async (_what, sql, seq, problem) => {
      const { db, verify } = await withTrail(6)
      await unguardTrail(db)
      await db.$executeRawUnsafe(sql)
      const { broken } = await verify()
      expect(broken).toMatchObject({ seq: BigInt(seq), problem: expect.stringMatching(problem) })
    },
  )

  test('a row to the pseudonym of somebody who was gone by then, is found out', async () => {
    const { app, db, ana, ada, verify } = await withTrail(1)
    await db.user.update({ where: { id: ana.id }, data: { status: 'closing', closesAt: new Date(0) } })
    await eraseClosed(db)
    await recordAll(db, 'user.suspended', [{ ...event(1), actor: ada.id }])
    await sealAll(app)
    const gone = await db.auditEvent.findFirstOrThrow({ where: { event: 'user.erased' } })
    // The database lets it pass: so does erasure.
    await db.$executeRaw`
      UPDATE "AuditEvent" SET "salt" = NULL, "ip" = NULL, "userAgent" = NULL, "requestId" = NULL, "detail" = NULL,
        "actor" = ${gone.subjectId} WHERE "seq" = 3`
    expect((await verify()).broken).toMatchObject({ seq: 3n, problem: expect.stringMatching(/or before it/) })
  })

  test('the place of a row to one that is taken, is found out beyond a batch', async () => {
    const { app, db, verify } = await withTrail(1)
    await recordAll(
      db,
      'login.failed',
      Array.from({ length: 1001 }, (_, n) => event(n)),
    )
    await sealAll(app)
    await unguardTrail(db)
    await db.$executeRaw`DROP INDEX "AuditEvent_seq_key"`
    await copy(db, 1000n, 1000n)
    expect((await verify()).broken).toMatchObject({ seq: 1000n })
  })

  test('the whole trail, key and all, is told by a head that was noted elsewhere', async () => {
    const { app, db, verify } = await withTrail(6)
    const { head } = await verify()
    expect(await verify({ expected: head })).toMatchObject({ broken: undefined })
    await unguardTrail(db)
    await db.$executeRaw`DELETE FROM "AuditKey"`
    await db.$executeRaw`DELETE FROM "AuditEvent" WHERE "seq" = 2`
    await db.$executeRaw`UPDATE "AuditEvent" SET "seq" = NULL, "salt" = NULL, "digest" = NULL, "link" = NULL`
    await db.auditHead.updateMany({ data: { seq: 0n, link: new Uint8Array() } })
    await sealAll(app)
    expect(await verify()).toMatchObject({ rows: 5, broken: undefined })
    expect((await verify({ expected: head })).broken).toMatchObject({
      seq: 6n,
      problem: /ends before the place/,
    })
    await recordAll(db, 'login.failed', [event(1)])
    await sealAll(app)
    expect((await verify({ expected: head })).broken).toMatchObject({ seq: 6n, problem: /written anew/ })
  })
})
