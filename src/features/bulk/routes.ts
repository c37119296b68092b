import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Refusal } from '../../errors.ts'
import { type App, form, text } from '../../http/forms.ts'
import { id, ids, listAddress, pageKeys } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { filterQuery, peopleFilter } from '../../http/people-filter.ts'
import { person } from '../../http/person.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { message } from '../../messages.ts'
import { actOnMany } from './act-on-many.ts'
import { DEED_NAMES, type DeedName, wordsOf } from './deeds.ts'
import { filterWords } from './filter-words.ts'
import { listJobs, listResults, summary, whomOf } from './list-jobs.ts'
import { PACKED_IDS, packIds, unpackIds } from './packed-ids.ts'
import { aboutHowMany, startJob } from './start-job.ts'
import { steerJob, turns } from './steer-job.ts'

const Selected = form({ id: ids, do: z.enum(DEED_NAMES) })

/**
 * The same in the address of the question, so that it comes back as it was if something is to be mended, or if it is
 * asked first who you are.
 */
const Asked = z.object({
  do: z.enum(DEED_NAMES).optional(),
  ids: z.string().regex(PACKED_IDS).transform(unpackIds).optional(),
})

/** What an address asks for, read anew: when a form is refused, its query was not read yet. */
const addressOf = <Schema extends z.ZodType>({ url }: FastifyRequest, schema: Schema) =>
  schema.safeParse(Object.fromEntries(new URLSearchParams(url.replace(/^[^?]*/, '')))).data

const confirmAddress = (deed: DeedName, people: string[]) =>
  listAddress('/admin/users/selected/confirm', { do: deed, ids: packIds(people) })

/** Names everybody who was selected, and asks. Of nobody it says how to select. */
const confirmPage = page('bulk/confirm', async (request) => {
  const { do: deed, ids: people = [] } = addressOf(request, Asked) ?? {}
  const found = deed
    ? await request.server.db.user.findMany({ where: { id: { in: people } }, orderBy: { id: 'desc' } })
    : []
  if (!deed || found.length === 0) return { title: 'Select at least one person first' }
  const words = wordsOf(deed)
  const you = signedIn(request).user.id
  const fitting = found.filter((user) => user.id !== you && words.fits(user))
  const [first] = fitting
  const whom = first && fitting.length === 1 ? first.username : `${fitting.length} people`
  const { keep, danger } = words
  return {
    title: first ? words.heading(whom) : 'There is nobody that could be done to',
    question: { deed, keep, danger, lead: words.lead(request.server.config), button: words.button(whom) },
    action: confirmAddress(deed, people),
    people: fitting.map(person),
    others: found
      .filter((user) => !fitting.includes(user))
      .map((user) => ({ person: person(user), why: user.id === you ? 'That’s you' : words.unfit })),
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
      const { id: people, do: deed } = request.body
      if (people.length === 0) throw nobodySelected()
      const confirm = confirmAddress(deed, people)
      return reply.see(confirm, { body: { confirm } })
    },
  )
}

/** `/admin/users/selected/confirm`, for administrators who have just proven who they are: asks, and does it. */
export function bulk(app: App) {
  const path = '/admin/users/selected/confirm'
  app.get(path, { schema: { querystring: Asked } }, async (_request, reply) => reply.show(confirmPage))
  const schema = { body: Selected.extend({ reason: text }), querystring: Asked }
  app.post(path, { schema, config: { page: confirmPage } }, async (request, reply) => {
    const { id: people, do: deed, reason } = request.body
    if (people.length === 0) throw nobodySelected()
    const { user: actor } = signedIn(request)
    const asked = { actor, reason, source: sourceOf(request) }
    const { done, refused } = await actOnMany(app, deed, people, asked)
    const { one, many } = wordsOf(deed)
    const name = people.length === 1 && (await nameOf(app, people[0] ?? ''))
    const [n, m] = [done.length, people.length]
    const notice = refused.length
      ? message('notice.some-changed', { n, m })
      : name
        ? one(name, app.config)
        : many(n, app.config)
    return reply.see('/admin/users', { notice, body: { done, refused } })
  })
}

async function nameOf({ db }: App, userId: string) {
  const user = await db.user.findUnique({ where: { id: userId }, select: { username: true } })
  return user?.username
}

const Everybody = z.object({ do: z.enum(DEED_NAMES).optional(), ...peopleFilter })
const Begin = form({ do: z.enum(DEED_NAMES), reason: text, ...peopleFilter })

