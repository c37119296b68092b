import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { migrate } from '../src/db/migrate.ts'
import { startPostgres } from './support/postgres.ts'

const POSTGRESQL_TEMPLATE = 'foyer'

/** Starts one PostgreSQL for the whole run, and migrates once for each database what tests then copy. */
export default async function setup({ provide, vitest }: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-template-'))
  const sqliteTemplate = `${folder}/foyer.db`
  await migrate(`file:${sqliteTemplate}`)
  provide('sqliteTemplate', sqliteTemplate)

  const withoutServer = vitest.projects.every(({ name }) => name === 'unit' || name === 'sqlite')
  const server = withoutServer ? undefined : await startPostgres(18)
  if (server) {
    await server.createDatabase(POSTGRESQL_TEMPLATE)
    await migrate(server.url(POSTGRESQL_TEMPLATE))
    provide('postgresqlTemplate', POSTGRESQL_TEMPLATE)
    provide('postgresqlUrl', server.url('postgres'))
  }

  return async () => {
    await server?.stop()
    rmSync(folder, { recursive: true })
  }
}
