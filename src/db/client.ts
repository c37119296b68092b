import { seconds } from '../time.ts'
import type { PrismaClient } from './generated/sqlite/client.ts'
import { migrate } from './migrate.ts'
import { postgresqlAdapter } from './postgresql-adapter.ts'
import { sqlitePath } from './sqlite.ts'
import { SqliteAdapterFactory } from './sqlite-adapter.ts'

/** The database. Typed as the SQLite client: what compiles against it runs on PostgreSQL too, not the reverse. */
export type Db = PrismaClient

/** What a `$transaction` callback is given. */
export type Tx = Parameters<Parameters<Db['$transaction']>[0]>[0]

/** A property, so that transactions and extended clients have it too. */
const ON_POSTGRESQL = Symbol('on PostgreSQL')

/** For the few queries whose SQL isn't the same. */
export const isPostgresql = (db: Db): boolean => ON_POSTGRESQL in db

const transactionOptions = { maxWait: seconds(5), timeout: seconds(5) }

/**
 * Migrates and opens the database at a `file:` or `postgresql:` address; close it by `$disconnect()`.
 * With `migrates: false` it throws instead if there is something to migrate. `poolSize` is the number of connections
 * to PostgreSQL; SQLite has one.
 * `undefined` in a query throws: in a `where` it would stand for any value.
 */
export async function openDb(
  url: string,
  options: { poolSize?: number; migrates?: boolean } = {},
): Promise<Db> {
  await migrate(url, undefined, { applies: options.migrates ?? true })
  if (url.startsWith('file:')) {
    const { PrismaClient } = await import('./generated/sqlite/client.ts')
    return new PrismaClient({ adapter: new SqliteAdapterFactory(sqlitePath(url)), transactionOptions })
  }
  const { PrismaClient } = await import('./generated/postgresql/client.ts')
  const adapter = postgresqlAdapter(url, options.poolSize ?? 10)
  const db = new PrismaClient({ adapter, transactionOptions }) as unknown as Db
  return Object.assign(db, { [ON_POSTGRESQL]: true })
}

/**
 * Empties SQLite's log, which keeps what was deleted until it is written over; PostgreSQL's autovacuum is its
 * own affair. While another process reads there, as much as can be.
 */
export async function emptyLog(db: Db, url: string): Promise<void> {
  if (url.startsWith('file:')) await db.$queryRaw`PRAGMA wal_checkpoint(TRUNCATE)`
}

/** How large the database is, in bytes: the file, or what PostgreSQL says. */
export async function databaseSize(db: Db, url: string): Promise<number> {
  const [row] = url.startsWith('file:')
    ? await db.$queryRaw<{ size: bigint }[]>`
        SELECT "page_count" * "page_size" AS "size" FROM pragma_page_count(), pragma_page_size()`
    : await db.$queryRaw<{ size: bigint }[]>`SELECT pg_database_size(current_database()) AS "size"`
  return Number(row?.size ?? 0)
}
