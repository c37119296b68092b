import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Ask } from '../../accounts/as-admin.ts'
import { dayInWords, regionOf } from '../../accounts/region.ts'
import { listSessions } from '../../accounts/session-list.ts'
import { restore, suspend } from '../../accounts/suspend.ts'
import { secondStepOf } from '../../accounts/two-factor.ts'
import type { Db } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { Refusal } from '../../errors.ts'
import { type App, form, text } from '../../http/forms.ts'
import { instant } from '../../http/instant.ts'
import { id } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { person } from '../../http/person.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { subjectOf } from '../../mail/compose.ts'
import { message } from '../../messages.ts'
import { resetLink, sendReset } from './help-with-password.ts'
import { historyOf } from './history.ts'
import { questions } from './questions.ts'
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
  app.get('/admin/users/:id', { schema: { params: Person } }, async (_request, reply) => reply.show(userPage))
}

/** `/admin/users/:id/ACTION`, for administrators and support who have just proven who they are: gets people back in. */
export function help(app: App) {
  if (app.config.email !== 'off') noticed(app, 'send-reset', sendReset, 'notice.reset-sent')
  noticed(app, 'reset-two-factor', resetSecondStep, 'notice.two-factor-reset')
}

/** The same for administrators alone: decides over an account. */
export function decisions(app: App) {
  noticed(app, 'suspend', suspend, 'notice.suspended')
  noticed(app, 'restore', restore, 'notice.restored')
  linkToHandOver(app)
}

const Person = z.object({ id })

/** The person whom the address names. Throws Refusal 404. */
async function findPerson(request: FastifyRequest) {
  const { id } = request.params as z.output<typeof Person>
  const user = await request.server.db.user.findUnique({ where: { id } })
  if (!user) throw new Refusal(404, 'There is no such person, or the account is gone.')
  return user
}

/** `/admin/users/:id/ACTION`: the GET asks, the POST does it. */
function confirmed(
  app: App,
  action: keyof typeof questions,
  act: (ask: Ask, user: User, reply: FastifyReply) => Promise<FastifyReply>,
) {
  const path = `/admin/users/:id/${action}`
  const confirmPage = page('person/confirm', async (request) => {
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
    return reply.show(page('person/reset-link', load, { json: true }))
  })
}
