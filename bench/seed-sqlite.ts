import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { sqlitePath } from '../src/db/sqlite.ts'
import { COLUMNS, madeUpPeople } from './made-up-people.ts'
import { seedRest } from './seed-rest.ts'
import type { SearchTask } from './seed-search.ts'

/** What goes in order needs little. An index is sorted in batches of this size, on other threads, and all the quicker. */
const CACHE_KIB = 16_384

/**
 * Fills a migrated, empty database that nobody else uses. Indexes and triggers come after the rows, as that is quicker.
 * There is no ANALYZE: the service never does it either, and the planner is to know no more than there.
 */
export async function fillSqlite(url: string, users: number, until: number) {
  const path = sqlitePath(url)
  const searchPath = `${path}-search`
  // Else it keeps its log, and everything is written twice.
  using database = new DatabaseSync(path, { defensive: false })
  if (database.prepare('SELECT 1 FROM "User" LIMIT 1').get()) throw new Error('There are people already.')
  const search = database.prepare(`SELECT "sql" FROM "sqlite_master" WHERE "name" = 'UserSearch'`).get()
  const task: SearchTask = { path: searchPath, sql: String(search?.sql), users, until }
  rmSync(searchPath, { force: true })
  const searched = once(new Worker(new URL('seed-search.ts', import.meta.url), { workerData: task }), 'exit')
  database.exec(`
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA foreign_keys = OFF;
    PRAGMA temp_store = FILE;
    PRAGMA threads = 2;
    PRAGMA cache_size = -${CACHE_KIB};
    BEGIN;
  `)
  const later = database
    .prepare(
      `SELECT "type", "name", "sql" FROM "sqlite_master"
       WHERE "tbl_name" IN ('User', 'Authenticator') AND "type" IN ('index', 'trigger') AND "sql" IS NOT NULL
       ORDER BY "type", "name"`,
    )
    .all()
  for (const { type, name } of later) database.exec(`DROP ${type} "${name}"`)
  const insert = database.prepare(
    `INSERT INTO "User" (${COLUMNS.map((column) => `"${column}"`)}) VALUES (${COLUMNS.map(() => '?')})`,
  )
  for (const row of madeUpPeople(users, until)) insert.run(...row)
  for (const { sql, type } of later) if (type === 'index') database.exec(String(sql))
  database.exec(`INSERT INTO "SearchKey" ("userId") SELECT "id" FROM "User" ORDER BY "rowid"`)
  database.exec(seedRest('randomblob(60)'))
  for (const { sql, type } of later) if (type === 'trigger') database.exec(String(sql))
  await searched
  // What an index of FTS5 is made of (https://sqlite.org/fts5.html, appendix A); its settings stay.
  database.prepare('ATTACH ? AS "search"').run(searchPath)
  database.exec(`
    DELETE FROM "UserSearch_data";
    DELETE FROM "UserSearch_idx";
    INSERT INTO "UserSearch_data" SELECT * FROM "search"."UserSearch_data";
    INSERT INTO "UserSearch_idx" SELECT * FROM "search"."UserSearch_idx";
    COMMIT;
    DETACH "search";
  `)
  rmSync(searchPath)
}
