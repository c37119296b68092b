// A thread beside bench/seed-sqlite.ts: makes the same people, and their search index in a database of its own.
import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'
import { madeUpPeople } from './made-up-people.ts'

/** What it is given: a path where nothing is yet, the index's CREATE, and which people. */
export type SearchTask = { path: string; sql: string; users: number; until: number }

/** What of the index is kept in memory until it is written, in bytes; FTS5's default is 1 MB. */
const BUFFER = 512_000_000

const { path, sql, users, until } = workerData as SearchTask
using database = new DatabaseSync(path)
database.exec(`
  PRAGMA journal_mode = OFF;
  PRAGMA synchronous = OFF;
  BEGIN;
  ${sql};
  INSERT INTO "UserSearch" ("UserSearch", "rank") VALUES ('hashsize', ${BUFFER});
`)
const insert = database.prepare(
  `INSERT INTO "UserSearch" ("rowid", "words") VALUES (?, concat_ws(char(10), ?, ?, ?))`,
)
let key = 0
for (const [, username = null, , , nameKey = null, , emailKey = null] of madeUpPeople(users, until))
  insert.run(++key, username, emailKey, nameKey)
database.exec('COMMIT')
