// npm run check:crash -- KILLS [sqlite|postgresql]: kills the service amid sign-ups, again and again, and
// counts what was lost. The database is a new one under the system's temporary folder.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crash } from '../tests/support/crash.ts'
import { startPostgres } from '../tests/support/postgres.ts'

const [kills = '200', provider = 'sqlite'] = process.argv.slice(2)

async function database() {
  if (provider === 'postgresql') {
    const { url, stop } = await startPostgres(18, { durable: true })
    return { url: url('postgres'), remove: stop }
  }
  const folder = mkdtempSync(join(tmpdir(), 'foyer-crash-'))
  return { url: `file:${folder}/foyer.db`, remove: async () => rmSync(folder, { recursive: true }) }
}

const { url, remove } = await database()
try {
  const { tried, acknowledged, violations } = await crash(url, Number(kills))
  for (const violation of violations) process.stderr.write(`${violation}\n`)
  process.stdout.write(
    `${provider}: ${kills} kills, ${tried} names tried, ${acknowledged} acknowledged, ${violations.length} violations\n`,
  )
  process.exitCode = violations.length ? 1 : 0
} finally {
  await remove()
}
