import { z } from 'zod'
import { findPeople } from '../../accounts/find-people.ts'
import { countPeople } from '../../accounts/tally.ts'
import type { App } from '../../http/forms.ts'
import { listAddress, pageKeys, pageOf, TO_READ } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { filterQuery, peopleFilter } from '../../http/people-filter.ts'
import { person } from '../../http/person.ts'

/** What the list is asked for. */
const People = z.strictObject({
  ...peopleFilter,
  ...pageKeys,
})

const CHIPS = [
  ['All', undefined],
  ['Active', 'active'],
  ['Not confirmed', 'pending'],
  ['Suspended', 'suspended'],
  ['Closing', 'closing'],
] as const

const peopleAddress = (query: Record<string, string | undefined>) => listAddress('/admin/users', query)

/** `/admin/users`, for administrators and support. */
export function people(app: App) {
  const usersPage = page(
    'people/people',
    async (request) => {
      const query = request.query as z.output<typeof People>
      const { q, status } = query
      const asked = filterQuery(query)
      const [found, counts] = await Promise.all([
        findPeople(app.db, query, { ...query, take: TO_READ }),
        countPeople(app.db),
      ])
      const list = pageOf(found.rows, query)
      return {
        title: 'People',
        people: list.rows.map(person),
        counts,
        newer: list.newer && peopleAddress({ ...asked, before: list.newer }),
        older: list.older && peopleAddress({ ...asked, after: list.older }),
        drawn: {
          query: { q, status },
          chips: CHIPS.map(([label, value]) => ({
            label,
            href: peopleAddress({ ...asked, status: value }),
            current: value === status,
            count: counts[value ?? 'all'],
          })),
          onlyYou: counts.all === 1 && !q && !status,
          download: listAddress('/admin/users.csv', asked),
          searchEveryone: status && peopleAddress({ q }),
          signUpAddress: app.config.signUp === 'open' ? `${app.config.baseUrl}/register` : undefined,
        },
      }
    },
    { json: true },
  )
  app.get('/admin/users', { schema: { querystring: People } }, async (_request, reply) =>
    reply.show(usersPage),
  )
}
