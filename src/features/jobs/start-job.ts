import { requireOffered } from '../../accounts/acts/act-words.ts'
import { type ActName, readEnd } from '../../accounts/acts/acts.ts'
import { type Deed, readReason } from '../../accounts/acts/as-admin.ts'
import { requireRole } from '../../accounts/acts/require-admin.ts'
import { record } from '../../accounts/audit/audit.ts'
import { newId } from '../../accounts/new-id.ts'
import { findPeople } from '../../accounts/people/find-people.ts'
import type { PeopleFilter } from '../../accounts/people/people-filter.ts'
import type { Services } from '../../accounts/services.ts'
import { countPeople } from '../../accounts/tally.ts'
import type { Db } from '../../db/client.ts'
import type { Prisma } from '../../db/generated/sqlite/client.ts'
import { fromNow } from '../../time.ts'

/** More than so many are not counted one by one. */
const COUNTED = 1000

/** About how many people a filter lets through; null if it would take long to say. */
export async function aboutHowMany(db: Db, filter: PeopleFilter): Promise<number | null> {
  const { q, status, ...others } = filter
  if (!q.trim() && Object.values(others).every((wanted) => wanted === undefined))
    return (await countPeople(db))[status ?? 'all']
  const { rows, matches, stopped } = await findPeople(db, filter, { take: COUNTED + 1 })
  if (matches && !matches.orMore) return matches.count
  return stopped || rows.length > COUNTED ? null : rows.length
}

/**
 * Begins to do something to everybody whom a filter lets through, and who has signed up by now. Answers the id of the
 * job. Throws InvalidInput for the reason and the end, or Refusal 403 or 404.
 */
export async function startJob(
  { config, db }: Pick<Services, 'config' | 'db'>,
  act: ActName,
  filter: PeopleFilter,
  { actor, reason: typed, until: end, source }: Deed & { reason: string; until: string },
): Promise<string> {
  requireOffered(act, config)
  const until = readEnd(act, end)
  const detail = readReason(typed)
  const total = await aboutHowMany(db, filter)
  // Ids are made in order of time: whoever has a smaller one was there before.
  const id = newId()
  await db.$transaction(async (tx) => {
    await requireRole(tx, actor, ['admin'])
    const { reason = '' } = detail
    const asked = { action: act, filter: stored(filter), reason, until, source: stored(source), total }
    const times = { dueAt: fromNow(0), createdAt: fromNow(0) }
    await tx.job.create({
      data: { id, ...asked, ...times, actorId: actor.id },
      select: { id: true },
    })
    await record(tx, 'job.started', { actor: actor.id, source, detail: { job: id, action: act, ...detail } })
  })
  return id
}

/** As JSON has it: without what isn't given. */
const stored = (value: object) => JSON.parse(JSON.stringify(value)) as Prisma.InputJsonObject
