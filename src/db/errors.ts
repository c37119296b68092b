import type { Error as DriverError } from '@prisma/driver-adapter-utils'

/** What Prisma, its driver adapters, pg and Node's sockets put into errors; all of it may be missing. */
type DatabaseError = {
  code?: string
  errorCode?: string
  message?: string
  meta?: { driverAdapterError?: { cause?: DriverError } }
  cause?: DriverError
}

/**
 * The columns of the unique constraint that a write ran into, or undefined if the error is another.
 * When a row breaks several constraints, the databases name different ones. PostgreSQL does not name
 * the columns of a primary key: they are left out.
 */
export function uniqueViolation(error: unknown): string[] | undefined {
  const cause = driverErrorOf(error)
  if (cause?.kind !== 'UniqueConstraintViolation') return undefined
  const { constraint } = cause
  if (constraint && 'fields' in constraint) return constraint.fields
  // PostgreSQL names the index, which Prisma calls Table_column_column_key.
  if (constraint && 'index' in constraint)
    return constraint.index
      .replace(/_p?key$/, '')
      .split('_')
      .slice(1)
  return []
}

const UNAVAILABLE_KINDS: DriverError['kind'][] = [
  'ConnectionClosed',
  'DatabaseNotReachable',
  'SocketTimeout',
  'TooManyConnections',
  'TransactionAlreadyClosed',
  'TransactionWriteConflict',
]
/** Prisma: unreachable, timed out, closed, no free connection, no transaction in time, write conflict, too many. */
const UNAVAILABLE_PRISMA = /^(P1001|P1002|P1008|P1017|P2024|P2028|P2034|P2037)$/
/** SQLSTATE: connection, resources, operator, system; lock and idle timeouts; read-only, as a standby is. */
const UNAVAILABLE_POSTGRESQL = /^(08|53|57|58)\w{3}$|^(55P03|25P03|25P04|25006)$/
const UNAVAILABLE_SOCKET = /^(ECONN\w+|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/
/** Of pg and pg-pool, which give these no code. */
const UNAVAILABLE_MESSAGE =
  /^(timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error)/
/** SQLite's primary result codes for busy, read-only, input/output error, full, cannot open. */
const UNAVAILABLE_SQLITE = [5, 8, 10, 13, 14]

/** True when the database cannot serve now but may soon: down, overloaded, locked, full. Answer 503. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, errorCode, message } = error as DatabaseError
  const cause = driverErrorOf(error)
  const codes = [code, errorCode, cause?.originalCode].filter((value) => typeof value === 'string')
  return (
    codes.some((value) =>
      [UNAVAILABLE_PRISMA, UNAVAILABLE_POSTGRESQL, UNAVAILABLE_SOCKET].some((known) => known.test(value)),
    ) ||
    (cause !== undefined && UNAVAILABLE_KINDS.includes(cause.kind)) ||
    (cause?.kind === 'sqlite' && UNAVAILABLE_SQLITE.includes(cause.extendedCode & 0xff)) ||
    (message !== undefined && UNAVAILABLE_MESSAGE.test(message))
  )
}

/** True when an update found no row that it could be made on. */
export const isMissing = (error: unknown): boolean => (error as DatabaseError).code === 'P2025'

/** True when PostgreSQL broke a statement off that took longer than it may. */
export const isTimedOut = (error: unknown): boolean => driverErrorOf(error)?.originalCode === '57014'

/** True when the database broke a transaction off because of another one: run it again. */
export function isWriteConflict(error: unknown): boolean {
  // Prisma names it P2034 while the transaction runs; at its commit only the driver's error says so.
  return (
    (error as DatabaseError).code === 'P2034' || driverErrorOf(error)?.kind === 'TransactionWriteConflict'
  )
}

function driverErrorOf(error: unknown): DriverError | undefined {
  const { meta, cause } = error as DatabaseError
  return meta?.driverAdapterError?.cause ?? cause
}
