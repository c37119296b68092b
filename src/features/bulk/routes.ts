import { z } from 'zod'
import { actOnMany } from '../../accounts/acts/act-on-many.ts'
import { ACT_NAMES, questionOf, requireOffered, wordsOf } from '../../accounts/acts/act-words.ts'
import { type ActName, acts, readEnd } from '../../accounts/acts/acts.ts'
import { requireRole } from '../../accounts/acts/require-admin.ts'
import type { Tx } from '../../db/client.ts'
import { Refusal } from '../../errors.ts'
import { type App, form, queryOf, text } from '../../http/forms.ts'
import { ids, listAddress } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { person } from '../../http/person.ts'
import { deedOf, signedIn } from '../../http/session.ts'
import { type Message, message } from '../../messages.ts'
import { PACKED_IDS, packIds, unpackIds } from './packed-ids.ts'

/**
 * What was asked of the list in which they were selected, so that it is shown again afterwards: a query as an address
 * has it, which leads to that list, whatever is in it.
 */
const list = z
  .string()
  .regex(/^[\w=&%.~+*-]{0,600}$/)
  .default('')

const Selected = form({ id: ids, do: z.enum(ACT_NAMES), list })

/**
 * The same in the address of the question, so that it comes back as it was if something is to be mended, or if it is
 * asked first who you are.
 */
const Asked = z.object({
  do: z.enum(ACT_NAMES).optional(),
  ids: z.string().regex(PACKED_IDS).transform(unpackIds).optional(),
  list,
})

const confirmAddress = (act: ActName, people: string[], list: string) =>
  listAddress('/admin/users/selected/confirm', { do: act, ids: packIds(people), list })

const addressOf = (list: string) => (list ? `/admin/users?${list}` : '/admin/users')

/** Names everybody who was selected, and asks. Of nobody it says how to select. */
const confirmPage = page('bulk/confirm', async (request) => {
  const { do: act, ids: people = [], list = '' } = queryOf(request, Asked) ?? {}
  const found = act
    ? await request.server.db.user.findMany({ where: { id: { in: people } }, orderBy: { id: 'desc' } })
    : []
  const back = { href: addressOf(list), text: 'People' }
  const gone = people.length - found.length
  if (!act || people.length === 0) return { title: 'Select at least one person first', back }
  const { fits, unfit } = wordsOf(act)
  const you = signedIn(request).user.id
  const fitting = found.filter((user) => user.id !== you && fits(user))
  const [first] = fitting
  const whom = first && fitting.length === 1 ? first.username : `${fitting.length} people`
  const question = questionOf(act, whom, request.server.config)
  return {
    title: first ? question.heading : 'This can be done to none of them',
    back,
    ...(first && { ...question, reason: true }),
    action: confirmAddress(act, people, list),
    hidden: [['do', act], ['list', list], ...fitting.map(({ id }) => ['id', id])],
    people: fitting.map(person),
    gone,
    others: found
      .filter((user) => !fitting.includes(user))
      .map((user) => ({ person: person(user), why: user.id === you ? 'That’s you' : unfit })),
  }
})

const nobodySelected = () =>
  new Refusal(400, 'Tick the boxes before their names in the list, then choose what to do below it.', {
    title: 'Select at least one person first',
    wayOn: { href: '/admin/users', text: 'Back to the list' },
  })

/** `/admin/users/selected`, for administrators: leads from the list to the question. */
export function selection(app: App) {
  const path = '/admin/users/selected'
  app.get(path, { schema: { querystring: Asked } }, async (_request, reply) => reply.show(confirmPage))
  app.post(
    path,
    { schema: { body: Selected, querystring: Asked }, config: { page: confirmPage } },
    async (request, reply) => {
      const { id: people, do: act, list } = request.body
      if (people.length === 0) throw nobodySelected()
      const confirm = confirmAddress(act, people, list)
      return reply.see(confirm, { body: { confirm } })
    },
  )
}

/** `/admin/users/selected/confirm`, for administrators who have just proven who they are: asks, and does it. */
export function bulk(app: App) {
  const path = '/admin/users/selected/confirm'
  app.get(path, { schema: { querystring: Asked } }, async (_request, reply) => reply.show(confirmPage))
  const schema = { body: Selected.extend({ reason: text, until: text }), querystring: Asked }
  app.post(path, { schema, config: { page: confirmPage } }, async (request, reply) => {
    const { id: people, do: act, list, reason, until } = request.body
    if (people.length === 0) throw nobodySelected()
    requireOffered(act, app.config)
    const deed = deedOf(request)
    // Some of it support may do to one.
    const alongside = (tx: Tx) => requireRole(tx, deed.actor, ['admin'])
    const asked = { ...deed, reason, until: readEnd(act, until), alongside }
    const { done, refused } = await actOnMany(people, async (userId) => acts[act](app, { ...asked, userId }))
    const [n, m] = [done.length, people.length]
    const notice = n < m ? await shortfall(app, act, { n, m, refused }) : await success(app, act, people)
    return reply.see(addressOf(list), { notice, body: { done: done.map(({ id }) => id), refused } })
  })
}

async function success({ config, db }: App, act: ActName, people: string[]): Promise<Message> {
  const { one, many } = wordsOf(act)
  if (people.length > 1) return many(people.length, config)
  const user = await db.user.findUnique({ where: { id: people[0] ?? '' }, select: { username: true } })
  return user ? one(user.username, config) : many(1, config)
}

/** Says why not all were changed: whom it still fits, nobody else has changed meanwhile. */
async function shortfall(
  { db }: App,
  act: ActName,
  { n, m, refused }: { n: number; m: number; refused: { id: string; problem: string }[] },
): Promise<Message> {
  const users = await db.user.findMany({ where: { id: { in: refused.map(({ id }) => id) } } })
  const fitting = new Set(users.filter(wordsOf(act).fits).map(({ id }) => id))
  const why = new Set(refused.filter(({ id }) => fitting.has(id)).map(({ problem }) => problem))
  if (why.size === 0) return message('notice.some-changed', { n, m })
  return message('notice.some-refused', { n, m, why: [...why].join(' ') })
}
