import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { openDb } from '../../src/db/client.ts'
import { isUnavailable } from '../../src/db/errors.ts'
import { freshDatabase } from '../support/database.ts'
import { startPostgres } from '../support/postgres.ts'

async function openFresh(poolSize: number) {
  const { url, remove } = await freshDatabase('postgresql')
  const db = await openDb(url, { poolSize })
  const other = new pg.Client(url)
  await other.connect()
  onTestFinished(async () => {
    await other.end()
    await db.$disconnect()
    await remove()
  })
  return { url, db, other }
}

const person = (name: string) => ({
  username: name,
  usernameSkeleton: name,
  passwordHash: '-',
  passwordChangedAt: new Date(0),
})

/** Waits until another connection to this database waits like that, or five seconds. */
async function until(beside: pg.Client, waits: string) {
  for (const end = performance.now() + 5000; performance.now() < end; await sleep(10)) {
    await beside.query('SELECT pg_stat_clear_snapshot()')
    const { rowCount } = await beside.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND ${waits}`,
    )
    if (rowCount) return
  }
}

const isAsleep = "wait_event = 'PgSleep'"

const caught = (work: Promise<unknown>) =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => error,
  )

test('every connection commits durably, keeps UTC and gives up in time', async () => {
  const { db } = await openFresh(3)
  const settings = () => db.$queryRaw<{ pid: number }[]>`
    SELECT pg_backend_pid() AS pid, pg_sleep(1)::text AS slept,
      current_setting('synchronous_commit') AS commit, current_setting('TimeZone') AS zone,
      current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
      current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('application_name') AS name`
  const rows = (await Promise.all([settings(), settings(), settings()])).flat()
  expect(new Set(rows.map(({ pid }) => pid)).size).toBe(3)
  for (const row of rows) {
    expect(row).toMatchObject({
      commit: 'on',
      zone: 'UTC',
      statement: '5s',
      lock: '3s',
      idle: '10s',
      name: 'foyer',
    })
  }
})

test('a statement that fails does not cost a connection', async () => {
  const { db } = await openFresh(1)
  const pid = () => db.$queryRaw`SELECT pg_backend_pid()`
  const before = await pid()
  await db.user.create({ data: person('ann') })
  await caught(db.user.create({ data: person('ann') }))
  await caught(db.$transaction((tx) => tx.user.create({ data: person('ann') })))
  expect(await pid()).toEqual(before)
})

test('an operation of several statements ends with its transaction', async () => {
  const { db, other } = await openFresh(2)
  const user = await db.user.create({ data: person('ann') })
  await other.query('BEGIN; UPDATE "User" SET "name" = \'held\'')
  const session = { tokenHash: Buffer.from('x'), remember: false, ip: '', userAgent: '' }
  const late = db.$transaction(
    (tx) =>
      tx.user.update({
        where: { id: user.id },
        data: {
          name: 'new',
          sessions: { create: { ...session, lastSeenAt: new Date(), expiresAt: new Date() } },
        },
      }),
    { timeout: 100 },
  )
  const failure = caught(late)
  await until(other, "wait_event_type = 'Lock'")
  await sleep(300)
  await other.query('ROLLBACK')
  expect(await failure).toSatisfy(isUnavailable)
  await sleep(100)
  expect(await db.session.count()).toBe(0)
})

test('a connection that the server ends fails one query, in or out of a transaction, and is replaced', async () => {
  const { db, other } = await openFresh(2)
  const endSessions = () =>
    other.query(
      'SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
  const query = caught(db.$queryRaw`SELECT pg_sleep(5)::text`)
  await until(other, isAsleep)
  await endSessions()
  expect(await query).toSatisfy(isUnavailable)
  expect(await db.user.count()).toBe(0)

  const transaction = db.$transaction(async (tx) => {
    await tx.user.create({ data: person('ann') })
    await endSessions()
    await sleep(100)
    await tx.user.count()
  })
  expect(await caught(transaction)).toSatisfy(isUnavailable)
  expect(await db.user.count()).toBe(0)
})

test('an overlong statement, a full pool and a locked table are temporary', async () => {
  const { db, url, other } = await openFresh(1)
  const beside = await openDb(url)
  onTestFinished(() => beside.$disconnect())
  await other.query('BEGIN; LOCK TABLE "User"')
  const overlong = caught(db.$queryRaw`SELECT pg_sleep(20)::text`)
  await until(other, isAsleep)
  const failures = await Promise.all([
    overlong,
    caught(db.token.count()),
    caught(db.$transaction((tx) => tx.token.count())),
    caught(beside.user.count()),
  ])
  expect(failures.map(isUnavailable)).toEqual([true, true, true, true])
  await other.query('ROLLBACK')
  expect(await db.user.count()).toBe(0)
})

test('a server that is gone is temporary, at the start too', async () => {
  const server = await startPostgres(15)
  onTestFinished(server.stop)
  const db = await openDb(server.url('postgres'))
  onTestFinished(() => db.$disconnect())
  const running = caught(db.$queryRaw`SELECT pg_sleep(20)::text`)
  const beside = new pg.Client(server.url('postgres'))
  await beside.connect()
  await until(beside, isAsleep)
  await beside.end()
  await server.stop()
  expect(await running).toSatisfy(isUnavailable)
  expect(await caught(db.user.count())).toSatisfy(isUnavailable)
  expect(await caught(db.$transaction([db.user.count()]))).toSatisfy(isUnavailable)
  expect(await caught(openDb(server.url('postgres')))).toSatisfy(isUnavailable)
})
