import { mailboxOf } from '../../accounts/email.ts'
import { nearbySkeletons } from '../../accounts/look-alikes.ts'
import { isThrowAway } from '../../accounts/throw-away-domains.ts'
import type { Db } from '../../db/client.ts'
import { Prisma, type SignUpRequest, type User } from '../../db/generated/sqlite/client.ts'

type Waiting = SignUpRequest & { user: User }

/** Whom a hint is about, as pages name them. */
type Other = { id: string; username: string }

/** What an administrator may want to know before they decide. `others` are accounts, or sign-ups that wait too. */
type Hint =
  | { kind: 'network'; network: string; count: number }
  | { kind: 'look-alike' | 'mailbox'; others: Other[] }
  | { kind: 'throw-away' }

const MOST_OTHERS = 3
/** A name behind a plus costs nothing: of a thousand in one mailbox, these are enough to see it. */
const MOST_TWINS = 500

/** What stands out about the sign-ups of a page, by their account: four queries, whatever there is. */
export async function findHints(db: Db, page: Waiting[]): Promise<Map<string, Hint[]>> {
  const [networks, lookAlikes, twins] = await Promise.all([
    countNetworks(db, page),
    findLookAlikes(db, page),
    findTwins(db, page),
  ])
  return new Map(
    page.map(({ userId, network, user }) => {
      const count = (networks.get(network) ?? 1) - 1
      const near = others(user, nearbySkeletons(user.usernameSkeleton), lookAlikes)
      const same = others(user, user.emailKey ? [mailboxOf(user.emailKey)] : [], twins)
      const hints: Hint[] = []
      if (count) hints.push({ kind: 'network', network, count })
      if (near.length) hints.push({ kind: 'look-alike', others: near })
      if (same.length) hints.push({ kind: 'mailbox', others: same })
      if (user.emailKey && isThrowAway(user.emailKey)) hints.push({ kind: 'throw-away' })
      return [userId, hints]
    }),
  )
}

/** Those that one of these keys leads to, and who aren't this very person. */
const others = (user: User, keys: string[], found: Map<string, Other[]>): Other[] =>
  keys
    .flatMap((key) => found.get(key) ?? [])
    .filter(({ id }) => id !== user.id)
    .slice(0, MOST_OTHERS)
    .map(({ id, username }) => ({ id, username }))

async function countNetworks(db: Db, page: Waiting[]): Promise<Map<string, number>> {
  const counts = await db.signUpRequest.groupBy({
    by: 'network',
    where: { network: { in: [...new Set(page.map(({ network }) => network))] } },
    _count: true,
  })
  return new Map(counts.map(({ network, _count }) => [network, _count]))
}

async function findLookAlikes(db: Db, page: Waiting[]): Promise<Map<string, Other[]>> {
  const skeletons = new Set(page.flatMap(({ user }) => nearbySkeletons(user.usernameSkeleton)))
  const found = await db.user.findMany({
    where: { usernameSkeleton: { in: [...skeletons] } },
    select: { id: true, username: true, usernameSkeleton: true },
  })
  return Map.groupBy(found, ({ usernameSkeleton }) => usernameSkeleton)
}

/** Accounts with an address of the same mailbox, by it: without anything behind a plus, or with something. */
async function findTwins(db: Db, page: Waiting[]): Promise<Map<string, Other[]>> {
  const mailboxes = [
    ...new Set(page.flatMap(({ user }) => (user.emailKey ? [mailboxOf(user.emailKey)] : []))),
  ]
  if (mailboxes.length === 0) return new Map()
  const ranges = mailboxes.map((mailbox) => {
    const [local, domain] = mailbox.split('@')
    return Prisma.sql`(${`${local}+`}, ${`${local}+\uffff`}, ${`%@${domain}`})`
  })
  const [plain, plus] = await Promise.all([
    db.user.findMany({
      where: { emailKey: { in: mailboxes } },
      select: { id: true, username: true, emailKey: true },
      take: MOST_TWINS,
    }),
    // A cross join is read from the left: each range is looked up in the index, where an OR of them all would be a scan.
    db.$queryRaw<(Other & { emailKey: string })[]>`
      SELECT "User"."id", "User"."username", "User"."emailKey"
      FROM (VALUES ${Prisma.join(ranges)}) AS "range" CROSS JOIN "User"
      WHERE "User"."emailKey" >= "range".column1 AND "User"."emailKey" < "range".column2
        AND "User"."emailKey" LIKE "range".column3
      LIMIT ${MOST_TWINS}`,
  ])
  return Map.groupBy([...plain, ...plus], ({ emailKey }) => mailboxOf(emailKey ?? ''))
}
