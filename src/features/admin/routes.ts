import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { dayInWords, regionOf } from '../../accounts/region.ts'
import { listSessions } from '../../accounts/session-list.ts'
import { secondStepOf } from '../../accounts/two-factor.ts'
import type { Db } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { Refusal } from '../../errors.ts'
import { type App, form, text } from '../../http/forms.ts'
import { instant } from '../../http/instant.ts'
import { id, listAddress, pageKeys } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { subjectOf } from '../../mail/compose.ts'
import { message } from '../../messages.ts'
import type { Ask } from './as-admin.ts'
import { countStuckMails } from './count-stuck-mails.ts'
import { resetLink, sendReset } from './help-with-password.ts'
import { historyOf } from './history.ts'
import { countPeople, listPeople, type PeopleQuery } from './people.ts'
import { person } from './person.ts'
import { questions } from './questions.ts'
import { resetSecondStep } from './reset-two-factor.ts'
import { restore, suspend } from './suspend.ts'

/** `/admin`, for administrators. */
export function admin(app: App) {
  overview(app)
  people(app)
  onePerson(app)
}

/** `/admin/users/:id/ACTION`, for administrators who have just proven who they are: changes an account. */
export function decisions(app: App) {
  noticed(app, 'suspend', suspend, 'notice.suspended')
  noticed(app, 'restore', restore, 'notice.restored')
  if (app.config.email !== 'off') noticed(app, 'send-reset', sendReset, 'notice.reset-sent')
  noticed(app, 'reset-two-factor', resetSecondStep, 'notice.two-factor-reset')
  linkToHandOver(app)
}

const signUpAddress = ({ config }: App) =>
  config.signUp === 'open' ? `${config.baseUrl}/register` : undefined

/** `/admin` */
function overview(app: App) {
  const overviewPage = page(
    'admin/overview',
    async () => {
      const [counts, people, stuckMails] = await Promise.all([
        countPeople(app.db),
        listPeople(app.db, { q: '' }),
        countStuckMails(app.db),
      ])
      return {
        title: 'Overview',
        counts: { people: counts.all, active: counts.active, suspended: counts.suspended },
        stuckMails,
        latest: people.rows.slice(0, 6).map(person),
        drawn: { signUpAddress: signUpAddress(app) },
      }
    },
    { json: true },
  )
  app.get('/admin', async (_request, reply) => reply.show(overviewPage))
}

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

const peopleAddress = (query: Partial<PeopleQuery>) => listAddress('/admin/users', query)

/** `/admin/users` */
function people(app: App) {
  const usersPage = page(
    'admin/users',
    async (request) => {
      const query = request.query as z.output<typeof People>
      const { q, status } = query
      const [list, counts] = await Promise.all([listPeople(app.db, query), countPeople(app.db, q)])
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
          signUpAddress: signUpAddress(app),
        },
      }
    },
    { json: true },
  )
  app.get('/admin/users', { schema: { querystring: People } }, async (_request, reply) =>
    reply.show(usersPage),
  )
}

const Person = z.object({ id })

/** The person whom the address names. Throws Refusal 404. */
async function findPerson(request: FastifyRequest) {
  const { id } = request.params as z.output<typeof Person>
  const user = await request.server.db.user.findUnique({ where: { id } })
  if (!user) throw new Refusal(404, 'There is no such person, or the account is gone.')
  return user
}

/** `/admin/users/:id` */
function onePerson(app: App) {
  const userPage = page(
    'admin/user',
    async (request) => {
      const user = await findPerson(request)
      const where = { userId: user.id }
      const [sessions, mails, passkeys, { since }, history] = await Promise.all([
        listSessions(app, user.id),
        app.db.mail.findMany({ where, orderBy: { id: 'desc' }, take: 5 }),
        app.db.passkey.count({ where }),
        secondStepOf(app.db, user.id),
        historyOf(app, user.id),
      ])
      return {
        title: user.name ?? user.username,
        person: {
          ...person(user),
          emailProven: user.provenEmailKey !== null,
          passwordChangedAt: user.passwordHash === '' ? null : instant(user.passwordChangedAt),
          closesAt: user.closesAt && instant(user.closesAt),
          twoFactor: since !== undefined,
          passkeys,
        },
        sessions: sessions.map(({ device, ip, place, lastSeenAt }) => ({
          device,
          ip,
          place,
          lastSeenAt: instant(lastSeenAt),
        })),
        mails: mails.map((mail) => ({
          id: mail.id,
          subject: subjectOf(app.config, mail),
          state: mail.state,
          createdAt: instant(mail.createdAt),
        })),
        ...history,
        drawn: {
          isYou: user.id === signedIn(request).user.id,
          closesOn: user.closesAt && dayInWords(user.closesAt, regionOf(signedIn(request).user)),
          canMail: app.config.email !== 'off' && user.provenEmailKey !== null,
        },
      }
    },
    { json: true },
  )
  app.get('/admin/users/:id', { schema: { params: Person } }, async (_request, reply) => reply.show(userPage))
}

/** `/admin/users/:id/ACTION`: the GET asks, the POST does it. */
function confirmed(
  app: App,
  action: keyof typeof questions,
  act: (ask: Ask, user: User, reply: FastifyReply) => Promise<FastifyReply>,
) {
  const path = `/admin/users/:id/${action}`
  const confirmPage = page('admin/confirm', async (request) => {
    const user = await findPerson(request)
    const back = `/admin/users/${user.id}`
    const question = questions[action](user.username)
    return { title: question.heading, ...question, person: person(user), action: `${back}/${action}`, back }
  })
  app.get(path, { schema: { params: Person } }, async (_request, reply) => reply.show(confirmPage))

  const schema = { params: Person, body: form({ reason: text }) }
  app.post(path, { schema, config: { page: confirmPage } }, async (request, reply) => {
    const user = await findPerson(request)
    const { reason } = request.body
    const ask = { actor: signedIn(request).user, userId: user.id, reason, source: sourceOf(request) }
    return act(ask, user, reply)
  })
}

/** One that leads back to the person, where a notice tells that it is done. */
function noticed(
  app: App,
  action: keyof typeof questions,
  act: (db: Db, ask: Ask) => Promise<void>,
  notice: 'notice.suspended' | 'notice.restored' | 'notice.reset-sent' | 'notice.two-factor-reset',
) {
  confirmed(app, action, async (ask, { id, username }, reply) => {
    await act(app.db, ask)
    return reply.see(`/admin/users/${id}`, { notice: message(notice, { name: username }) })
  })
}

/** `/admin/users/:id/reset-link`: the answer to the POST is the one place where the link stands. */
function linkToHandOver(app: App) {
  confirmed(app, 'reset-link', async (ask, { id, username }, reply) => {
    const link = await resetLink(app.config, app.db, ask)
    const load = () => ({ title: 'Reset link', link, drawn: { person: { id, username } } })
    return reply.show(page('admin/reset-link', load, { json: true }))
  })
}
