import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, onTestFinished, test } from 'vitest'
import { openDb } from '../src/db/client.ts'
import { isUnavailable, uniqueViolation } from '../src/db/errors.ts'
import { freshDatabase } from './support/database.ts'
import { writeLoad } from './support/write-load.ts'

async function openFresh(options?: { poolSize?: number }) {
  const database = await freshDatabase()
  const db = await openDb(database.url, options)
  onTestFinished(async () => {
    await db.$disconnect()
    await database.remove()
  })
  return db
}

const person = (name: string) => ({
  username: name,
  usernameSkeleton: `${name}~`,
  passwordHash: '-',
  passwordChangedAt: new Date('2026-02-03T04:05:06.789Z'),
})

const session = (token: string) => ({
  tokenHash: Buffer.from(token),
  remember: true,
  lastSeenAt: new Date('2026-02-28T23:59:59.999Z'),
  expiresAt: new Date('2040-01-01T00:00:00.000Z'),
  ip: '::1',
  userAgent: 'a “browser” \u{1f98a}',
})

const caught = (work: Promise<unknown>) =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => error,
  )

/** Prisma sends a query only when it is awaited. */
const started = <Result>(query: Promise<Result>) => query.then((result) => result)

test('what is written is read back, as the same types on both databases', async () => {
  const db = await openFresh()
  const user = await db.user.create({ data: { ...person('ann'), sessions: { create: session('token') } } })
  const read = await db.user.findUniqueOrThrow({ where: { username: 'ann' }, include: { sessions: true } })
  expect(read).toEqual({
    ...user,
    ...person('ann'),
    ...{ name: null, language: null, timeZone: null, passkeyHandle: null, closesAt: null },
    ...{ suspendedUntil: null, twoFactor: false, termsVersion: null, invitationId: null },
    lastSeenAt: expect.any(Date),
    role: 'member',
    status: 'active',
    createdAt: expect.any(Date),
    sessions: [
      {
        ...session('token'),
        tokenHash: Uint8Array.from(Buffer.from('token')),
        id: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7/),
        ...{ userId: user.id, deviceId: null, provenAt: null },
        createdAt: expect.any(Date),
      },
    ],
  })

  const big = 2n ** 53n + 1n
  expect(await db.throttle.create({ data: { key: 'big', tat: big } })).toEqual({ key: 'big', tat: big })
  expect(await db.throttle.update({ where: { key: 'big' }, data: { tat: { increment: 1 } } })).toEqual({
    key: 'big',
    tat: big + 1n,
  })

  const detail = { list: [1, 2.5, 'x', null, { deep: true }], text: 'ü"\\\u{1f98a}' }
  const { id } = await db.auditEvent.create({ data: { event: 'tested', actor: 'test', via: 'test', detail } })
  expect(await db.auditEvent.findUnique({ where: { id } })).toMatchObject({ detail, ip: null })
})

test('raw queries take and give the same types on both databases', async () => {
  const db = await openFresh()
  await db.user.create({ data: { ...person('ann'), sessions: { create: session('token') } } })
  await db.throttle.create({ data: { key: 'big', tat: 2n ** 60n } })
  const { passwordChangedAt } = person('ann')
  expect(
    await db.$queryRaw`
      SELECT "username", "name", "passwordChangedAt", "remember", "tokenHash", count(*) AS "count"
      FROM "User" JOIN "Session" ON "userId" = "User"."id"
      WHERE "passwordChangedAt" = ${passwordChangedAt} AND "remember" = ${true} AND "tokenHash" = ${Buffer.from('token')}
      GROUP BY "username", "name", "passwordChangedAt", "remember", "tokenHash"`,
  ).toEqual([
    {
      username: 'ann',
      name: null,
      passwordChangedAt,
      remember: true,
      tokenHash: Uint8Array.from(Buffer.from('token')),
      count: 1n,
    },
  ])
  expect(await db.$queryRaw`SELECT "tat" FROM "Throttle" WHERE "tat" > ${2n ** 59n}`).toEqual([
    { tat: 2n ** 60n },
  ])
  expect(await db.$executeRaw`UPDATE "Throttle" SET "tat" = ${5n} WHERE "key" IN ('big', 'none')`).toBe(1)
})

test('times are in UTC, those the database fills in too', async () => {
  const db = await openFresh()
  const expiresAt = new Date('2026-07-01T12:00:00.000Z')
  await db.$executeRaw`
    INSERT INTO "Token" ("id", "tokenHash", "purpose", "expiresAt") VALUES ('t', ${Buffer.from('t')}, 'test', ${expiresAt})`
  const token = await db.token.findUniqueOrThrow({ where: { id: 't' } })
  expect(token.expiresAt).toEqual(expiresAt)
  expect(Math.abs(token.createdAt.getTime() - Date.now())).toBeLessThan(60_000)
})

test('a unique violation names its columns, however the row was written', async () => {
  const db = await openFresh()
  await db.user.createMany({ data: [person('ann'), person('bob')] })
  const again = { ...person('ann'), usernameSkeleton: 'other' }
  const errors = [
    await caught(db.user.create({ data: again })),
    await caught(db.user.createMany({ data: [person('eve'), again] })),
    await caught(db.user.update({ where: { username: 'ann' }, data: { username: 'bob' } })),
    await caught(db.$transaction([db.user.create({ data: again })])),
    await caught(db.$transaction((tx) => tx.user.create({ data: again }))),
    await caught(db.$executeRaw`UPDATE "User" SET "username" = 'bob' WHERE "username" = 'ann'`),
  ]
  expect(errors.map(uniqueViolation)).toEqual(errors.map(() => ['username']))
  expect(errors.map(isUnavailable)).toEqual(errors.map(() => false))
  const lookAlike = await caught(db.user.create({ data: { ...person('eve'), usernameSkeleton: 'ann~' } }))
  expect(uniqueViolation(lookAlike)).toEqual(['usernameSkeleton'])
})

