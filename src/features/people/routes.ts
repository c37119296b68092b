import { z } from 'zod'
import { findPeople } from '../../accounts/find-people.ts'
import { countPeople } from '../../accounts/tally.ts'
import type { App } from '../../http/forms.ts'
import { listAddress, pageKeys, pageOf, TO_READ } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { person } from '../../http/person.ts'

/** What the list is asked for; an empty status, as the form sends it, is none. */
const People = z.strictObject({
  // PostgreSQL has no NUL in a text.
  q: z
    .string()
    .max(254)
    .regex(/^[^\0]*$/)
    .default(''),
  status: z
    .union([z.literal('').transform(() => undefined), z.enum(['active', 'pending', 'suspended', 'closing'])])
    .optional(),
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
      const [found, counts] = await Promise.all([
        findPeople(app.db, query, { ...query, take: TO_READ }),
        countPeople(app.db),
      ])
      const list = pageOf(found.rows, query)
      return {
        title: 'People',
        people: list.rows.map(person),
        counts,
        newer: list.newer && peopleAddress({ q, status, before: list.newer }),
        older: list.older && peopleAddress({ q, status, after: list.older }),
        drawn: {
          query: { q, status },
          chips: CHIPS.map(([label, value]) => ({
            label,
            href: peopleAddress({ q, status: value }),
            current: value === status,
            count: counts[value ?? 'all'],
          })),
          onlyYou: counts.all === 1 && !q && !status,
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
