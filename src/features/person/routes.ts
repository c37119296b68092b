import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { acts } from '../../accounts/acts.ts'
import type { Ask } from '../../accounts/as-admin.ts'
import { describeDevice } from '../../accounts/device.ts'
import { endOneSession, findSessionOf } from '../../accounts/end-sessions.ts'
import { dayInWords, regionOf } from '../../accounts/region.ts'
import { listSessions } from '../../accounts/session-list.ts'
import { suspend } from '../../accounts/suspend.ts'
import { secondStepOf } from '../../accounts/two-factor.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { type App, form, text } from '../../http/forms.ts'
import { instant } from '../../http/instant.ts'
import { id } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { findPerson, PersonParams, person } from '../../http/person.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { subjectOf } from '../../mail/compose.ts'
import { type Message, message } from '../../messages.ts'
import { resetLink, sendReset } from './help-with-password.ts'
import { historyOf } from './history.ts'
import { type Action, questions } from './questions.ts'
import { resetSecondStep } from './reset-two-factor.ts'

/** `/admin/users/:id`, for administrators and support. */
export function onePerson(app: App) {
  const userPage = page(
    'person/person',
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
  app.get('/admin/users/:id', { schema: { params: PersonParams } }, async (_request, reply) =>
    reply.show(userPage),
  )
}

/** `/admin/users/:id/ACTION`, for administrators and support who have just proven who they are: gets people back in. */
export function help(app: App) {
  if (app.config.email !== 'off')
    noticed(app, 'send-reset', ({ db }, ask) => sendReset(db, ask), named('notice.reset-sent'))
  noticed(
    app,
    'reset-two-factor',
    ({ db }, ask) => resetSecondStep(db, ask),
    named('notice.two-factor-reset'),
  )
  noticed(app, 'end-sessions', acts['end-sessions'], named('notice.signed-out-everywhere'))
  signingOutThere(app)
}

/** The same for administrators alone: decides over an account. */
export function decisions(app: App) {
  suspending(app)
  noticed(app, 'restore', acts.restore, ({ username: name, status }) =>
    message(status === 'closing' ? 'notice.kept' : 'notice.restored', { name }),
  )
  deleting(app)
  if (app.config.email !== 'off')
    noticed(app, 'confirm-again', acts['confirm-again'], named('notice.proof-sent-again'))
  linkToHandOver(app)
}

/** `/admin/users/:id/ACTION`: the GET asks, the POST does it. */
function confirmed<Fields extends Record<string, typeof text>>(
  app: App,
  action: Action,
  fields: Fields,
  act: (
    ask: Ask,
    user: User,
    typed: Record<keyof Fields, string>,
    reply: FastifyReply,
  ) => Promise<FastifyReply>,
) {
  const path = `/admin/users/:id/${action}`
  const confirmPage = page('person/confirm', async (request) => {
    const user = await findPerson(request)
    const back = `/admin/users/${user.id}`
    const question = questions[action](user, app.config)
    return { title: question.heading, ...question, person: person(user), action: `${back}/${action}`, back }
  })
  app.get(path, { schema: { params: PersonParams } }, async (_request, reply) => reply.show(confirmPage))

  const schema = { params: PersonParams, body: form({ ...fields, reason: text }) }
  app.post(path, { schema, config: { page: confirmPage } }, async (request, reply) => {
    const user = await findPerson(request)
    const { reason, ...typed } = request.body as Record<keyof Fields | 'reason', string>
    return act(askOf(request, user, reason), user, typed as Record<keyof Fields, string>, reply)
  })
}

const askOf = (request: FastifyRequest, { id }: User, reason = ''): Ask => ({
  actor: signedIn(request).user,
  userId: id,
  reason,
  source: sourceOf(request),
})

type NamedNotice =
  | 'notice.reset-sent'
  | 'notice.two-factor-reset'
  | 'notice.signed-out-everywhere'
  | 'notice.proof-sent-again'

/** A notice that only says whom it is about. */
const named =
  (code: NamedNotice) =>
  ({ username: name }: User) =>
    message(code, { name })

/** One that leads back to the person, where a notice tells that it is done. */
function noticed(
  app: App,
  action: Action,
  act: (app: App, ask: Ask) => Promise<unknown>,
  notice: (user: User) => Message,
) {
  confirmed(app, action, {}, async (ask, user, _typed, reply) => {
    await act(app, ask)
    return reply.see(`/admin/users/${user.id}`, { notice: notice(user) })
  })
}

/** `/admin/users/:id/suspend`, for good or until a day. */
function suspending(app: App) {
  confirmed(app, 'suspend', { until: text }, async (ask, { id, username: name }, { until }, reply) => {
    await suspend(app.db, ask, until)
    return reply.see(`/admin/users/${id}`, { notice: message('notice.suspended', { name }) })
  })
}

/** `/admin/users/:id/delete` */
function deleting(app: App) {
  confirmed(app, 'delete', {}, async (ask, { id, username: name }, _typed, reply) => {
    const closesAt = await acts.delete(app, ask)
    const date = dayInWords(closesAt, regionOf(signedIn(reply.request).user))
    const notice = message('notice.to-be-erased', { name, date })
    return reply.see(`/admin/users/${id}`, { notice, body: { closesAt } })
  })
}

/** `/admin/users/:id/reset-link`: the answer to the POST is the one place where the link stands. */
function linkToHandOver(app: App) {
  confirmed(app, 'reset-link', {}, async (ask, { id, username }, _typed, reply) => {
    const link = await resetLink(app.config, app.db, ask)
    const load = () => ({ title: 'Reset link', link, drawn: { person: { id, username } } })
    return reply.show(page('person/reset-link', load, { json: true }))
  })
}

const OneSession = PersonParams.extend({ session: id })

/** `/admin/users/:id/sessions/:session/end`: signs them out of one browser. */
function signingOutThere(app: App) {
  const find = async (request: FastifyRequest) => {
    const user = await findPerson(request)
    const { session } = request.params as z.output<typeof OneSession>
    return { user, session: await findSessionOf(app.db, user.id, session) }
  }
  const path = '/admin/users/:id/sessions/:session/end'
  const endPage = page('person/confirm', async (request) => {
    const { user, session } = await find(request)
    const back = `/admin/users/${user.id}`
    const device = describeDevice(session.userAgent)
    return {
      title: `Sign ${user.username} out of ${device}?`,
      heading: `Sign ${user.username} out of ${device}?`,
      lead: 'Ends their session there now. They can sign straight back in.',
      button: `Sign out ${device}`,
      keep: 'Leave them signed in',
      person: person(user),
      action: `${back}/sessions/${session.id}/end`,
      unasked: true,
      back,
    }
  })
  app.get(path, { schema: { params: OneSession } }, async (_request, reply) => reply.show(endPage))
  app.post(path, { schema: { params: OneSession, body: form({}) } }, async (request, reply) => {
    const { user, session } = await find(request)
    await endOneSession(app.db, askOf(request, user), session)
    const notice = message('notice.signed-out-there', { device: describeDevice(session.userAgent) })
    return reply.see(`/admin/users/${user.id}`, { notice })
  })
}
