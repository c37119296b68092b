import type { Db } from '../../db/client.ts'
import { instant } from '../../http/instant.ts'
import { type PageKeys, pageOf, TO_READ } from '../../http/lists.ts'
import { person } from '../../http/person.ts'
import { findHints } from './find-hints.ts'

/**
 * A page of the sign-ups that wait for an administrator, oldest first, with what stands out about them. Also those
 * that one has closed without deciding, until they are erased.
 */
export async function listRequests(db: Db, { after, before }: PageKeys) {
  const read = await db.signUpRequest.findMany({
    where: after ? { userId: { gt: after } } : before ? { userId: { lt: before } } : {},
    orderBy: { userId: before ? 'desc' : 'asc' },
    take: TO_READ,
    include: { user: true },
  })
  // Of this list, the keys lead the other way: after somebody come those who signed up later.
  const {
    rows,
    newer: older,
    older: newer,
  } = pageOf(
    read.map((row) => ({ ...row, id: row.userId })),
    { after, before },
  )
  const hints = await findHints(db, rows)
  return {
    requests: rows.map(({ userId, user, askedAt, ip }) => ({
      person: { ...person(user), emailProven: user.provenEmailKey !== null },
      askedAt: instant(askedAt),
      ip,
      hints: hints.get(userId) ?? [],
    })),
    older,
    newer,
  }
}
