import { describeEvent } from '../../accounts/audit/event-words.ts'
import { namesOf } from '../../accounts/audit/find-events.ts'
import type { Db } from '../../db/client.ts'
import type { AuditEvent } from '../../db/generated/sqlite/client.ts'
import { instant } from '../../http/instant.ts'

const format = new Intl.DateTimeFormat('en-GB', {
  ...{ day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' },
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
})

/** Who isn't an account: what the trail calls them, in words. */
function inWords(name: string): string {
  if (name === 'foyer') return 'The service'
  if (name === 'visitor') return 'Someone who wasn’t signed in'
  if (name.startsWith('erased:')) return 'Someone erased'
  return name.startsWith('cli:') ? `${name.slice('cli:'.length)}, on the command line` : name
}

/** What a row is about, by ids: the trail itself keeps no addresses, which erasure couldn't find. */
const idsIn = ({ detail }: AuditEvent) => (detail ?? {}) as { invitation?: string; job?: string }

/** Those of them that are still there, and whom they are for; a link is for nobody. */
async function invitationsOf(db: Db, rows: AuditEvent[]) {
  const ids = rows.map((row) => idsIn(row).invitation ?? '').filter(Boolean)
  const found = await db.invitation.findMany({
    where: { id: { in: ids } },
    select: { id: true, address: true },
  })
  return new Map(found.map((invitation) => [invitation.id, invitation]))
}

/**
 * Rows of the audit trail for administrators to read. `about` is whose account it is, where they didn't do it;
 * `invitation` the one it is about, while that is kept, `job` the one it is part of.
 */
export async function eventsInWords(db: Db, rows: AuditEvent[]) {
  const [names, invitations] = await Promise.all([namesOf(db, rows), invitationsOf(db, rows)])
  const named = (id: string) => ({ id, name: names.get(id) ?? inWords(id) })
  return rows.map((row) => {
    const { id, at, event, actor, subjectId, via, ip, userAgent, requestId, detail } = row
    const { invitation = '', job = null } = idsIn(row)
    const { text, kind } = describeEvent(row)
    return {
      ...{ id, event, text, kind, via, ip, userAgent, requestId, detail },
      at: { ...instant(at), toJSON: () => at.toISOString(), inWords: format.format(at) },
      by: named(actor),
      about: subjectId && subjectId !== actor ? named(subjectId) : null,
      invitation: invitations.get(invitation) ?? null,
      job,
    }
  })
}
