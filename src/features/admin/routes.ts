import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { describeDevice } from '../../accounts/device.ts'
import { Refusal } from '../../errors.ts'
import { type App, form, text } from '../../http/forms.ts'
import { page } from '../../http/pages.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { instant } from '../../http/time.ts'
import { message } from '../../messages.ts'
import { historyOf } from './history.ts'
import { countPeople, listPeople, type PeopleQuery } from './people.ts'
import { person } from './person.ts'
import { restore, suspend } from './suspend.ts'

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const Person = z.object({ id: z.string().regex(ID) })
const People = z.strictObject({
  // PostgreSQL has no NUL in a text.
  q: z
    .string()
    .max(254)
    .refine((q) => !q.includes('\0'))
    .default(''),
  status: z
    .enum(['', 'pending', 'active', 'suspended', 'closing'])
    .default('')
    .transform((status) => status || undefined),
  after: z.string().regex(ID).optional(),
  before: z.string().regex(ID).optional(),
})

const CHIPS = [
  ['All', undefined],
  ['Active', 'active'],
  ['Not confirmed', 'pending'],
  ['Suspended', 'suspended'],
  ['Closing', 'closing'],
] as const

const address = (query: Partial<PeopleQuery>) => {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]))
  return given.length ? `/admin/users?${new URLSearchParams(given)}` : '/admin/users'
}

/** `/admin`, for administrators: overview, people, one person. */
export function admin(app: App) {
  const { db, config } = app
  const signUpAddress = config.signUp === 'open' ? `${config.baseUrl}/register` : undefined

  const overviewPage = page(
    'admin/overview',
    async () => {
      const [counts, { people }] = await Promise.all([countPeople(db), listPeople(db, { q: '' })])
      return {
        title: 'Overview',
        counts: { people: counts.all, active: counts.active, suspended: counts.suspended },
        latest: people.slice(0, 6).map(person),
        signUpAddress,
      }
    },
    { json: true },
  )
  app.get('/admin', async (_request, reply) => reply.show(overviewPage))

  const usersPage = page(
    'admin/users',
    async (request) => {
      const query = request.query as z.output<typeof People>
      const { q, status } = query
      const [{ people, newer, older }, counts] = await Promise.all([listPeople(db, query), countPeople(db)])
      const filtered = Boolean(q || status)
      return {
        title: 'People',
        query: { q, status },
        people: people.map(person),
        newer: newer && address({ q, status, before: newer }),
        older: older && address({ q, status, after: older }),
        shown: people.length,
        chips: CHIPS.map(([label, value]) => ({
          label,
          href: address({ q, status: value }),
          current: value === status,
          count: counts[value ?? 'all'],
        })),
        empty: people.length === 0 ? 'none' : !filtered && counts.all === 1 ? 'first' : undefined,
        searchEveryone: status && address({ q }),
        signUpAddress,
      }
    },
    { json: true },
  )
  app.get('/admin/users', { schema: { querystring: People } }, async (_request, reply) =>
    reply.show(usersPage),
  )

  async function find(request: FastifyRequest) {
    const { id } = request.params as z.output<typeof Person>
    const user = await db.user.findUnique({ where: { id } })
    if (!user) throw new Refusal(404, 'There is no such person, or the account is gone.')
    return user
  }

  const userPage = page(
    'admin/user',
    async (request) => {
      const user = await find(request)
      const [sessions, history] = await Promise.all([
        db.session.findMany({ where: { userId: user.id }, orderBy: { lastSeenAt: 'desc' }, take: 50 }),
        historyOf(db, user.id),
      ])
      return {
        title: user.name ?? user.username,
        person: {
          ...person(user),
          emailProven: user.provenEmailKey !== null,
          passwordChangedAt: instant(user.passwordChangedAt),
        },
        isYou: user.id === signedIn(request).user.id,
        sessions: sessions.map(({ userAgent, ip, lastSeenAt }) => ({
          device: describeDevice(userAgent),
          ip,
          lastSeenAt: instant(lastSeenAt),
        })),
        ...history,
      }
    },
    { json: true },
  )
  app.get('/admin/users/:id', { schema: { params: Person } }, async (_request, reply) => reply.show(userPage))

  const actions = [
    {
      name: 'suspend',
      act: suspend,
      notice: 'notice.suspended',
      danger: true,
      words: (name: string) => ({
        heading: `Suspend ${name}?`,
        lead: 'They’ll be signed out now and can’t sign in until you lift the suspension. Nothing is deleted.',
        button: `Suspend ${name}`,
        keep: 'Keep as it is',
      }),
    },
    {
      name: 'restore',
      act: restore,
      notice: 'notice.restored',
      danger: false,
      words: (name: string) => ({
        heading: `Lift the suspension of ${name}?`,
        lead: 'They can sign in again with the password they have.',
        button: `Lift the suspension of ${name}`,
        keep: 'Keep it suspended',
      }),
    },
  ] as const

  for (const { name, act, notice, danger, words } of actions) {
    const path = `/admin/users/:id/${name}`
    const confirmPage = page('admin/confirm', async (request) => {
      const user = await find(request)
      const back = `/admin/users/${user.id}`
      const text = words(user.username)
      return { title: text.heading, ...text, person: person(user), action: `${back}/${name}`, danger, back }
    })
    app.get(path, { schema: { params: Person } }, async (_request, reply) => reply.show(confirmPage))

    const schema = { params: Person, body: form({ reason: text }) }
    app.post(path, { schema, config: { page: confirmPage } }, async (request, reply) => {
      const user = await find(request)
      const { reason } = request.body
      await act(db, { actor: signedIn(request).user, userId: user.id, reason, source: sourceOf(request) })
      return reply.see(`/admin/users/${user.id}`, { notice: message(notice, { name: user.username }) })
    })
  }
}
