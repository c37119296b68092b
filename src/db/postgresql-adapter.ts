import { hash } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'
import {
  DriverAdapterError,
  type SqlDriverAdapterFactory,
  type SqlQuery,
  type Transaction,
} from '@prisma/driver-adapter-utils'
import pg from 'pg'
import { seconds } from '../time.ts'

/**
 * Every session keeps UTC, as Prisma's timestamps have no zone, answers only after a durable commit,
 * and gives up rather than wait without limit.
 */
const SESSION = `
  SET timezone = 'UTC';
  SET synchronous_commit = on;
  SET statement_timeout = '5s';
  SET lock_timeout = '3s';
  SET idle_in_transaction_session_timeout = '10s';
`

/**
 * Prisma's adapter over a pool of `poolSize` connections. Each has settings and prepared statements of its own,
 * so a PgBouncer between must pool sessions, not transactions.
 */
export function postgresqlAdapter(url: string, poolSize: number): SqlDriverAdapterFactory {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    application_name: 'foyer',
    connectionTimeoutMillis: seconds(3),
    query_timeout: seconds(6),
    keepAlive: true,
    onConnect: (client) => client.query(SESSION),
  })
  // A connection that breaks while it is lent out says so twice; its query's rejection is enough.
  pool.on('connect', (client) => client.on('error', () => {}))
  pool.query = keepingConnections(pool)
  const factory = new PrismaPg(pool, {
    disposeExternalPool: true,
    statementNameGenerator: ({ sql }) => hash('sha1', sql),
  })
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    async connect() {
      const adapter = await factory.connect()
      const start = adapter.startTransaction.bind(adapter)
      adapter.startTransaction = async (isolationLevel) => trueToItsWord(await start(isolationLevel))
      return adapter
    },
  }
}

/**
 * pg's own `pool.query` closes the connection at every error, even a duplicate key.
 * This one closes it only when the connection failed or the server ended it.
 */
function keepingConnections(pool: pg.Pool): pg.Pool['query'] {
  const query = async (config: pg.QueryConfig) => {
    const client = await pool.connect()
    let broken: Error | undefined
    try {
      return await client.query(config)
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.severity === 'ERROR')) broken = error as Error
      throw error
    } finally {
      client.release(broken)
    }
  }
  return query as pg.Pool['query']
}

/**
 * Holds a transaction to its word in two cases where Prisma would not.
 * Timed out amid an operation of several statements, Prisma sends the rest after the ROLLBACK: they would be
 * committed one by one. And PostgreSQL answers the COMMIT of a failed transaction by undoing it, without an error.
 */
function trueToItsWord(transaction: Transaction): Transaction {
  let ended = false
  let failure: unknown
  const checked =
    <Result>(send: (query: SqlQuery) => Promise<Result>) =>
    async (query: SqlQuery) => {
      if (ended) {
        throw new DriverAdapterError({ kind: 'TransactionAlreadyClosed', cause: 'The transaction has ended' })
      }
      ended = query.sql === 'COMMIT' || query.sql === 'ROLLBACK'
      if (failure && query.sql === 'COMMIT') {
        await send({ ...query, sql: 'ROLLBACK' })
        throw failure
      }
      try {
        const result = await send(query)
        if (query.sql.startsWith('ROLLBACK TO SAVEPOINT')) failure = undefined
        return result
      } catch (error) {
        failure = error
        throw error
      }
    }
  transaction.queryRaw = checked(transaction.queryRaw.bind(transaction))
  transaction.executeRaw = checked(transaction.executeRaw.bind(transaction))
  return transaction
}
