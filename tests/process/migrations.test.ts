import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { isBusy } from '../../src/db/sqlite.ts'
import { createDatabase, dropDatabase } from '../support/postgres.ts'

const PROGRAM = `
  import { migrate } from ${JSON.stringify(join(process.cwd(), 'src/db/migrate.ts'))}
  console.log(JSON.stringify(await migrate(...process.argv.slice(1))))
`
const program = (...args: string[]) => ['--input-type=module', '-e', PROGRAM, ...args]

/** An address at which there is no table yet, and a folder of its own. */
async function empty(provider: 'sqlite' | 'postgresql') {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-migrations-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  if (provider === 'sqlite') return { folder, url: `file:${folder}/data/foyer.db` }
  const server = inject('postgresqlUrl')
  const name = `empty_${randomUUID()}`
  await createDatabase(server, name)
  onTestFinished(() => dropDatabase(server, name))
  return { folder, url: new URL(name, server).href }
}

const LONG_QUERY = {
  sqlite:
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e10) SELECT count(*) FROM n',
  postgresql: 'SELECT pg_sleep(5)',
}

/** Whether another process is amid its migrations. */
const isMigrating = {
  sqlite: async (url: string) => {
    const path = url.slice('file:'.length)
    if (!existsSync(path)) return false
    const database = new DatabaseSync(path)
    try {
      database.exec('BEGIN IMMEDIATE')
      return false
    } catch (error) {
      if (isBusy(error)) return true
      throw error
    } finally {
      database.close()
    }
  },
  postgresql: async (url: string) => {
    const client = new pg.Client(url)
    await client.connect()
    const { rowCount } = await client.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'",
    )
    await client.end()
    return rowCount !== 0
  },
}

describe.each(['sqlite', 'postgresql'] as const)('on %s', (provider) => {
  test('of four processes that start together on an empty database, one migrates it', async () => {
    const { url } = await empty(provider)
    const runs = Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, program(url)))
    const applied = (await Promise.all(runs)).map(({ stdout }) => JSON.parse(stdout) as string[])
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1)
    expect(applied.flat()).toContain('20261122000000_init')
    expect(await migrate(url)).toEqual([])
  })

  test('a migration whose process is killed leaves nothing, and can be run again', async () => {
    const { url, folder } = await empty(provider)
    const write = (name: string, sql: string) => {
      mkdirSync(`${folder}/${provider}/${name}`, { recursive: true })
      writeFileSync(`${folder}/${provider}/${name}/migration.sql`, sql)
    }
    write('1_table', 'CREATE TABLE "Number" ("n" BIGINT)')
    write('2_row', 'INSERT INTO "Number" VALUES (1)')
    write('3_long', `INSERT INTO "Number" VALUES (2); ${LONG_QUERY[provider]}`)

    const child = spawn(process.execPath, program(url, folder), { stdio: 'ignore' })
    while (!(await isMigrating[provider](url))) await sleep(20)
    await sleep(300)
    expect(child.exitCode).toBeNull()
    child.kill('SIGKILL')
    await once(child, 'exit')

    write('3_long', 'INSERT INTO "Number" VALUES (3)')
    expect(await migrate(url, folder)).toEqual(['1_table', '2_row', '3_long'])
  })
})
