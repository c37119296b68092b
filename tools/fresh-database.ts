import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../tests/support/postgres.ts'

/** A new database for a check, under the system's temporary folder; PostgreSQL writes durably, as in production. */
export async function makeDatabase(provider: string) {
  if (provider === 'postgresql') {
    const { url, stop } = await startPostgres(18, { durable: true })
    return { url: url('postgres'), remove: stop }
  }
  const folder = mkdtempSync(join(tmpdir(), 'foyer-check-'))
  return { url: `file:${folder}/foyer.db`, remove: async () => rmSync(folder, { recursive: true }) }
}
