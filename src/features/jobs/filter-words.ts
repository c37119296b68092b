import type { PeopleFilter } from '../../accounts/people/people-filter.ts'

const statuses = {
  active: 'are active',
  pending: 'aren’t confirmed or let in yet',
  suspended: 'are suspended',
  closing: 'are closing their account',
}
const roles = { member: 'are members', support: 'are support', admin: 'are administrators' }

/** What all people have in common whom a filter lets through, in words; nothing if it lets everybody through. */
export const filterWords = ({ q, status, role, joined, twoFactor, unconfirmed, imported }: PeopleFilter) =>
  [
    q.trim() && `match “${q.trim()}”`,
    status && statuses[status],
    role && roles[role],
    joined && `signed up in the last ${joined === 1 ? '24 hours' : `${joined} days`}`,
    twoFactor !== undefined && (twoFactor ? 'have two-step sign-in' : 'have no two-step sign-in'),
    unconfirmed && 'have an address to be confirmed',
    imported && 'still have the password of another system',
  ].filter((words) => typeof words === 'string' && words !== '')
