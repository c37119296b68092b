import type { Db } from '../../db/client.ts'
import { days, fromNow, minutes } from '../../time.ts'
import { MOST_MAILS } from './health.ts'

/** How many mails, at least, have failed for good since yesterday, and how many wait for longer than sending takes. */
export async function countStuckMails(db: Db): Promise<{ failed: number; waiting: number }> {
  const [failed, waiting] = await Promise.all([
    // A mail that has failed isn't due any more: `dueAt` tells when it was last tried.
    db.mail.count({ where: { state: 'failed', dueAt: { gt: fromNow(-days(1)) } }, take: MOST_MAILS }),
    db.mail.count({
      where: { state: 'waiting', OR: [{ dueAt: { lt: fromNow(-minutes(10)) } }, { attempts: { gt: 4 } }] },
      take: MOST_MAILS,
    }),
  ])
  return { failed, waiting }
}
