import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'
import {
  type ArgType,
  type ColumnType,
  ColumnTypeEnum,
  DriverAdapterError,
  type Error as DriverError,
} from '@prisma/driver-adapter-utils'
import { isBusy } from './sqlite.ts'

/** What Prisma writes as a column's type in its SQLite migrations, and what it expects of such a column. */
const DECLARED_TYPES: Record<string, ColumnType> = {
  TEXT: ColumnTypeEnum.Text,
  INTEGER: ColumnTypeEnum.Int32,
  BIGINT: ColumnTypeEnum.Int64,
  BOOLEAN: ColumnTypeEnum.Boolean,
  DATETIME: ColumnTypeEnum.DateTime,
  REAL: ColumnTypeEnum.Double,
  DECIMAL: ColumnTypeEnum.Numeric,
  BLOB: ColumnTypeEnum.Bytes,
  JSONB: ColumnTypeEnum.Json,
}

export function declaredType(type: string | null): ColumnType | undefined {
  return type === null ? undefined : DECLARED_TYPES[type.toUpperCase()]
}

/** The type of a computed column, from its first value that is not null. */
export function typeOfValue(value: SQLOutputValue | undefined): ColumnType {
  switch (typeof value) {
    case 'string':
      return ColumnTypeEnum.Text
    case 'bigint':
      return ColumnTypeEnum.Int64
    case 'number':
      return ColumnTypeEnum.Double
    case 'object':
      return ColumnTypeEnum.Bytes
    default:
      return ColumnTypeEnum.Int32
  }
}

/** A Prisma argument as SQLite takes it: dates are ISO 8601 text, integers are bigints lest they become REAL. */
export function toSqlite(value: unknown, type: ArgType | undefined): SQLInputValue {
  if (value === null) return null
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value
  if (value instanceof Date) return isoText(value)
  if (typeof value !== 'string') return value as bigint | Uint8Array
  switch (type?.scalarType) {
    case 'int':
    case 'bigint':
      return BigInt(value)
    case 'float':
    case 'decimal':
      return Number.parseFloat(value)
    case 'datetime':
      return isoText(new Date(value))
    case 'bytes':
      return Buffer.from(value, 'base64')
    default:
      return value
  }
}

function isoText(date: Date): string {
  return date.toISOString().replace('Z', '+00:00')
}

/** A SQLite value as Prisma takes it: integers it would lose digits of as text, instants as ISO 8601. */
export function fromSqlite(value: SQLOutputValue, type: ColumnType): unknown {
  if (typeof value !== 'bigint') return value
  const number = Number(value)
  if (type === ColumnTypeEnum.DateTime) return new Date(number).toISOString()
  return Number.isSafeInteger(number) ? number : value.toString()
}

const UNIQUE = [2067, 1555]
const NOT_NULL = 1299
const FOREIGN_KEY = 787
/** What a trigger raises; also SQLite itself, which keeps some foreign keys by triggers of its own. */
const TRIGGER = 1811

/** A SQLite error in the words of Prisma's driver adapters; anything else as it is. */
export function toDriverError(error: unknown): unknown {
  const { errcode, message } = error as { errcode?: number; message: string }
  if (errcode === undefined) return error
  return new DriverAdapterError({
    originalCode: String(errcode),
    originalMessage: message,
    ...(isBusy(error) ? { kind: 'SocketTimeout' } : driverError(errcode, message)),
  })
}

function driverError(errcode: number, message: string): DriverError {
  // "UNIQUE constraint failed: User.username, User.email"
  const constraint = { fields: message.match(/(?<=\w\.)\w+/g) ?? [] }
  if (UNIQUE.includes(errcode)) return { kind: 'UniqueConstraintViolation', constraint }
  if (errcode === NOT_NULL) return { kind: 'NullConstraintViolation', constraint }
  if (errcode === FOREIGN_KEY || (errcode === TRIGGER && message.startsWith('FOREIGN KEY')))
    return { kind: 'ForeignKeyConstraintViolation', constraint: { foreignKey: {} } }
  const missing = message.match(/^no such (table|column): (\S+)/)
  if (missing?.[2] && missing[1] === 'table') return { kind: 'TableDoesNotExist', table: missing[2] }
  if (missing?.[2]) return { kind: 'ColumnNotFound', column: missing[2] }
  return { kind: 'sqlite', extendedCode: errcode, message }
}
