import { emailKey } from '../../accounts/email.ts'
import type { Db } from '../../db/client.ts'
import type { Invitation, Mail } from '../../db/generated/sqlite/client.ts'
import { instant } from '../../http/instant.ts'
import { newestFirst, type PageKeys, pageOf } from '../../http/lists.ts'
import type { Facts } from '../../mail/letters.ts'
import { now } from '../../time.ts'

type Query = PageKeys & { id?: string | undefined; address: string }

type State = 'waiting' | 'joined' | 'bounced' | 'expired' | 'cancelled'

/** A page of the invitations, newest first, or one alone, as administrators see them: never a row, and no secret. */
export async function listInvitations(db: Db, { id: one, address, ...keys }: Query) {
  const page = newestFirst(keys)
  const addressKey = emailKey(address.trim())
  const read = await db.invitation.findMany({
    ...page,
    where: one ? { id: one } : { ...page.where, ...(addressKey && { addressKey }) },
    include: {
      _count: { select: { users: true } },
      users: { orderBy: { id: 'desc' }, take: 1, select: { id: true, username: true, createdAt: true } },
    },
  })
  const { rows, ...beside } = pageOf(read, keys)
  const mails = await mailsOf(db, rows)
  const invitations = rows.map((row) => {
    const { id, address, role, usesLeft, createdAt, expiresAt, users, _count } = row
    const mail = mails.get(id)
    const state = stateOf(row, mail)
    const [last] = users
    return {
      ...{ id, address, role, state, usesLeft, joined: _count.users },
      createdAt: instant(createdAt),
      expiresAt: instant(expiresAt),
      lastJoined: last ? { id: last.id, username: last.username, at: instant(last.createdAt) } : null,
      problem: state === 'bounced' ? (mail?.lastError ?? null) : null,
    }
  })
  return { invitations, ...beside }
}

/** The latest mail of each invitation, while it is kept. */
async function mailsOf(db: Db, invitations: Invitation[]): Promise<Map<string, Mail>> {
  const addresses = invitations.flatMap(({ addressKey }) => addressKey ?? [])
  const mails = await db.mail.findMany({
    where: { address: { in: addresses }, kind: 'invitation' },
    orderBy: { id: 'asc' },
  })
  return new Map(mails.map((mail) => [(mail.facts as Facts).invitation ?? '', mail]))
}

/** How far an invitation has come. A mail that was withheld while it could be used is as good as returned. */
function stateOf({ cancelledAt, usesLeft, expiresAt }: Invitation, mail?: Mail): State {
  if (usesLeft === 0) return 'joined'
  if (cancelledAt) return 'cancelled'
  if (expiresAt.getTime() <= now()) return 'expired'
  return mail?.state === 'failed' || mail?.state === 'withheld' ? 'bounced' : 'waiting'
}
