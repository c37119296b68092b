import type { DatabaseSync } from 'node:sqlite'
import {
  DriverAdapterError,
  type IsolationLevel,
  type SqlDriverAdapter,
  type SqlDriverAdapterFactory,
  type SqlQuery,
  type SqlResultSet,
  type Transaction,
} from '@prisma/driver-adapter-utils'
import { seconds } from '../time.ts'
import { openSqlite, whenFree } from './sqlite.ts'
import { SqliteStatements } from './sqlite-statements.ts'
import { toDriverError } from './sqlite-values.ts'

/** How long a statement waits for other processes that write. */
const PATIENCE = seconds(5)

/**
 * Prisma's driver adapter over node:sqlite. One connection serves the process, and while a transaction
 * is open on it only that transaction's statements run: any other would be undone by its rollback.
 */
export class SqliteAdapterFactory implements SqlDriverAdapterFactory {
  readonly provider = 'sqlite'
  readonly adapterName = 'foyer-node-sqlite'
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  async connect(): Promise<SqlDriverAdapter> {
    return new SqliteAdapter(await whenFree(PATIENCE, () => openSqlite(this.#path)))
  }
}

class SqliteAdapter implements SqlDriverAdapter {
  readonly provider = 'sqlite'
  readonly adapterName = 'foyer-node-sqlite'
  readonly #database: DatabaseSync
  readonly #statements: SqliteStatements
  readonly #turn = new Turn()

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#statements = new SqliteStatements(database)
  }

  queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return this.#inTurn(() => this.#statements.query(query))
  }

  executeRaw(query: SqlQuery): Promise<number> {
    return this.#inTurn(() => this.#statements.execute(query))
  }

  executeScript(script: string): Promise<void> {
    return this.#inTurn(() => this.#database.exec(script))
  }

  async startTransaction(isolationLevel?: IsolationLevel): Promise<Transaction> {
    if (isolationLevel && isolationLevel !== 'SERIALIZABLE') {
      throw new DriverAdapterError({ kind: 'InvalidIsolationLevel', level: isolationLevel })
    }
    return this.#inTurn(() => {
      // A deferred transaction that had read could not write any more once another process had written.
      this.#database.exec('BEGIN IMMEDIATE')
      return new SqliteTransaction(this.#database, this.#statements, this.#turn.keep())
    })
  }

  async dispose(): Promise<void> {
    this.#database.close()
  }

  async #inTurn<T>(work: () => T): Promise<T> {
    try {
      return await whenFree(PATIENCE, () => this.#turn.run(work))
    } catch (error) {
      throw toDriverError(error)
    }
  }
}

class SqliteTransaction implements Transaction {
  readonly provider = 'sqlite'
  readonly adapterName = 'foyer-node-sqlite'
  /** COMMIT and ROLLBACK are sent here, not by Prisma as statements before `commit` and `rollback`. */
  readonly options = { usePhantomQuery: true }
  readonly #database: DatabaseSync
  readonly #statements: SqliteStatements
  readonly #passTurn: () => void
  #open = true

  constructor(database: DatabaseSync, statements: SqliteStatements, passTurn: () => void) {
    this.#database = database
    this.#statements = statements
    this.#passTurn = passTurn
  }

  async queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return this.#inside(() => this.#statements.query(query))
  }

  async executeRaw(query: SqlQuery): Promise<number> {
    return this.#inside(() => this.#statements.execute(query))
  }

  async createSavepoint(name: string): Promise<void> {
    this.#inside(() => this.#database.exec(`SAVEPOINT ${name}`))
  }

  async rollbackToSavepoint(name: string): Promise<void> {
    this.#inside(() => this.#database.exec(`ROLLBACK TO ${name}`))
  }

  async releaseSavepoint(name: string): Promise<void> {
    this.#inside(() => this.#database.exec(`RELEASE ${name}`))
  }

  async commit(): Promise<void> {
    try {
      this.#inside(() => this.#database.exec('COMMIT'))
    } finally {
      this.#end()
    }
  }

  async rollback(): Promise<void> {
    this.#end()
  }

  /** A timeout or a full disk may have ended the transaction: a late statement must not run outside it. */
  #inside<T>(work: () => T): T {
    if (!this.#open || !this.#database.isTransaction) {
      throw new DriverAdapterError({ kind: 'TransactionAlreadyClosed', cause: 'The transaction has ended' })
    }
    try {
      return work()
    } catch (error) {
      throw toDriverError(error)
    }
  }

  #end() {
    if (!this.#open) return
    this.#open = false
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
    } finally {
      this.#passTurn()
    }
  }
}

/** Who may use the connection: one at a time, in the order they asked. */
class Turn {
  #taken = false
  #kept = false
  readonly #waiting: (() => void)[] = []

  /** Runs `work` when its turn comes, and passes the turn on unless `work` keeps it. */
  async run<T>(work: () => T): Promise<T> {
    if (this.#taken) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#taken = true
    try {
      return work()
    } finally {
      if (!this.#kept) this.#pass()
    }
  }

  /** Called by the work that has the turn, to keep it until the returned function is called. */
  keep(): () => void {
    this.#kept = true
    return () => {
      this.#kept = false
      this.#pass()
    }
  }

  #pass() {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#taken = false
  }
}