test('a row that refers to a missing one is refused', async () => {
  const db = await openFresh()
  const error = await caught(db.session.create({ data: { ...session('x'), userId: 'nobody' } }))
  expect(error).toMatchObject({ code: 'P2003' })
  expect(uniqueViolation(error)).toBeUndefined()
})

test('of many that want one name at once, exactly one gets it, and the others hear why', async () => {
  const db = await openFresh()
  const tries = Array.from({ length: 50 }, () => db.user.create({ data: person('ann') }))
  const results = await Promise.allSettled(tries)
  const refused = results.filter((result) => result.status === 'rejected')
  expect(refused).toHaveLength(49)
  for (const { reason } of refused) expect(uniqueViolation(reason)).toBeDefined()
  expect(await db.user.count()).toBe(1)
})

test('undefined in a query is refused: in a where it would stand for any value', async () => {
  const db = await openFresh()
  await db.user.create({ data: person('ann') })
  const nothing = undefined as never
  const queries = [
    () => db.user.findFirst({ where: { username: nothing } }),
    () => db.user.deleteMany({ where: { id: nothing } }),
    () => db.user.updateMany({ where: { OR: [{ username: nothing }] }, data: { name: 'x' } }),
    () => db.user.updateMany({ where: {}, data: { name: nothing } }),
  ]
  for (const query of queries)
    expect(String(await caught(query()))).toContain('`undefined` values are not allowed')
  expect(await db.user.findMany({ select: { username: true, name: true } })).toEqual([
    { username: 'ann', name: null },
  ])
})

test('a write beside a transaction does not share its fate, nor see what it undoes', async () => {
  const db = await openFresh()
  const mistake = new Error('mistake')
  let seen: Promise<number> | undefined
  let written: Promise<unknown> | undefined
  const transaction = db.$transaction(async (tx) => {
    await tx.user.create({ data: person('inside') })
    seen = started(db.user.count())
    written = started(db.user.create({ data: person('beside') }))
    await sleep(50)
    throw mistake
  })
  expect(await caught(transaction)).toBe(mistake)
  await written
  expect([0, 1]).toContain(await seen)
  expect(await db.user.findMany({ select: { username: true } })).toEqual([{ username: 'beside' }])
})

test('a transaction within a transaction can be undone alone', async () => {
  const db = await openFresh()
  await db.$transaction(async (tx) => {
    await tx.user.create({ data: person('outer') })
    const inner = tx.$transaction(async (nested) => {
      await nested.user.create({ data: person('inner') })
      throw new Error('mistake')
    })
    await caught(inner)
  })
  expect(await db.user.findMany({ select: { username: true } })).toEqual([{ username: 'outer' }])
})

test('a transaction that says it committed did, whatever was caught inside it', async () => {
  const db = await openFresh()
  const committed = await db
    .$transaction(async (tx) => {
      await tx.user.create({ data: person('ann') })
      await caught(tx.user.create({ data: person('ann') }))
    })
    .then(
      () => true,
      () => false,
    )
  expect(await db.user.count()).toBe(committed ? 1 : 0)
})

test('twenty transactions at once all commit', async () => {
  const db = await openFresh()
  await db.throttle.create({ data: { key: 'counter', tat: 0n } })
  const add = () =>
    db.$transaction(async (tx) => {
      await tx.throttle.update({ where: { key: 'counter' }, data: { tat: { increment: 1 } } })
      await sleep(5)
      await tx.throttle.update({ where: { key: 'counter' }, data: { tat: { increment: 1 } } })
    })
  await Promise.all(Array.from({ length: 20 }, add))
  expect(await db.throttle.findUnique({ where: { key: 'counter' } })).toEqual({ key: 'counter', tat: 40n })
})

test('a transaction that runs out of time leaves nothing, and refuses what comes late', async () => {
  const db = await openFresh()
  const work = db.$transaction(
    async (tx) => {
      await tx.user.create({ data: person('early') })
      // Until its time is up.
      for (let n = 0; ; n++) {
        await sleep(10)
        await tx.user.create({ data: person(`late${n}`) })
      }
    },
    { timeout: 50 },
  )
  const error = await caught(work)
  expect(error).toMatchObject({ code: 'P2028' })
  expect(isUnavailable(error)).toBe(true)
  expect(await db.user.count()).toBe(0)
})

test('whoever waits too long for a transaction hears that, and the next one is served', async () => {
  const db = await openFresh({ poolSize: 1 })
  const [begun, waited] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const holder = db.$transaction(() => {
    begun.resolve()
    return waited.promise
  })
  await begun.promise
  const error = await caught(db.$transaction((tx) => tx.user.count(), { maxWait: 50 }))
  expect(error).toMatchObject({ code: 'P2028' })
  expect(isUnavailable(error)).toBe(true)
  waited.resolve()
  await holder
  expect(await db.$transaction((tx) => tx.user.count())).toBe(0)
})

test('under load no acknowledged write is lost and no undone one is there', async () => {
  const db = await openFresh()
  const { kept, undone } = await writeLoad(db, inject('provider'), 2_000)
  const keys = new Set((await db.throttle.findMany({ select: { key: true } })).map(({ key }) => key))
  expect(kept.length).toBeGreaterThan(100)
  expect(undone.length).toBeGreaterThan(20)
  expect(kept.filter((key) => !keys.has(key))).toEqual([])
  expect(undone.filter((key) => keys.has(key))).toEqual([])
})
