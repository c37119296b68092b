import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { openDb } from '../../src/db/client.ts'
import { isUnavailable } from '../../src/db/errors.ts'
import { type Promises, writeLoad } from '../support/write-load.ts'

async function openFresh() {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-sqlite-'))
  const path = `${folder}/new/data/foyer.db`
  const db = await openDb(`file:${path}`)
  onTestFinished(async () => {
    await db.$disconnect()
    rmSync(folder, { recursive: true })
  })
  return { db, path }
}

const row = (key: string) => ({ data: { key, tat: 0n } })

test('the database is its owner’s alone, and what is deleted is gone', async () => {
  const { db, path } = await openFresh()
  await db.throttle.create(row('a key that is then deleted'))
  const folder = join(path, '..')
  const mode = (file: string) => statSync(file).mode & 0o777
  expect(mode(folder)).toBe(0o700)
  const files = readdirSync(folder)
  expect(files.sort()).toEqual(['foyer.db', 'foyer.db-shm', 'foyer.db-wal'])
  expect(files.map((file) => mode(join(folder, file)))).toEqual([0o600, 0o600, 0o600])
})

test('commits reach the disk, references are checked, a misspelt column is an error', async () => {
  const { db } = await openFresh()
  const [settings] = await db.$queryRaw<object[]>`
    SELECT * FROM pragma_journal_mode, pragma_synchronous, pragma_foreign_keys, pragma_trusted_schema, pragma_secure_delete`
  expect(settings).toEqual({
    journal_mode: 'wal',
    synchronous: 2n,
    foreign_keys: 1n,
    trusted_schema: 0n,
    secure_delete: 1n,
  })
  await expect(db.$queryRaw`SELECT "nothing" FROM "User"`).rejects.toThrow('no such column')
})

test('under load from two processes no acknowledged write is lost and no undone one is there', async () => {
  const { db, path } = await openFresh()
  const program = join(import.meta.dirname, '../support/write-load.ts')
  const [here, { stdout }] = await Promise.all([
    writeLoad(db, 'here', 2_500),
    promisify(execFile)(process.execPath, [program, `file:${path}`, 'there', '2000']),
  ])
  const there: Promises = JSON.parse(stdout)
  const keys = new Set((await db.throttle.findMany({ select: { key: true } })).map(({ key }) => key))
  for (const { kept, undone } of [here, there]) {
    expect(kept.length).toBeGreaterThan(10)
    expect(undone.length).toBeGreaterThan(5)
    expect(kept.filter((key) => !keys.has(key))).toEqual([])
    expect(undone.filter((key) => keys.has(key))).toEqual([])
  }
  expect(await db.$queryRaw`PRAGMA integrity_check`).toEqual([{ integrity_check: 'ok' }])
})

test('while another process writes, ours waits, reads and stays awake', async () => {
  const { db, path } = await openFresh()
  await db.throttle.count()
  const other = new DatabaseSync(path)
  onTestFinished(() => other.close())
  other.exec('BEGIN IMMEDIATE')

  let written = false
  const write = db.throttle.create(row('ours')).then(() => {
    written = true
  })
  let longestPause = Number.POSITIVE_INFINITY
  // A busy machine may pause us now and then; waiting for the other would do so each time.
  for (let tries = 0; tries < 8 && longestPause >= 150; tries++) {
    longestPause = 0
    for (let last = performance.now(), end = last + 400; last < end; ) {
      expect(await db.throttle.count()).toBe(0)
      await sleep(1)
      longestPause = Math.max(longestPause, performance.now() - last)
      last = performance.now()
    }
  }
  expect(written).toBe(false)
  expect(longestPause).toBeLessThan(150)

  other.exec('COMMIT')
  await write
  expect(await db.throttle.count()).toBe(1)
})

test('when another process does not stop writing, ours gives up and says that it is busy', async () => {
  const { db, path } = await openFresh()
  const other = new DatabaseSync(path)
  onTestFinished(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  const failures = await Promise.allSettled([
    db.throttle.create(row('ours')),
    db.$executeRaw`DELETE FROM "Throttle"`,
    db.$transaction((tx) => tx.throttle.count()),
  ])
  expect(failures.map((result) => result.status === 'rejected' && isUnavailable(result.reason))).toEqual([
    true,
    true,
    true,
  ])
  other.exec('COMMIT')
  expect(await db.throttle.count()).toBe(0)
})

test('a transaction that SQLite ends itself, as a failing disk may make it, refuses what comes later', async () => {
  const { db } = await openFresh()
  await db.throttle.create(row('taken'))
  const work = db.$transaction(async (tx) => {
    await tx.throttle.create(row('first'))
    await tx.$executeRaw`INSERT OR ROLLBACK INTO "Throttle" VALUES ('taken', 0)`.catch(() => {})
    await tx.throttle.create(row('last'))
  })
  await expect(work).rejects.toSatisfy(isUnavailable)
  expect(await db.throttle.findMany()).toEqual([{ key: 'taken', tat: 0n }])
})

test('when the disk is full, writes fail whole, reads go on, and writes return with the space', async () => {
  const { db } = await openFresh()
  const [size] = await db.$queryRaw<{ page_count: bigint }[]>`PRAGMA page_count`
  await db.$queryRawUnsafe(`PRAGMA max_page_count = ${size?.page_count}`)
  const failed = db.$transaction([
    db.throttle.create(row('small')),
    db.throttle.create(row('x'.repeat(1_000_000))),
  ])
  await expect(failed).rejects.toSatisfy(isUnavailable)
  expect(await db.throttle.count()).toBe(0)

  await db.$queryRaw`PRAGMA max_page_count = 1000000`
  await db.throttle.create(row('x'.repeat(1_000_000)))
  expect(await db.throttle.count()).toBe(1)
})
