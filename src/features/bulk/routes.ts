import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { InvalidInput } from '../../errors.ts'
import { type App, form, text } from '../../http/forms.ts'
import { ids, listAddress } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { person } from '../../http/person.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { message } from '../../messages.ts'
import { actOnMany } from './act-on-many.ts'
import { DEED_NAMES, type DeedName, deedOf } from './deeds.ts'
import { PACKED_IDS, packIds, unpackIds } from './packed-ids.ts'

const Selected = form({ id: ids, do: z.enum(DEED_NAMES) })

/** The same in an address, so that a question that asks who you are first comes back as it was. */
const Asked = z.object({
  do: z.enum(DEED_NAMES).optional(),
  ids: z.string().regex(PACKED_IDS).transform(unpackIds).optional(),
})

const confirmAddress = (deed: DeedName, people: string[]) =>
  listAddress('/admin/users/selected/confirm', { do: deed, ids: packIds(people) })

/** Names everybody who was selected, and asks. Of nobody it says how to select. */
const confirmPage = page('bulk/confirm', async (request) => {
  const { deed, people } = asked(request)
  const found = deed
    ? await request.server.db.user.findMany({ where: { id: { in: people } }, orderBy: { id: 'desc' } })
    : []
  if (!deed || found.length === 0) return { title: 'Select at least one person first' }
  const words = deedOf(deed)
  const you = signedIn(request).user.id
  const fitting = found.filter((user) => user.id !== you && words.fits(user))
  const [first] = fitting
  const whom = first && fitting.length === 1 ? first.username : `${fitting.length} people`
  const { lead, keep, danger } = words
  return {
    title: first ? words.heading(whom) : 'There is nobody that could be done to',
    question: { deed, lead, keep, danger, button: words.button(whom) },
    action: confirmAddress(deed, people),
    people: fitting.map(person),
    others: found
      .filter((user) => !fitting.includes(user))
      .map((user) => ({ person: person(user), why: user.id === you ? 'That’s you' : words.unfit })),
  }
})

/** What a request is about: of one that was refused, what of it can be read. */
function asked({ method, body, query }: FastifyRequest) {
  if (method === 'POST') {
    const read = z.object(Selected.shape).safeParse(body)
    return { deed: read.data?.do, people: read.data?.id ?? [] }
  }
  const { do: deed, ids: people = [] } = query as z.output<typeof Asked>
  return { deed, people }
}

/** `/admin/users/selected`, for administrators: leads from the list to the question. */
export function selection(app: App) {
  const path = '/admin/users/selected'
  app.get(path, { schema: { querystring: Asked } }, async (_request, reply) => reply.show(confirmPage))
  app.post(path, { schema: { body: Selected }, config: { page: confirmPage } }, async (request, reply) => {
    const { id: people, do: deed } = request.body
    if (people.length === 0) throw new InvalidInput({ id: message('people.none-selected') })
    const confirm = confirmAddress(deed, people)
    return reply.see(confirm, { body: { confirm } })
  })
}

/** `/admin/users/selected/confirm`, for administrators who have just proven who they are: asks, and does it. */
export function bulk(app: App) {
  const path = '/admin/users/selected/confirm'
  app.get(path, { schema: { querystring: Asked } }, async (_request, reply) => reply.show(confirmPage))
  const schema = { body: Selected.extend({ reason: text }) }
  app.post(path, { schema, config: { page: confirmPage } }, async (request, reply) => {
    const { id: people, do: deed, reason } = request.body
    if (people.length === 0) throw new InvalidInput({ id: message('people.none-selected') })
    const { act, one, many } = deedOf(deed)
    const { user } = signedIn(request)
    const { done, refused } = await actOnMany(app.db, act, people, {
      ...{ actor: user, reason, source: sourceOf(request) },
    })
    const n = done.length
    const name = people.length === 1 && (await nameOf(app, people[0] ?? ''))
    const notice = refused.length
      ? message('notice.some-changed', { n, m: people.length })
      : name
        ? message(one, { name })
        : message(many, { n })
    return reply.see('/admin/users', { notice, body: { done, refused } })
  })
}

async function nameOf({ db }: App, userId: string) {
  const user = await db.user.findUnique({ where: { id: userId }, select: { username: true } })
  return user?.username
}
