import type { Services } from '../../accounts/services.ts'
import { note, noteMost } from '../../accounts/tally.ts'
import { databaseSize } from '../../db/client.ts'

/** More mails are not counted, only that there are more: so many take an index some ms. */
export const MOST_MAILS = 100_000

/** How the parts of the service stand at this moment. */
export async function health({ db, config, passwords }: Services) {
  const startedAt = performance.now()
  const bytes = await databaseSize(db, config.databaseUrl)
  const answeredInMs = Math.ceil(performance.now() - startedAt)
  const waiting = await db.mail.count({ where: { state: 'waiting' }, take: MOST_MAILS + 1 })
  return {
    database: { answeredInMs, bytes },
    mails: { waiting: Math.min(waiting, MOST_MAILS), andMore: waiting > MOST_MAILS },
    hashing: { running: passwords.running, width: passwords.width, waiting: passwords.queueLength },
  }
}

/** Notes for today how large the database is, and the most that waited at once: what the overview compares with. */
export async function noteHealth(services: Services): Promise<void> {
  const { db, passwords } = services
  const { database, mails } = await health(services)
  await note(db, 'database.bytes', database.bytes)
  await noteMost(db, 'mails.waiting', mails.waiting)
  await noteMost(db, 'hashes.waiting', passwords.takeLongestQueue())
}
