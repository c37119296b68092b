import { type Db, isPostgresql } from '../../db/client.ts'
import { Prisma } from '../../db/generated/sqlite/client.ts'
import { type PeopleSet, type Person, personColumns } from './people-window.ts'

const asJson = {
  sqlite: Prisma.sql`json_group_array(json_array(${personColumns}) ORDER BY "id" DESC)`,
  // As an instant, which names its offset.
  postgresql: Prisma.sql`json_agg(json_build_array("id", "username", "name", "email", "role", "status",
    "createdAt" AT TIME ZONE 'UTC', "lastSeenAt" AT TIME ZONE 'UTC', "provenEmailKey", "twoFactor") ORDER BY "id" DESC)`,
}

type Cells = [
  ...[id: string, username: string, name: string | null, email: string | null],
  ...[role: Person['role'], status: Person['status'], createdAt: string, lastSeenAt: string],
  ...[provenEmailKey: string | null, twoFactor: boolean | number],
]

/** Of a set after an id, newest first, at most `size` are looked at: how many they were, and the last of them. */
type Batch = { people: Person[]; seen: number; last: string | undefined }

/**
 * Looks through so many of a set, and gives those who fit. They come as one text: a row for each costs
 * many times as much time and memory, which is felt where it is about all of them.
 */
export async function peopleBatch(
  db: Db,
  { from, fits, after, size }: PeopleSet & { after: string | undefined; size: number },
): Promise<Batch> {
  const [batch] = await db.$queryRaw<{ seen: bigint; last: string | null; people: string | null }[]>`
    SELECT count(*) AS "seen", min("id") AS "last",
      CAST(${asJson[isPostgresql(db) ? 'postgresql' : 'sqlite']} FILTER (WHERE "fits") AS TEXT) AS "people"
    FROM (
      SELECT ${personColumns}, (${fits}) AS "fits" FROM ${from}
        AND ${after ? Prisma.sql`"id" < ${after}` : Prisma.sql`TRUE`} ORDER BY "id" DESC LIMIT ${size}
    ) AS "window"`
  const rows: Cells[] = JSON.parse(batch?.people ?? '[]')
  return { people: rows.map(personOf), seen: Number(batch?.seen), last: batch?.last ?? undefined }
}

function personOf(cells: Cells): Person {
  const [id, username, name, email, role, status, createdAt, lastSeenAt, provenEmailKey, twoFactor] = cells
  return {
    ...{ id, username, name, email, role, status, provenEmailKey, twoFactor: Boolean(twoFactor) },
    ...{ createdAt: new Date(createdAt), lastSeenAt: new Date(lastSeenAt) },
  }
}
