import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const SQLITE_BUSY = 5
/** SQLite waits for other processes by blocking the event loop: no longer than this. The rest is `whenFree`. */
const BLOCKING_WAIT_MS = 20

/** The file named by a `file:` address; a relative one is under the working directory. */
export function sqlitePath(url: string): string {
  return url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length)
}

/**
 * Opens the database file, readable by its owner alone (ASVS 5.0 13.3.1).
 * A commit has reached the disk when it returns; throws if SQLite does not promise that.
 */
export function openSqlite(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  // A device is not to become its owner's alone: of /dev/null, every program would feel it.
  if (existsSync(path) && !statSync(path).isFile()) throw new Error(`${path} is not a file`)
  closeSync(openSync(path, 'a', 0o600))
  // SQLite gives new -wal and -shm files the mode of the database file; a crash may have left old ones.
  for (const file of [path, `${path}-wal`, `${path}-shm`])
    if (existsSync(file) && statSync(file).mode & 0o077) chmodSync(file, 0o600)
  const database = new DatabaseSync(path, { timeout: BLOCKING_WAIT_MS })
  try {
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON;
      PRAGMA trusted_schema = OFF;
      PRAGMA secure_delete = ON;
      PRAGMA temp_store = MEMORY;
      PRAGMA cache_size = -16000;
      PRAGMA journal_size_limit = 67108864;
    `)
    const { synchronous } = database.prepare('PRAGMA synchronous').get() as { synchronous: number }
    if (synchronous !== 2)
      throw new Error(`SQLite does not write durably here: synchronous is ${synchronous}`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** True when another process holds the lock that a statement needs. */
export function isBusy(error: unknown): boolean {
  const { errcode } = error as { errcode?: number }
  return errcode !== undefined && (errcode & 0xff) === SQLITE_BUSY
}

/** Runs `work` again until no other process is in its way, for at most `patienceMs`; then throws what it threw. */
export async function whenFree<T>(patienceMs: number, work: () => T | Promise<T>): Promise<T> {
  for (const end = performance.now() + patienceMs; ; ) {
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error) || performance.now() > end) throw error
      await sleep(5 + Math.random() * 15)
    }
  }
}
