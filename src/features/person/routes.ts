import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { acts } from '../../accounts/acts/acts.ts'
import type { Ask } from '../../accounts/acts/as-admin.ts'
import { changeRole } from '../../accounts/acts/change-role.ts'
import { endOneSession, findSessionOf } from '../../accounts/acts/end-sessions.ts'
import { renamePerson } from '../../accounts/acts/rename.ts'
import { resetTwoFactor } from '../../accounts/acts/reset-two-factor.ts'
import { suspendUntil } from '../../accounts/acts/suspend.ts'
import { replaceAddress, vouchForAddress } from '../../accounts/acts/vouch.ts'
import { describeDevice } from '../../accounts/device.ts'
import { dayInWords, regionInWords, regionOf } from '../../accounts/region.ts'
import { isByPasskeyAlone } from '../../accounts/two-factor.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { type App, form, text } from '../../http/forms.ts'
import { id, type PageKeys, pageKeys } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { findPerson, noteLook, PersonParams, questionAbout } from '../../http/person.ts'
import { deedOf, signedIn } from '../../http/session.ts'
import { type Message, message } from '../../messages.ts'
import { describePerson } from './describe-person.ts'
import { historyOf } from './history.ts'
import { offered } from './offered.ts'
import { type Action, questions } from './questions.ts'
import { resetLink } from './reset-link.ts'

/** `/admin/users/:id`, for administrators and support. */
export function onePerson(app: App) {
  const userPage = page('person/person', showPerson, { json: true })
  const schema = { params: PersonParams, querystring: z.object(pageKeys) }
  app.get('/admin/users/:id', { schema }, async (_request, reply) => reply.show(userPage))
}

async function showPerson(request: FastifyRequest) {
  const { server: app } = request
  const user = await findPerson(request)
  const { user: you } = signedIn(request)
  await noteLook(request, user.id)
  const { sessions, person, ...about } = await describePerson(app, user)
  const history = await historyOf(app, user.id, request.query as PageKeys)
  const has = {
    ...{ sessions: sessions.length, factors: person.passkeys + (person.twoFactor ? 1 : 0) },
    byPasskeyAlone: await isByPasskeyAlone(app.db, user),
  }
  const actions = offered(you, user, app.config, has)
  return {
    title: user.name ?? user.username,
    person,
    sessions,
    ...about,
    ...history,
    drawn: {
      isYou: user.id === you.id,
      canEnd: actions.includes('end-sessions'),
      region: (user.language || user.timeZone) && regionInWords(regionOf(user)),
      closesOn: user.closesAt && dayInWords(user.closesAt, regionOf(you)),
      actions: actions.map((action) => ({
        id: action,
        action: `/admin/users/${user.id}/${action}`,
        ...questions[action](user, app.config),
      })),
    },
  }
}

/** `/admin/users/:id/ACTION`, for administrators and support who have just proven who they are: gets people back in. */
export function help(app: App) {
  noticed(app, 'send-reset', acts['send-reset'], named('notice.reset-sent'))
  noticed(app, 'reset-two-factor', ({ db }, ask) => resetTwoFactor(db, ask), named('notice.two-factor-reset'))
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
  noticed(app, 'confirm-again', acts['confirm-again'], named('notice.proof-sent-again'))
  if (app.config.email !== 'off') addressing(app)
  renaming(app)
  changingRole(app)
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
    return questionNow(request, user, action, questions[action](user, app.config))
  })
  app.get(path, { schema: { params: PersonParams } }, async (_request, reply) => reply.show(confirmPage))

  const schema = { params: PersonParams, body: form({ ...fields, reason: text }) }
  app.post(path, { schema, config: { page: confirmPage } }, async (request, reply) => {
    const user = await findPerson(request)
    const { reason, ...typed } = request.body as Record<keyof Fields | 'reason', string>
    return act(askOf(request, user, reason), user, typed as Record<keyof Fields, string>, reply)
  })
}

/** What the page asks, or that it can't be done to them by you, as both are now. */
function questionNow(
  request: FastifyRequest,
  user: User,
  action: Action,
  question: { heading: string },
  path: string = action,
) {
  const about = questionAbout(user, path)
  return offered(signedIn(request).user, user, request.server.config).includes(action)
    ? { title: question.heading, ...question, ...about, reason: true }
    : { title: `This can’t be done to ${user.username} now`, ...about }
}

const askOf = (request: FastifyRequest, { id }: User, reason = ''): Ask => ({
  ...deedOf(request),
  userId: id,
  reason,
})

type NamedNotice =
  | 'notice.reset-sent'
  | 'notice.two-factor-reset'
  | 'notice.signed-out-everywhere'
  | 'notice.proof-sent-again'
  | 'notice.address-confirmed'

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
    const end = await suspendUntil(app.db, ask, until)
    // That day begins in UTC, as it was asked for.
    const region = { ...regionOf(signedIn(reply.request).user), timeZone: 'UTC' }
    const notice = end
      ? message('notice.suspended-until', { name, date: dayInWords(end, region) })
      : message('notice.suspended', { name })
    return reply.see(`/admin/users/${id}`, { notice })
  })
}

/** `/admin/users/:id/…`, about the address: vouches for it, gives another. */
function addressing(app: App) {
  noticed(app, 'verify-email', ({ db }, ask) => vouchForAddress(db, ask), named('notice.address-confirmed'))
  confirmed(app, 'email', { email: text }, async (ask, { id }, { email }, reply) => {
    await replaceAddress(app, ask, email)
    const notice = message('notice.address-replaced', { email: email.trim() })
    return reply.see(`/admin/users/${id}`, { notice })
  })
}

/** `/admin/users/:id/username` */
function renaming(app: App) {
  confirmed(app, 'username', { username: text }, async (ask, { id }, { username }, reply) => {
    const name = await renamePerson(app, ask, username)
    return reply.see(`/admin/users/${id}`, { notice: message('notice.username-changed', { name }) })
  })
}

/** `/admin/users/:id/role` */
function changingRole(app: App) {
  confirmed(app, 'role', { role: text }, async (ask, { id, username: name }, { role }, reply) => {
    const given = await changeRole(app.db, ask, role)
    return reply.see(`/admin/users/${id}`, { notice: message(`notice.now-${given}`, { name }) })
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
    const device = describeDevice(session.userAgent)
    const question = {
      heading: `Sign ${user.username} out of ${device}?`,
      lead: 'Ends their session there now. They can sign straight back in.',
      button: `Sign out ${device}`,
      keep: 'Leave them signed in',
    }
    return questionNow(request, user, 'end-sessions', question, `sessions/${session.id}/end`)
  })
  app.get(path, { schema: { params: OneSession } }, async (_request, reply) => reply.show(endPage))
  const config = { page: endPage }
  app.post(
    path,
    { schema: { params: OneSession, body: form({ reason: text }) }, config },
    async (request, reply) => {
      const { user, session } = await find(request)
      await endOneSession(app.db, askOf(request, user, request.body.reason), session)
      const notice = message('notice.signed-out-there', { device: describeDevice(session.userAgent) })
      return reply.see(`/admin/users/${user.id}`, { notice })
    },
  )
}
