import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { MailState } from '../../db/generated/sqlite/client.ts'
import { noSuchPerson, Refusal } from '../../errors.ts'
import { type App, form } from '../../http/forms.ts'
import { instant } from '../../http/instant.ts'
import { id, listAddress, pageKeys, pagesBeside } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { noteLook } from '../../http/person.ts'
import { deedOf } from '../../http/session.ts'
import { preview } from '../../mail/compose.ts'
import { plan } from '../../mail/plan.ts'
import { message } from '../../messages.ts'
import { listMails, summary } from './list-mails.ts'
import { openMail } from './open-mail.ts'
import { sendAgain } from './send-again.ts'

/** `/admin/mail`, for administrators. */
export function outbox(app: App) {
  mails(app)
  oneMail(app)
  sending(app)
}

const Mails = z.object({ state: z.enum(MailState).optional(), user: id.optional(), ...pageKeys })

const STATES = [
  ['All', undefined],
  ['Waiting', 'waiting'],
  ['Sent', 'sent'],
  ['Failed', 'failed'],
  ['Not sent', 'withheld'],
] as const

/** Whom mails are for, as pages name them. */
const findMember = ({ db }: Pick<App, 'db'>, userId: string) =>
  db.user.findUnique({ where: { id: userId }, select: { id: true, username: true } })

/** `/admin/mail` */
function mails(app: App) {
  const mailsPage = page(
    'outbox/mails',
    async (request) => {
      const query = request.query as z.output<typeof Mails>
      const { state, user } = query
      const member = user ? await findMember(app, user) : undefined
      if (member === null) throw noSuchPerson()
      const { rows, ...beside } = await listMails(app.db, query)
      return {
        title: member ? `Mail to ${member.username}` : 'Mail',
        mails: rows.map((mail) => summary(app.config, mail)),
        ...pagesBeside('/admin/mail', beside, { user, state }),
        drawn: {
          member,
          state,
          way: app.config.mail.way,
          chips: STATES.map(([label, value]) => ({
            label,
            href: listAddress('/admin/mail', { user, state: value }),
            current: value === state,
          })),
        },
      }
    },
    { json: true },
  )
  app.get('/admin/mail', { schema: { querystring: Mails } }, async (_request, reply) => reply.show(mailsPage))
}

const Mail = z.object({ id })

/** The mail that the address names. Throws Refusal 404. */
async function findMail(request: FastifyRequest) {
  const { id } = request.params as z.output<typeof Mail>
  const mail = await request.server.db.mail.findUnique({ where: { id } })
  if (!mail) throw new Refusal(404, 'There is no such mail, or it is gone with the account.')
  return mail
}

/** One mail, as it is or will be written, without its link. */
const mailPage = page(
  'outbox/mail',
  async (request) => {
    const mail = await findMail(request)
    const { dueAt, sentAt, userId, state } = mail
    if (userId) await noteLook(request, userId)
    const planned = await plan(request.server.db, mail)
    const written = 'withheld' in planned ? undefined : preview(request.server.config, mail, planned)
    const shown = summary(request.server.config, mail)
    return {
      title: written?.subject ?? shown.subject,
      mail: {
        ...shown,
        dueAt: state === 'waiting' && request.server.config.mail.way !== 'none' ? instant(dueAt) : null,
        sentAt: sentAt && instant(sentAt),
      },
      text: written?.text,
      withheld: 'withheld' in planned ? planned.withheld : undefined,
      drawn: {
        member: userId && (await findMember(request.server, userId)),
        hasLink: 'link' in planned,
        way: request.server.config.mail.way,
      },
    }
  },
  { json: true },
)

/** `/admin/mail/:id` */
function oneMail(app: App) {
  app.get('/admin/mail/:id', { schema: { params: Mail } }, async (_request, reply) => reply.show(mailPage))
}

/** `/admin/mail/:id/send-again` */
function sending(app: App) {
  const schema = { params: Mail, body: form({}) }
  app.post('/admin/mail/:id/send-again', { schema, config: { page: mailPage } }, async (request, reply) => {
    const mail = await findMail(request)
    await sendAgain(app.db, deedOf(request), mail)
    return reply.see(`/admin/mail/${mail.id}`, { notice: message('notice.mail-sent-again') })
  })
}

/**
 * `/admin/mail/:id/open`, for administrators who have just proven who they are: its answer is the only place
 * where the link is. Where mails are sent, nobody but who is meant has it.
 */
export function opening(app: App) {
  if (app.config.mail.arrives) return
  app.get('/admin/mail/:id/open', { schema: { params: Mail } }, async (_request, reply) =>
    reply.show(mailPage),
  )
  const schema = { params: Mail, body: form({}) }
  app.post('/admin/mail/:id/open', { schema, config: { page: mailPage } }, async (request, reply) => {
    const mail = await findMail(request)
    const { to, subject, text } = await openMail(app, deedOf(request), mail)
    const back = `/admin/mail/${mail.id}`
    return reply.show(
      page('outbox/opened', () => ({ title: subject, to, text, drawn: { back } }), { json: true }),
    )
  })
}
