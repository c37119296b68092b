// Derives the PostgreSQL schema from prisma/schema.prisma and generates both Prisma clients, if they are stale.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import manifest from '../package.json' with { type: 'json' }

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const sqliteSchemaFile = path('../prisma/schema.prisma')
const postgresqlSchemaFile = path('../prisma/postgresql/schema.prisma')
const generated = path('../src/db/generated')
const stampFile = `${generated}/stamp`

/** The same models for PostgreSQL: provider and output differ, and the first lines say where it comes from. */
export function postgresqlSchema(sqliteSchema: string): string {
  return sqliteSchema
    .replace(/^(\/\/.*\n)+/, '// Derived from ../schema.prisma by `npm run generate`. Edit that one.\n')
    .replace('"../src/db/generated/sqlite"', '"../../src/db/generated/postgresql"')
    .replace('provider = "sqlite"', 'provider = "postgresql"')
}

/** Writes one client to `folder`. Needs no network; quiet unless it fails. */
async function generateClient(schema: string, folder: string) {
  mkdirSync(folder, { recursive: true })
  const schemaFile = `${folder}.prisma`
  writeFileSync(schemaFile, schema.replace(/^(\s*output\s*=).*$/m, `$1 ${JSON.stringify(folder)}`))
  const prisma = fileURLToPath(import.meta.resolve('prisma/build/index.js'))
  await promisify(execFile)(process.execPath, [prisma, 'generate', '--schema', schemaFile, '--no-hints'], {
    // Generating does not run the schema engine, but Prisma downloads it unless it is told of some file.
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
  })
}

/** Makes the derived schema and both clients anew, if they are stale; about 80 ms when they are not. */
export async function generate(): Promise<void> {
  const sqlite = readFileSync(sqliteSchemaFile, 'utf8')
  const postgresql = postgresqlSchema(sqlite)
  const stamp = createHash('sha256').update(manifest.devDependencies.prisma).update(postgresql).digest('hex')
  if (read(stampFile) === stamp && read(postgresqlSchemaFile) === postgresql) return

  if (read(postgresqlSchemaFile) !== postgresql) writeFileSync(postgresqlSchemaFile, postgresql)
  // Each process works in a folder of its own, so that two may generate at once.
  const fresh = `${generated}/new-${process.pid}`
  try {
    await Promise.all([
      generateClient(sqlite, `${fresh}/sqlite`),
      generateClient(postgresql, `${fresh}/postgresql`),
    ])
    rmSync(stampFile, { force: true })
    for (const client of ['sqlite', 'postgresql']) {
      rmSync(`${generated}/${client}`, { recursive: true, force: true })
      renameSync(`${fresh}/${client}`, `${generated}/${client}`)
    }
    writeFileSync(stampFile, stamp)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

if (import.meta.main) await generate()
