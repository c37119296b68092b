// npm run check:crash -- KILLS [sqlite|postgresql]: kills the service amid sign-ups, again and again, and
// counts what was lost.
import { crash } from '../tests/support/crash.ts'
import { makeDatabase } from './fresh-database.ts'

const [kills = '200', provider = 'sqlite'] = process.argv.slice(2)
const { url, remove } = await makeDatabase(provider)
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
