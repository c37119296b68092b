import type { Db } from '../../db/client.ts'
import { type AuditEvent, Prisma } from '../../db/generated/sqlite/client.ts'
import { idAt } from '../new-id.ts'

/** So many rows of somebody are looked through at once for what the database has no index of. */
const WINDOW = 1000
/** For how long, in ms: then the log says how far it got. */
const PATIENCE = 80

/** Which events to find; what isn't given is no limit. */
export type EventFilter = {
  /** Those that somebody did or that were done to them, by any of these ids. */
  people?: string[] | undefined
  /** Who did it, and whose account it was done to. */
  actors?: string[] | undefined
  subjects?: string[] | undefined
  events?: string[] | undefined
  /** Whether it was done from there, by the address as it stands in the trail. */
  isFrom?: ((ip: string) => boolean) | undefined
  from?: Date | undefined
  /** Not included. */
  until?: Date | undefined
}

type Place = { after?: string | undefined; before?: string | undefined; take: number; patience?: number }

type Candidate = Pick<AuditEvent, 'id' | 'event' | 'actor' | 'subjectId' | 'ip'> & { branch: bigint | number }

/**
 * Events of the audit trail, newest first; before one, the oldest first. Ids are made in order of time, so that days
 * are ranges of them, and each part of a filter is read in the order of an index. Where more than one part is asked
 * for, those of the first are looked through; `stoppedAt` is how far, if that took too long.
 */
export async function findEvents(
  db: Db,
  filter: EventFilter,
  { take, patience = PATIENCE, ...place }: Place,
) {
  const { after, before } = place
  const parts = partsOf(filter)
  const { people, actors, subjects, events, isFrom } = filter
  const wanted = ({ actor, subjectId, event, ip }: Candidate) =>
    (!people || people.includes(actor) || people.includes(subjectId ?? '')) &&
    (!actors || actors.includes(actor)) &&
    (!subjects || subjects.includes(subjectId ?? '')) &&
    (!events || events.includes(event)) &&
    (!isFrom || isFrom(ip ?? ''))
  const asked = [people, actors, subjects, events].filter((part) => part !== undefined)
  const limit = isFrom || asked.length > 1 ? WINDOW : take
  const end = performance.now() + patience
  const ids = new Set<string>()
  let at = before ?? after
  for (;;) {
    const found = await read(
      db,
      parts,
      inRange(filter, { [before ? 'before' : 'after']: at }),
      Boolean(before),
      limit,
    )
    for (const row of found.rows) if (wanted(row) && ids.size < take) ids.add(row.id)
    at = found.at
    if (ids.size === take || !at || performance.now() > end) break
  }
  const order = before ? 'asc' : 'desc'
  const rows = await db.auditEvent.findMany({ where: { id: { in: [...ids] } }, orderBy: { id: order } })
  return { rows, stoppedAt: rows.length < take ? at : undefined }
}

const about = (id: string) => Prisma.sql`"subjectId" = ${id}`
const by = (id: string) => Prisma.sql`"actor" = ${id}`

/** What each of the branches below has an index for: of what is asked for, the part that has the fewest. */
function partsOf({ people, actors, subjects, events }: EventFilter): Prisma.Sql[] {
  if (subjects) return subjects.map(about)
  if (people) return people.flatMap((id) => [about(id), by(id)])
  if (actors) return actors.map(by)
  return events ? events.map((event) => Prisma.sql`"event" = ${event}`) : [Prisma.sql`TRUE`]
}

const inRange = ({ from, until }: EventFilter, { after, before }: Omit<Place, 'take'>) =>
  Prisma.join(
    [
      from && Prisma.sql`"id" >= ${idAt(from)}`,
      until && Prisma.sql`"id" < ${idAt(until)}`,
      after && Prisma.sql`"id" < ${after}`,
      before && Prisma.sql`"id" > ${before}`,
      Prisma.sql`TRUE`,
    ].filter((condition) => condition instanceof Prisma.Sql),
    ' AND ',
  )

/**
 * The next rows of each part, brought into one order. Where a part has more than were read, what lies beyond its last
 * one is left out, and `at` is where to go on.
 */
async function read(db: Db, parts: Prisma.Sql[], range: Prisma.Sql, ascending: boolean, limit: number) {
  const order = ascending ? Prisma.sql`ASC` : Prisma.sql`DESC`
  const branches = parts.map(
    (part, n) => Prisma.sql`SELECT * FROM (
      SELECT "id", "event", "actor", "subjectId", "ip", CAST(${n} AS INTEGER) AS "branch" FROM "AuditEvent"
      WHERE ${part} AND ${range} ORDER BY "id" ${order} LIMIT ${limit}) AS "part"`,
  )
  const found = await db.$queryRaw<Candidate[]>(Prisma.join(branches, ' UNION ALL '))
  const beyond = (one: string, other: string) => (ascending ? one > other : one < other)
  let at: string | undefined
  for (const rows of Map.groupBy(found, ({ branch }) => Number(branch)).values()) {
    const last = rows.at(-1)?.id
    if (rows.length === limit && last && (!at || beyond(at, last))) at = last
  }
  const rows = found
    .filter(({ id }) => !at || !beyond(id, at))
    .sort((one, other) => (beyond(one.id, other.id) ? 1 : -1))
  return { rows, at }
}

/** What the audit trail is asked for in words: accounts by id, username or address, or whom it names otherwise. */
export async function peopleCalled(db: Db, typed: string): Promise<string[]> {
  const key = typed.normalize('NFC').toLowerCase()
  const users = await db.user.findMany({
    where: { OR: [{ id: key }, { username: key }, { emailKey: key }] },
    select: { id: true },
    take: 10,
  })
  return users.length ? users.map(({ id }) => id) : [typed]
}

/** The usernames of those who did events and of those they were done to, by their ids. */
export const namesOf = async (db: Db, rows: AuditEvent[]) => {
  const ids = new Set(rows.flatMap(({ actor, subjectId }) => (subjectId ? [actor, subjectId] : [actor])))
  const users = await db.user.findMany({
    where: { id: { in: [...ids] } },
    select: { id: true, username: true },
  })
  return new Map(users.map(({ id, username }) => [id, username]))
}
