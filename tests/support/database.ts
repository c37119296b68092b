import { randomUUID } from 'node:crypto'
import { copyFileSync, rmSync } from 'node:fs'
import { inject } from 'vitest'
import { createDatabase, dropDatabase } from './postgres.ts'
import { quickFolder } from './quick-folder.ts'

/** What every service of a test is given, so that none makes a key file for itself. */
export const SECRET_KEY = 'a secret of the tests, shared by all'

type Provider = 'sqlite' | 'postgresql'

declare module 'vitest' {
  interface ProvidedContext {
    /** Which database the tests of this project run on; absent in projects that choose for themselves. */
    provider: Provider
    /** Migrated and empty, to be copied. */
    sqliteTemplate: string
    postgresqlTemplate: string
    /** Of the server's own database, from which others are made. */
    postgresqlUrl: string
  }
}

/** A migrated, empty database of the test's own, SQLite or PostgreSQL as the test's project says. */
export async function freshDatabase(provider = inject('provider')) {
  return provider === 'sqlite' ? freshSqlite() : freshPostgresql()
}

async function freshSqlite() {
  const folder = quickFolder('foyer-test-')
  copyFileSync(inject('sqliteTemplate'), `${folder}/foyer.db`)
  return { url: `file:${folder}/foyer.db`, remove: async () => rmSync(folder, { recursive: true }) }
}

async function freshPostgresql() {
  const server = inject('postgresqlUrl')
  const name = `test_${randomUUID()}`
  await createDatabase(server, name, inject('postgresqlTemplate'))
  return { url: new URL(name, server).href, remove: () => dropDatabase(server, name) }
}
