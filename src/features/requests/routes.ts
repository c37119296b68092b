import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { actOnMany } from '../../accounts/acts/act-on-many.ts'
import { approve, reject } from '../../accounts/admission.ts'
import { InvalidInput } from '../../errors.ts'
import { type App, form, text } from '../../http/forms.ts'
import { id, ids, listAddress, pageKeys } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { person } from '../../http/person.ts'
import { deedOf } from '../../http/session.ts'
import { message } from '../../messages.ts'
import { listRequests } from './list-requests.ts'

const LIST = '/admin/requests'
const Requests = z.object(pageKeys)

const requestsPage = page(
  'requests/requests',
  async (request) => {
    // Of a form that was refused, the first page.
    const { after, before } = request.method === 'POST' ? {} : (request.query as z.output<typeof Requests>)
    const { requests, older, newer } = await listRequests(request.server.db, { after, before })
    return {
      title: 'Requests',
      requests,
      older: older && listAddress(LIST, { before: older }),
      newer: newer && listAddress(LIST, { after: newer }),
      drawn: { approval: request.server.config.signUp === 'approval' },
    }
  },
  { json: true },
)

/** `/admin/requests`, for administrators: who waits to be let in. */
export function requests(app: App) {
  app.get(LIST, { schema: { querystring: Requests } }, async (_request, reply) => reply.show(requestsPage))
}

const Decision = form({ id: ids, do: z.enum(['approve', 'reject']) })
const Rejection = form({ id: ids, reason: text })
const One = z.object({ id: id.optional() })

/** Who is to be turned away: of a form that was refused, as far as it can be read. */
function named({ method, body, query }: FastifyRequest): string[] {
  if (method === 'POST') return z.object({ id: ids }).safeParse(body).data?.id ?? []
  const { id: one } = query as z.output<typeof One>
  return one ? [one] : []
}

const rejectPage = page(
  'requests/reject',
  async (request) => {
    const people = await request.server.db.user.findMany({
      where: { id: { in: named(request) }, status: 'pending', signUpRequest: { isNot: null } },
      orderBy: { id: 'asc' },
    })
    const [first] = people
    const whom = first && people.length === 1 ? first.username : `${people.length} people`
    return {
      title: first ? `Turn ${whom} away?` : 'Nobody to be turned away',
      people: people.map(person),
      drawn: { button: first && `Turn ${whom} away` },
    }
  },
  { json: true },
)

/** `/admin/requests` and `/admin/requests/reject`, for administrators who have just proven who they are: decides. */
export function deciding(app: App) {
  app.post(LIST, { schema: { body: Decision }, config: { page: requestsPage } }, async (request, reply) => {
    const { id: people, do: decision } = request.body
    requireSome(people)
    return decision === 'reject' ? reply.show(rejectPage) : decide(reply, 'approved', people)
  })

  app.get(`${LIST}/reject`, { schema: { querystring: One } }, async (request, reply) =>
    named(request).length ? reply.show(rejectPage) : reply.redirect(LIST, 303),
  )
  const schema = { body: Rejection }
  app.post(`${LIST}/reject`, { schema, config: { page: rejectPage } }, async (request, reply) => {
    const { id: people, reason } = request.body
    requireSome(people)
    return decide(reply, 'rejected', people, reason)
  })
}

function requireSome(people: string[]) {
  if (people.length === 0) throw new InvalidInput({ id: message('people.none-selected') })
}

const decisions = { approved: approve, rejected: reject }

/** Decides on one after another, and tells of those whom somebody else has decided on meanwhile. */
async function decide(reply: FastifyReply, what: keyof typeof decisions, people: string[], reason = '') {
  const { request } = reply
  const asked = { ...deedOf(request), reason }
  const decision = decisions[what]
  const { done } = await actOnMany(people, (userId) => decision(request.server.db, { ...asked, userId }))
  const [n, m] = [done.length, people.length]
  const all =
    m === 1
      ? message(`notice.person-${what}`, { name: done[0]?.result ?? '' })
      : message(`notice.people-${what}`, { n })
  const notice = n < m ? message('notice.some-changed', { n, m }) : all
  return reply.see(LIST, { notice, body: { done: n, of: m } })
}
