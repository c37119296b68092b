// npm run migration -- NAME     writes the migrations that bring both databases to the models
// npm run migration -- --check  fails if the migrations and the models differ
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { migrate } from '../src/db/migrate.ts'
import { startPostgres } from '../tests/support/postgres.ts'
import { differenceSql } from './schema-engine.ts'

const prisma = fileURLToPath(new URL('../prisma', import.meta.url))
const SCHEMAS = { sqlite: `${prisma}/schema.prisma`, postgresql: `${prisma}/postgresql/schema.prisma` }

/** What the migrations lack to reach the models, as SQL. Migrates the empty database at `url`. */
export async function missingSql(provider: keyof typeof SCHEMAS, url: string): Promise<string> {
  await migrate(url)
  return differenceSql(url, readFileSync(SCHEMAS[provider], 'utf8'))
}

async function missingSqlOfBoth() {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-migration-'))
  const server = await startPostgres(18)
  try {
    return {
      sqlite: await missingSql('sqlite', `file:${folder}/database`),
      postgresql: await missingSql('postgresql', server.url('postgres')),
    }
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true })
  }
}

function write(provider: string, name: string, sql: string) {
  const time = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
  const folder = `${prisma}/migrations/${provider}/${time}_${name}`
  mkdirSync(folder)
  writeFileSync(`${folder}/migration.sql`, sql)
  console.log(`Read it before you commit it: ${relative('', folder)}/migration.sql`)
}

async function main([name, ...more]: string[]) {
  if (!name?.match(/^(--check|[a-z][a-z0-9_]*)$/) || more.length) {
    console.error('Say what it does, in small letters: npm run migration -- add_locale')
    process.exitCode = 2
    return
  }
  const missing = Object.entries(await missingSqlOfBoth()).filter(([, sql]) => sql)
  if (name !== '--check') {
    for (const [provider, sql] of missing) write(provider, name, sql)
    if (!missing.length) console.log('There is nothing to do: the migrations reach the models.')
  } else if (missing.length) {
    for (const [provider, sql] of missing) console.error(`The ${provider} migrations lack:\n${sql}`)
    process.exitCode = 1
  }
}

if (import.meta.main) await main(process.argv.slice(2))
