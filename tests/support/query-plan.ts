import { expect, inject, onTestFinished } from 'vitest'
import type { Db } from '../../src/db/client.ts'
import { PrismaClient as PostgresqlClient } from '../../src/db/generated/postgresql/client.ts'
import { PrismaClient as SqliteClient } from '../../src/db/generated/sqlite/client.ts'
import { postgresqlAdapter } from '../../src/db/postgresql-adapter.ts'
import { sqlitePath } from '../../src/db/sqlite.ts'
import { SqliteAdapterFactory } from '../../src/db/sqlite-adapter.ts'
import { startApp } from './app.ts'

/** The app's database once more, with each statement that is sent to it noted. */
function noting(url: string) {
  const sent: { query: string; params: string }[] = []
  const log = [{ emit: 'event', level: 'query' } as const]
  const db =
    inject('provider') === 'sqlite'
      ? new SqliteClient({ adapter: new SqliteAdapterFactory(sqlitePath(url)), log })
      : (new PostgresqlClient({
          adapter: postgresqlAdapter(url, 1),
          log,
        }) as unknown as SqliteClient<'query'>)
  db.$on('query', (event) => void sent.push(event))
  onTestFinished(() => db.$disconnect())
  return { db, sent }
}

/**
 * Whether the statement that reads a page, or the first of this kind, goes by these indexes, and puts nothing in order
 * itself.
 */
export async function expectIndexes(
  read: (db: Db) => Promise<unknown>,
  indexes: RegExp[],
  statement = /LIMIT/,
) {
  const { config } = await startApp()
  const { db, sent } = noting(config.databaseUrl)
  await read(db)
  const [{ query: sql, params } = { query: '', params: '' }] = sent.filter(({ query }) =>
    statement.test(query),
  )
  const values = JSON.parse(params) as unknown[]
  const plan = await db.$transaction(async (tx) => {
    if (inject('provider') === 'sqlite')
      return tx.$queryRawUnsafe<object[]>(`EXPLAIN QUERY PLAN ${sql}`, ...values)
    // So few rows are read and sorted faster than an index: what is asked is whether the index could do it.
    await tx.$executeRaw`SET LOCAL enable_seqscan = off`
    await tx.$executeRaw`SET LOCAL enable_sort = off`
    return tx.$queryRawUnsafe<object[]>(`EXPLAIN ${sql}`, ...values)
  })
  const steps = plan.map((row) => Object.values(row).at(-1)).join('\n')
  for (const index of indexes) expect(steps).toMatch(index)
  expect(steps).not.toMatch(/sort|TEMP B-TREE|Seq Scan/i)
}
