import type { Deed } from '../../accounts/acts/as-admin.ts'
import { requireRole } from '../../accounts/acts/require-admin.ts'
import { record } from '../../accounts/audit/audit.ts'
import type { Db } from '../../db/client.ts'
import type { JobState } from '../../db/generated/sqlite/client.ts'
import { Refusal } from '../../errors.ts'
import { fromNow } from '../../time.ts'

/** `past` is what it is called once it is done. */
type Turn = { from: JobState[]; to: JobState; past: 'paused' | 'resumed' | 'cancelled' }

/** What an administrator can do with a job that isn’t at its end, by its name in the address. */
export const turns = {
  pause: { from: ['running'], to: 'paused', past: 'paused' },
  resume: { from: ['paused'], to: 'running', past: 'resumed' },
  cancel: { from: ['running', 'paused'], to: 'cancelled', past: 'cancelled' },
} satisfies Record<string, Turn>

/** What is said to who is too late. */
const ALREADY: Record<JobState, string> = {
  running: 'It goes on already.',
  paused: 'It is paused already.',
  done: 'It is done already.',
  cancelled: 'It is stopped already.',
}

/**
 * Pauses, resumes or ends a job: it stops before the next person, and nothing that is done is undone.
 * Throws Refusal 403 or 409.
 */
export async function steerJob(
  db: Db,
  { actor, source }: Deed,
  id: string,
  { from, to, past }: Turn,
): Promise<void> {
  await db.$transaction(async (tx) => {
    await requireRole(tx, actor, ['admin'])
    const ended = to === 'cancelled' && { finishedAt: fromNow(0) }
    const data = { state: to, dueAt: fromNow(0), ...ended }
    const { count } = await tx.job.updateMany({ where: { id, state: { in: from } }, data })
    if (count === 0) {
      const job = await tx.job.findUnique({ where: { id } })
      throw new Refusal(409, `${ALREADY[job?.state ?? 'done']} Nothing was changed.`)
    }
    await record(tx, `job.${past}`, { actor: actor.id, source, detail: { job: id } })
  })
}
