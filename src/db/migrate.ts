import { createHash, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { now, seconds } from '../time.ts'
import { openSqlite, sqlitePath, whenFree } from './sqlite.ts'

const MIGRATIONS = fileURLToPath(new URL('../../prisma/migrations', import.meta.url))
/** How long to wait while another process migrates. */
const PATIENCE = seconds(30)
/** Any number will do, as long as nothing else on the server locks it. */
const ADVISORY_LOCK = 72_707_369

type Migration = { name: string; sql: string; checksum: string }
type AppliedMigration = { migration_name: string; checksum: string }
/** What is to be applied besides. Throws if the database is none for this program. */
type Choose = (applied: AppliedMigration[]) => Migration[]

/**
 * Brings the database up to this program's models, each migration together with its `_prisma_migrations` row,
 * all or nothing. Several processes may start at once: one migrates, the others wait.
 * Returns the names applied. Throws if the database is newer than the program, or a migration was edited; with
 * `applies: false` also if it is older.
 */
export async function migrate(url: string, folder = MIGRATIONS, { applies = true } = {}): Promise<string[]> {
  const provider = url.startsWith('file:') ? 'sqlite' : 'postgresql'
  const migrations = readMigrations(`${folder}/${provider}`)
  const choose: Choose = (applied) => {
    const missing = pending(migrations, applied)
    if (missing.length > 0 && !applies)
      throw new Error(
        `it lacks the migration ${missing[0]?.name} of this program. Start the service, which brings it up to date`,
      )
    return missing
  }
  return provider === 'sqlite' ? migrateSqlite(sqlitePath(url), choose) : migratePostgresql(url, choose)
}

function readMigrations(folder: string): Migration[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const sql = readFileSync(`${folder}/${name}/migration.sql`, 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function pending(migrations: Migration[], applied: AppliedMigration[]): Migration[] {
  const checksums = new Map(migrations.map(({ name, checksum }) => [name, checksum]))
  for (const { migration_name: name, checksum } of applied) {
    if (!checksums.has(name)) {
      throw new Error(
        `it is newer than this program: it has the migration ${name}, which is unknown here. Run the newer program`,
      )
    }
    if (checksums.get(name) !== checksum) {
      throw new Error(`its migration ${name} is not what was applied: the file was edited since`)
    }
  }
  const names = new Set(applied.map((row) => row.migration_name))
  return migrations.filter(({ name }) => !names.has(name))
}

async function migrateSqlite(path: string, choose: Choose): Promise<string[]> {
  const database = await whenFree(PATIENCE, () => openSqlite(path))
  try {
    // Outside the transaction, where alone it works: tables are redefined by dropping and renaming.
    database.exec('PRAGMA foreign_keys = OFF')
    await whenFree(PATIENCE, () => database.exec('BEGIN IMMEDIATE'))
    const names = applyToSqlite(database, choose)
    database.exec('COMMIT')
    return names
  } finally {
    database.close()
  }
}

function applyToSqlite(database: DatabaseSync, choose: Choose): string[] {
  database.exec(`CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id" TEXT PRIMARY KEY NOT NULL,
    "checksum" TEXT NOT NULL,
    "finished_at" DATETIME,
    "migration_name" TEXT NOT NULL,
    "logs" TEXT,
    "rolled_back_at" DATETIME,
    "started_at" DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0
  )`)
  const applied = database.prepare('SELECT "migration_name", "checksum" FROM "_prisma_migrations"').all()
  const names = []
  for (const { name, sql, checksum } of choose(applied as AppliedMigration[])) {
    database.exec(sql)
    const at = now()
    database
      .prepare(
        `INSERT INTO "_prisma_migrations"
          ("id", "checksum", "migration_name", "started_at", "finished_at", "applied_steps_count")
         VALUES (?, ?, ?, ?, ?, 1)`,
      )
      .run(randomUUID(), checksum, name, at, at)
    names.push(name)
  }
  // It looks at every row there is: not at every start.
  const broken = names.length ? database.prepare('PRAGMA foreign_key_check').all() : []
  if (broken.length) throw new Error(`Migrating would leave ${broken.length} rows that refer to missing ones`)
  return names
}

async function migratePostgresql(url: string, choose: Choose): Promise<string[]> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'foyer',
    connectionTimeoutMillis: seconds(3),
  })
  await client.connect()
  try {
    await client.query(`SET lock_timeout = ${PATIENCE}`)
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCK])
    const names = await applyToPostgresql(client, choose)
    await client.query('COMMIT')
    return names
  } finally {
    await client.end()
  }
}

async function applyToPostgresql(client: pg.Client, choose: Choose): Promise<string[]> {
  await client.query(`CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id" VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum" VARCHAR(64) NOT NULL,
    "finished_at" TIMESTAMPTZ,
    "migration_name" VARCHAR(255) NOT NULL,
    "logs" TEXT,
    "rolled_back_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count" INTEGER NOT NULL DEFAULT 0
  )`)
  const applied = await client.query<AppliedMigration>(
    'SELECT "migration_name", "checksum" FROM "_prisma_migrations"',
  )
  const names = []
  for (const { name, sql, checksum } of choose(applied.rows)) {
    await client.query(sql)
    await client.query(
      `INSERT INTO "_prisma_migrations"
        ("id", "checksum", "migration_name", "started_at", "finished_at", "applied_steps_count")
       VALUES ($1, $2, $3, now(), now(), 1)`,
      [randomUUID(), checksum, name],
    )
    names.push(name)
  }
  return names
}