/** Says how many it would be, and what may be done to them; once that is chosen, asks. */
const newJobPage = page('bulk/new-job', async (request) => {
  const { server } = request
  const { do: deed, ...filter } = addressOf(request, Everybody) ?? { q: '' }
  const asked = filterQuery(filter)
  const words = deed && wordsOf(deed)
  const whom = whomOf(filter)
  return {
    title: words ? words.heading(whom) : `Change ${whom}`,
    people: filterWords(filter),
    total: await aboutHowMany(server.db, filter),
    back: listAddress('/admin/users', asked),
    fields: Object.entries({ do: deed, ...asked }).filter(([, value]) => value),
    action: listAddress('/admin/jobs/new', { do: deed, ...asked }),
    question: words && { ...words, lead: words.lead(server.config), button: words.button(whom) },
    choices: DEED_NAMES.map((name) => ({
      text: wordsOf(name).button(whom),
      href: listAddress('/admin/jobs/new', { do: name, ...asked }),
    })),
  }
})

/** `/admin/jobs`, for administrators: what is being done to everybody who matches something. */
export function jobs(app: App) {
  const jobsPage = page(
    'bulk/jobs',
    async (request) => {
      const { rows, newer, older } = await listJobs(app.db, request.query as z.output<typeof Pages>)
      return {
        title: 'Changes to many people',
        jobs: rows.map(summary),
        newer: newer && listAddress('/admin/jobs', { before: newer }),
        older: older && listAddress('/admin/jobs', { after: older }),
      }
    },
    { json: true },
  )
  app.get('/admin/jobs', { schema: { querystring: Pages } }, async (_request, reply) => reply.show(jobsPage))
  const schema = { params: Job, querystring: Pages }
  app.get('/admin/jobs/:id', { schema }, async (_request, reply) => reply.show(jobPage))
}

const Pages = z.object(pageKeys)
const Job = z.object({ id })

/** The job that the address names. Throws Refusal 404. */
async function findJob({ params, server }: FastifyRequest) {
  const { id } = params as z.output<typeof Job>
  const job = await server.db.job.findUnique({ where: { id } })
  if (!job) throw new Refusal(404, 'There is no such change, or it is too long ago.')
  return job
}

const jobPage = page(
  'bulk/job',
  async (request) => {
    const { db } = request.server
    const job = await findJob(request)
    const path = `/admin/jobs/${job.id}`
    const [{ rows, newer, older }, actor] = await Promise.all([
      listResults(db, job.id, request.query as z.output<typeof Pages>),
      db.user.findUnique({ where: { id: job.actorId }, select: { id: true, username: true } }),
    ])
    const shown = summary(job)
    return {
      title: shown.what,
      job: shown,
      by: actor,
      results: rows,
      newer: newer && listAddress(path, { before: newer }),
      older: older && listAddress(path, { after: older }),
    }
  },
  { json: true },
)

/** What changes jobs, for administrators who have just proven who they are. */
export function steering(app: App) {
  const path = '/admin/jobs/new'
  app.get(path, { schema: { querystring: Everybody } }, async (_request, reply) => reply.show(newJobPage))
  const schema = { body: Begin, querystring: Everybody }
  app.post(path, { schema, config: { page: newJobPage } }, async (request, reply) => {
    const { do: deed, reason, ...filter } = request.body
    const { user: actor } = signedIn(request)
    const job = await startJob(app.db, deed, filter, { actor, reason, source: sourceOf(request) })
    return reply.see(`/admin/jobs/${job}`, { status: 201, body: { id: job } })
  })
  turn(app, 'pause', 'notice.job-paused')
  turn(app, 'resume', 'notice.job-resumed')
  turn(app, 'cancel', 'notice.job-cancelled')
}

/** `/admin/jobs/:id/TURN` */
function turn(
  app: App,
  name: keyof typeof turns,
  notice: 'notice.job-paused' | 'notice.job-resumed' | 'notice.job-cancelled',
) {
  const path = `/admin/jobs/:id/${name}`
  app.get(path, { schema: { params: Job, querystring: Pages } }, async (_request, reply) =>
    reply.show(jobPage),
  )
  app.post(path, { schema: { params: Job, body: form({}) } }, async (request, reply) => {
    const { id } = await findJob(request)
    const { user: actor } = signedIn(request)
    await steerJob(app.db, { actor, id, source: sourceOf(request) }, turns[name])
    return reply.see(`/admin/jobs/${id}`, { notice: message(notice) })
  })
}
