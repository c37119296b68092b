/** Who did something to an account, as far as it is for its member to know. */
type Doer = 'you' | 'visitor' | 'administrator' | 'operator' | 'foyer'

/** Tells a member's own deeds from those of others, by the `actor` of the audit trail, and names no one. */
export function whoDid(actor: string, memberId: string): Doer {
  if (actor === memberId) return 'you'
  if (actor === 'visitor' || actor === 'foyer') return actor
  return actor.startsWith('cli:') ? 'operator' : 'administrator'
}

/** Whether the member may know from where: not of those who run the service, nor of the service itself. */
export const maySeeFrom = (by: Doer) => by === 'you' || by === 'visitor'
