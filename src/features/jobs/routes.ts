import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { ACT_NAMES, actNames, questionOf, wordsOf } from '../../accounts/acts/act-words.ts'
import { record } from '../../accounts/audit/audit.ts'
import { Refusal } from '../../errors.ts'
import { type App, form, queryOf, text } from '../../http/forms.ts'
import { id, listAddress, pageKeys, pagesBeside } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { filterQuery, peopleFilter } from '../../http/people-filter.ts'
import { sendFile } from '../../http/send-file.ts'
import { deedOf } from '../../http/session.ts'
import { timeLeft } from '../../mail/words.ts'
import { message } from '../../messages.ts'
import { fromNow, minutes } from '../../time.ts'
import { filterWords } from './filter-words.ts'
import { listJobs, listResults, summary, whomOf } from './list-jobs.ts'
import { paceOf } from './pace.ts'
import { aboutHowMany, startJob } from './start-job.ts'
import { steerJob, turns } from './steer-job.ts'
import { writeResults } from './write-results.ts'

/** `/admin/jobs`, for administrators: what is being done to everybody who matches something. */
export function jobs(app: App) {
  const jobsPage = page(
    'jobs/jobs',
    async (request) => {
      const { rows, ...beside } = await listJobs(app.db, request.query as z.output<typeof Pages>)
      return {
        title: 'Changes to many people',
        jobs: rows.map(summary),
        ...pagesBeside('/admin/jobs', beside),
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
  if (!job)
    throw new Refusal(404, 'There is no such change, or it is too long ago.', {
      wayOn: { href: '/admin/jobs', text: 'See the others' },
    })
  return job
}

const jobPage = page(
  'jobs/job',
  async (request) => {
    const { db } = request.server
    const job = await findJob(request)
    const [{ rows, ...beside }, actor, pace] = await Promise.all([
      listResults(db, job.id, queryOf(request, Pages) ?? {}),
      db.user.findUnique({ where: { id: job.actorId }, select: { id: true, username: true } }),
      paceOf(db, job),
    ])
    const shown = summary(job)
    return {
      title: shown.what,
      job: shown,
      pace,
      by: actor,
      results: rows,
      ...pagesBeside(`/admin/jobs/${job.id}`, beside),
      drawn: { left: pace?.minutesLeft && timeLeft(fromNow(minutes(pace.minutesLeft))) },
    }
  },
  { json: true },
)

const Everybody = z.strictObject({ do: z.enum(ACT_NAMES).optional(), ...peopleFilter })
const Begin = form({ do: z.enum(ACT_NAMES), reason: text, until: text, ...peopleFilter })

/** Says how many it would be, and what may be done to them; once that is chosen, asks. */
const newJobPage = page('jobs/new-job', async (request) => {
  const { server } = request
  const { do: act, ...filter } = queryOf(request, Everybody) ?? { q: '' }
  const asked = filterQuery(filter)
  const whom = whomOf(filter)
  const total = await aboutHowMany(server.db, filter)
  const question = act && total !== 0 && questionOf(act, whom, server.config)
  return {
    title: question ? question.heading : `Change ${whom}`,
    filter: filterWords(filter),
    total,
    back: { href: listAddress('/admin/users', asked), text: 'People' },
    ...(question && { ...question, reason: true }),
    action: listAddress('/admin/jobs/new', { do: act, ...asked }),
    hidden: Object.entries({ do: act, ...asked }).filter(([, value]) => value),
    choices: actNames(server.config).map((name) => ({
      text: wordsOf(name).button(whom),
      href: listAddress('/admin/jobs/new', { do: name, ...asked }),
    })),
  }
})

/** What changes jobs, for administrators who have just proven who they are. */
export function steering(app: App) {
  const path = '/admin/jobs/new'
  app.get(path, { schema: { querystring: Everybody } }, async (_request, reply) => reply.show(newJobPage))
  const schema = { body: Begin, querystring: Everybody }
  app.post(path, { schema, config: { page: newJobPage } }, async (request, reply) => {
    const { do: act, reason, until, ...filter } = request.body
    const { do: _, ...inAddress } = request.query
    const asked = listAddress(path, filterQuery(inAddress))
    // A program may say there alone for whom it is: then it would be done to everybody.
    if (asked !== path && asked !== listAddress(path, filterQuery(filter)))
      throw new Refusal(400, 'The form and its address are for different people. Nothing was changed.')
    const job = await startJob(app, act, filter, { ...deedOf(request), reason, until })
    return reply.see(`/admin/jobs/${job}`, { status: 201, body: { id: job } })
  })
  for (const name of ['pause', 'resume', 'cancel'] as const) turn(app, name)
  results(app)
}

/** `/admin/jobs/:id/results`: what it did to whom, as a file. That it was taken is on record. */
function results(app: App) {
  const path = '/admin/jobs/:id/results'
  app.get(path, { schema: { params: Job, querystring: Pages } }, async (_request, reply) =>
    reply.show(jobPage),
  )
  const config = { page: jobPage, offeredOn: path }
  app.post(path, { schema: { params: Job, body: form({}) }, config }, async (request, reply) => {
    const { id } = await findJob(request)
    const { actor, source } = deedOf(request)
    await record(app.db, 'job.downloaded', { actor: actor.id, source, detail: { job: id } })
    return sendFile(reply, 'results', 'csv', writeResults(app.db, id))
  })
}

/** `/admin/jobs/:id/TURN` */
function turn(app: App, name: keyof typeof turns) {
  const path = `/admin/jobs/:id/${name}`
  app.get(path, { schema: { params: Job, querystring: Pages } }, async (_request, reply) =>
    reply.show(jobPage),
  )
  const config = { page: jobPage }
  app.post(path, { schema: { params: Job, body: form({}) }, config }, async (request, reply) => {
    const { id } = await findJob(request)
    await steerJob(app.db, deedOf(request), id, turns[name])
    return reply.see(`/admin/jobs/${id}`, { notice: message(`notice.job-${turns[name].past}`) })
  })
}
