import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { ColumnType, SqlQuery, SqlResultSet } from '@prisma/driver-adapter-utils'
import { declaredType, fromSqlite, toSqlite, typeOfValue } from './sqlite-values.ts'

const CACHED_STATEMENTS = 500

type Prepared = {
  statement: StatementSync
  columnNames: string[]
  /** Undefined for computed columns, whose type shows only in their values. */
  declaredTypes: (ColumnType | undefined)[]
}

/** Runs Prisma's queries on a connection, preparing each SQL text once. */
export class SqliteStatements {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  query({ sql, args, argTypes }: SqlQuery): SqlResultSet {
    const { statement, columnNames, declaredTypes } = this.#prepare(sql)
    const rows = statement.all(...bound(args, argTypes)) as unknown as SQLOutputValue[][]
    const columnTypes = declaredTypes.map(
      (type, column) => type ?? typeOfValue(rows.find((row) => row[column] !== null)?.[column]),
    )
    return {
      columnNames,
      columnTypes,
      rows: rows.map((row) =>
        row.map((value, column) => fromSqlite(value, columnTypes[column] as ColumnType)),
      ),
    }
  }

  /** Returns the number of rows changed. */
  execute({ sql, args, argTypes }: SqlQuery): number {
    return Number(this.#prepare(sql).statement.run(...bound(args, argTypes)).changes)
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known) return known
    const statement = this.#database.prepare(sql)
    statement.setReturnArrays(true)
    statement.setReadBigInts(true)
    const columns = statement.columns()
    const prepared = {
      statement,
      columnNames: columns.map(({ name }) => name),
      declaredTypes: columns.map(({ type }) => declaredType(type)),
    }
    if (this.#prepared.size >= CACHED_STATEMENTS) {
      const [oldest] = this.#prepared.keys()
      this.#prepared.delete(oldest as string)
    }
    this.#prepared.set(sql, prepared)
    return prepared
  }
}

function bound(args: unknown[], types: SqlQuery['argTypes']): SQLInputValue[] {
  return args.map((arg, index) => toSqlite(arg, types[index]))
}
