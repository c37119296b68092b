import { DatabaseSync } from 'node:sqlite'
import { sqlitePath } from '../src/db/sqlite.ts'
import { COLUMNS, type Row } from './made-up-people.ts'
import { seedRest } from './seed-rest.ts'

/** What is read and written in order needs little; an index is sorted in batches of this size, each on another thread. */
const CACHE_KIB = 65_536
/** What of the search index is kept in memory until it is written, in bytes; FTS5's default is 1 MB. */
const SEARCH_BUFFER = 512_000_000
const SEARCH_BUFFER_DEFAULT = 1_048_576

/** Fills a migrated, empty database that nobody else uses. Indexes and triggers come after the rows, as that is quicker. */
export function fillSqlite(url: string, people: Iterable<Row>) {
  // Else it keeps its log, and everything is written twice.
  using database = new DatabaseSync(sqlitePath(url), { defensive: false })
  if (database.prepare('SELECT 1 FROM "User" LIMIT 1').get()) throw new Error('There are people already.')
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
       WHERE "tbl_name" IN ('User', 'Authenticator', 'SearchKey') AND "type" IN ('index', 'trigger') AND "sql" IS NOT NULL
       ORDER BY "type", "name"`,
    )
    .all()
  for (const { type, name } of later) database.exec(`DROP ${type} "${name}"`)
  const insert = database.prepare(
    `INSERT INTO "User" (${COLUMNS.map((column) => `"${column}"`)}) VALUES (${COLUMNS.map(() => '?')})`,
  )
  for (const row of people) insert.run(...row)
  for (const { sql, type } of later) if (type === 'index') database.exec(String(sql))
  database.exec(`
    INSERT INTO "SearchKey" ("userId") SELECT "id" FROM "User" ORDER BY "rowid";
    INSERT INTO "UserSearch" ("UserSearch", "rank") VALUES ('hashsize', ${SEARCH_BUFFER});
    INSERT INTO "UserSearch" ("rowid", "words")
      SELECT "key", concat_ws(char(10), "username", "emailKey", "nameKey")
      FROM "SearchKey" CROSS JOIN "User" ON "User"."rowid" = "key" ORDER BY "key";
    INSERT INTO "UserSearch" ("UserSearch", "rank") VALUES ('hashsize', ${SEARCH_BUFFER_DEFAULT});
  `)
  database.exec(seedRest('randomblob(60)'))
  for (const { sql, type } of later) if (type === 'trigger') database.exec(String(sql))
  // No ANALYZE: the service never does either, and the planner is to know no more than there.
  database.exec('COMMIT')
}
