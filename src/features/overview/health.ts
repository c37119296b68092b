import type { Services } from '../../accounts/services.ts'
import { databaseSize } from '../../db/client.ts'

/** More mails are not counted, only that there are more. */
const MOST = 1000

/** How the parts of the service stand at this moment. */
export async function health({ db, config, passwords }: Services) {
  const startedAt = performance.now()
  const bytes = await databaseSize(db, config.databaseUrl)
  const answeredInMs = Math.ceil(performance.now() - startedAt)
  const waiting = await db.mail.findMany({
    where: { state: 'waiting' },
    select: { id: true },
    take: MOST + 1,
  })
  return {
    database: { answeredInMs, bytes },
    mails: { waiting: Math.min(waiting.length, MOST), andMore: waiting.length > MOST },
    hashing: { running: passwords.running, width: passwords.width, waiting: passwords.queueLength },
  }
}
