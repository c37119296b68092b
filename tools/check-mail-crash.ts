// npm run check:mail -- ROUNDS: kills the service while it hands mails over, and at any moment, again and again
// on each database, and counts mails that were lost or arrived too often.
import { crashAmidMail, crashAtHandover } from '../tests/support/mail-crash.ts'
import { makeDatabase } from './fresh-database.ts'

const rounds = Number(process.argv[2] ?? 50)

async function onScratch<Outcome>(
  provider: string,
  check: (url: string, rounds: number) => Promise<Outcome>,
) {
  const { url, remove } = await makeDatabase(provider)
  try {
    return await check(url, rounds)
  } finally {
    await remove()
  }
}

for (const provider of ['sqlite', 'postgresql']) {
  const handover = await onScratch(provider, crashAtHandover)
  const amid = await onScratch(provider, crashAmidMail)
  const violations = [...handover.violations, ...amid.violations]
  for (const violation of violations) process.stderr.write(`${violation}\n`)
  process.stdout.write(
    `${provider}: ${rounds} kills at the handover, ${handover.promised} sign-ups answered, ${handover.twice} mails twice; ` +
      `${rounds} kills at any moment, ${amid.promised} sign-ups answered; ${violations.length} violations\n`,
  )
  if (violations.length) process.exitCode = 1
}
