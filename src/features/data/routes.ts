import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { asAdmin } from '../../accounts/acts/as-admin.ts'
import { record } from '../../accounts/audit/audit.ts'
import { type Budget, spend } from '../../accounts/throttle.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { type App, form, text } from '../../http/forms.ts'
import { page } from '../../http/pages.ts'
import { findPerson, PersonParams, questionAbout } from '../../http/person.ts'
import { deedOf, signedIn, sourceOf } from '../../http/session.ts'
import { minutes } from '../../time.ts'
import { jsonSchema, readAll, writeFile } from './file.ts'

const JSON_TYPE = 'application/json; charset=utf-8'
const SCHEMA = '/account/data.schema.json'

/**
 * `/account/data`, for members who have just confirmed who they are: everything that is kept about them. It
 * is handed out to a press of a button, as that is counted and told in the history: looking changes nothing.
 */
export function data(app: App) {
  const { db } = app

  const dataPage = page('data/data', () => ({ title: 'Your data', schema: SCHEMA }), { json: true })
  app.get('/account/data', async (_request, reply) => reply.show(dataPage))

  const config = { page: dataPage, offeredOn: '/account/data' }
  app.post('/account/data', { schema: { body: form({}) }, config }, async (request, reply) =>
    sendData(reply, app, await handOut(request)),
  )

  app.get('/account/data/read', async (_request, reply) => reply.show(dataPage))
  const reading = { schema: { body: form({}) }, config: { page: dataPage } }
  app.post('/account/data/read', reading, async (request, reply) => {
    const user = await handOut(request)
    const load = async () => ({ title: 'Everything we hold about you', sections: await readAll(db, user) })
    return reply.show(page('data/read', load, { json: true }))
  })
}

/** It is much work, so not over and over. */
const budgetOf = (id: string): Budget => ({ key: `data:${id}`, burst: 20, refill: minutes(3) })

/** Notes that the data was handed out. Throws Refusal 429. */
async function handOut(request: FastifyRequest) {
  const { db } = request.server
  const { user } = signedIn(request)
  const { id } = user
  await spend(db, [budgetOf(id)])
  await record(db, 'data.downloaded', { actor: id, subjectId: id, source: sourceOf(request) })
  return user
}

/**
 * `/admin/users/:id/data`, for administrators who have just proven who they are: the same file about somebody else.
 * Its member sees that it was taken.
 */
export function dataOfOthers(app: App) {
  const path = '/admin/users/:id/data'
  const askPage = page('data/of-person', async (request) => {
    const user = await findPerson(request)
    return { title: `Download the data of ${user.username}?`, ...questionAbout(user, 'data') }
  })
  app.get(path, { schema: { params: PersonParams } }, async (_request, reply) => reply.show(askPage))
  const schema = { params: PersonParams, body: form({ reason: text }) }
  app.post(path, { schema, config: { page: askPage, offeredOn: path } }, async (request, reply) => {
    const user = await findPerson(request)
    const ask = { ...deedOf(request), userId: user.id, reason: request.body.reason }
    await spend(app.db, [budgetOf(ask.actor.id)])
    await asAdmin(app.db, ask, (tx, entry) => record(tx, 'data.downloaded', entry))
    return sendData(reply, app, user)
  })
}

function sendData(reply: FastifyReply, { config, db }: App, user: User) {
  const name = encodeURIComponent(`foyer-${user.username}.json`)
  return reply
    .type(JSON_TYPE)
    .header('content-disposition', `attachment; filename="foyer.json"; filename*=UTF-8''${name}`)
    .send(Readable.from(writeFile(db, user, `${config.baseUrl}${SCHEMA}`)))
}

/** `/account/data.schema.json`, what the file says of itself, for anyone. */
export function dataSchema(app: App) {
  const schema = JSON.stringify(jsonSchema())
  app.get(SCHEMA, async (_request, reply) => reply.type(JSON_TYPE).send(schema))
}
