import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { openDb } from '../src/db/client.ts'
import { migrate } from '../src/db/migrate.ts'
import { postgresqlSchema } from '../tools/generate.ts'
import { missingSql } from '../tools/new-migration.ts'
import { differenceSql } from '../tools/schema-engine.ts'
import { freshDatabase } from './support/database.ts'

const schemaFile = { sqlite: 'prisma/schema.prisma', postgresql: 'prisma/postgresql/schema.prisma' }

async function fresh() {
  const database = await freshDatabase()
  const folder = mkdtempSync(join(tmpdir(), 'foyer-migrations-'))
  cpSync('prisma/migrations', folder, { recursive: true })
  onTestFinished(async () => {
    rmSync(folder, { recursive: true })
    await database.remove()
  })
  const addMigration = (name: string, sql: string) => {
    mkdirSync(`${folder}/${inject('provider')}/${name}`)
    writeFileSync(`${folder}/${inject('provider')}/${name}/migration.sql`, sql)
  }
  return { url: database.url, folder, addMigration }
}

async function read<Row>(url: string, query: string): Promise<Row[]> {
  const db = await openDb(url)
  try {
    return await db.$queryRawUnsafe<Row[]>(query)
  } finally {
    await db.$disconnect()
  }
}

test('the migrations reach the models', async () => {
  const { url } = await fresh()
  expect(await missingSql(inject('provider'), url)).toBe('')
})

test('a change of the models is noticed', async () => {
  const { url } = await fresh()
  const schema = readFileSync(schemaFile[inject('provider')], 'utf8')
  const changed = schema.replace(/^model Throttle \{$/m, '$&\n  locale String?')
  expect(await differenceSql(url, changed)).toMatch(/^ALTER TABLE "Throttle" ADD COLUMN +"locale" TEXT;$/m)
})

test('the schema for PostgreSQL is derived from the one for SQLite', () => {
  expect(readFileSync(schemaFile.postgresql, 'utf8')).toBe(
    postgresqlSchema(readFileSync(schemaFile.sqlite, 'utf8')),
  )
})

test('a migration is applied once, with the row that Prisma would write', async () => {
  const { url, folder, addMigration } = await fresh()
  addMigration('20991231000000_note', 'CREATE TABLE "Note" ("id" TEXT PRIMARY KEY); -- a ; in a comment')
  expect(await migrate(url, folder)).toEqual(['20991231000000_note'])
  expect(await migrate(url, folder)).toEqual([])
})

test('a database newer than the program is refused', async () => {
  const { url, folder, addMigration } = await fresh()
  addMigration('20991231000000_note', 'CREATE TABLE "Note" ("id" TEXT PRIMARY KEY)')
  await migrate(url, folder)
  await expect(openDb(url)).rejects.toThrow(
    'newer than this program: it has the migration 20991231000000_note',
  )
})

test('a database older than the program is refused, unchanged, where it is not to be migrated', async () => {
  const { url, folder, addMigration } = await fresh()
  addMigration('20991231000000_note', 'CREATE TABLE "Note" ("id" TEXT PRIMARY KEY)')
  await expect(migrate(url, folder, { applies: false })).rejects.toThrow(
    'it lacks the migration 20991231000000_note of this program. Start the service',
  )
  await expect(read(url, 'SELECT * FROM "Note"')).rejects.toThrow('Note')
  await migrate(url, folder)
  expect(await migrate(url, folder, { applies: false })).toEqual([])
})

test('a migration edited after it was applied is refused', async () => {
  const { url, folder } = await fresh()
  appendFileSync(`${folder}/${inject('provider')}/20261122000000_init/migration.sql`, '\n-- edited')
  await expect(migrate(url, folder)).rejects.toThrow('20261122000000_init is not what was applied')
})

test('a migration that fails leaves nothing, nor do those before it', async () => {
  const { url, folder, addMigration } = await fresh()
  addMigration('20991230000000_note', 'CREATE TABLE "Note" ("id" TEXT PRIMARY KEY)')
  addMigration('20991231000000_wrong', 'CREATE TABLE "Half" ("id" TEXT); INSERT INTO "Nowhere" VALUES (1)')
  await expect(migrate(url, folder)).rejects.toThrow('Nowhere')
  await expect(read(url, 'SELECT * FROM "Note"')).rejects.toThrow('Note')
  await expect(read(url, 'SELECT * FROM "Half"')).rejects.toThrow('Half')
  const noted = await read(url, 'SELECT "migration_name" FROM "_prisma_migrations"')
  expect(JSON.stringify(noted)).not.toContain('2099')
  expect(noted).not.toEqual([])
})

test('a migration may not leave rows that refer to missing ones', async () => {
  const { url, folder, addMigration } = await fresh()
  addMigration(
    '20991231000000_orphan',
    `INSERT INTO "Session" ("id", "tokenHash", "userId", "remember", "lastSeenAt", "expiresAt", "ip", "userAgent")
     VALUES ('s', 'x', 'nobody', false, '2026-01-01', '2026-01-01', '', '')`,
  )
  await expect(migrate(url, folder)).rejects.toThrow(/refer to missing ones|foreign key constraint/)
  expect(await read(url, 'SELECT "id" FROM "Session"')).toEqual([])
})
