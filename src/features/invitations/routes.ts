import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { newId } from '../../accounts/new-id.ts'
import { isProven } from '../../accounts/session.ts'
import { Refusal } from '../../errors.ts'
import { type App, form, number, queryOf, text } from '../../http/forms.ts'
import { instant } from '../../http/instant.ts'
import { asked, id, pageKeys, pagesBeside } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { deedOf, signedIn } from '../../http/session.ts'
import { message } from '../../messages.ts'
import { minutes } from '../../time.ts'
import { cancel } from './cancel.ts'
import { invite } from './invite.ts'
import { listInvitations } from './list-invitations.ts'
import { makeLink } from './make-link.ts'
import { sendAgain } from './send-again.ts'
import { DAYS } from './terms.ts'

/** A page of them, those for an address, or the one of this id. */
const Invitations = z.object({ id: id.optional(), address: asked(254), ...pageKeys })

const gone = () => new Refusal(404, 'There is no such invitation, or it is gone by now.')

/** The list, with the form beside it for whoever may send it off at once. */
const invitesPage = page(
  'invitations/invites',
  async (request) => {
    const query = queryOf(request, Invitations) ?? { address: '' }
    const { invitations, ...beside } = await listInvitations(request.server.db, query)
    if (query.id && invitations.length === 0) throw gone()
    const { signUp, email } = request.server.config
    return {
      title: 'Invites',
      invitations,
      ...pagesBeside('/admin/invites', beside, { address: query.address }),
      drawn: {
        asked: query.address,
        days: DAYS,
        closed: signUp === 'closed',
        byMail: email !== 'off',
        // Others are asked who they are first, before they have typed anything.
        proven: isProven(signedIn(request).session, minutes(10)),
      },
    }
  },
  { json: true },
)

/** `/admin/invites`, for administrators. */
export function invitations(app: App) {
  app.get('/admin/invites', { schema: { querystring: Invitations } }, async (_request, reply) =>
    reply.show(invitesPage),
  )
}

/** `/admin/invites/…`, for administrators who have just proven who they are: makes invitations and takes them back. */
export function inviting(app: App) {
  app.get('/admin/invites/new', async (_request, reply) => reply.show(invitesPage))
  const Addresses = form({ emails: text, role: text, days: number })
  const config = { page: invitesPage }
  app.post('/admin/invites', { schema: { body: Addresses }, config }, async (request, reply) => {
    const emails = await invite(app, deedOf(request), request.body)
    const [email = '', ...more] = emails
    const notice = more.length
      ? message('notice.invited-several', { n: emails.length })
      : message('notice.invited', { email })
    return reply.see('/admin/invites', { notice, status: 201, body: { emails } })
  })
  linkForSeveral(app)
  oneInvitation(app)
}

/** `/admin/invites/link`: the answer to the POST is the one place where the link stands. */
function linkForSeveral(app: App) {
  const linkPage = page('invitations/link', () => ({
    title: 'Make an invitation link',
    newId: newId(),
    days: DAYS,
  }))
  app.get('/admin/invites/link', async (_request, reply) => reply.show(linkPage))
  const schema = { body: form({ id: id.optional(), uses: number, days: number }) }
  app.post('/admin/invites/link', { schema, config: { page: linkPage } }, async (request, reply) => {
    const { link, uses, expiresAt } = await makeLink(app, deedOf(request), request.body)
    const load = () => ({ title: 'Invitation link', link, uses, expiresAt: instant(expiresAt) })
    return reply.show(page('invitations/link-made', load, { json: true }))
  })
}

const One = z.object({ id })

/** The invitation that the address names. Throws Refusal 404. */
async function findOne(request: FastifyRequest) {
  const { id } = request.params as z.output<typeof One>
  const invitation = await request.server.db.invitation.findUnique({ where: { id } })
  if (!invitation) throw gone()
  return invitation
}

/** `/admin/invites/:id/send-again` and `/admin/invites/:id/cancel`: the GET asks, the POST does it. */
function oneInvitation(app: App) {
  const schema = { params: One, body: form({}) }
  const asking = (action: 'send-again' | 'cancel') =>
    page('invitations/confirm', async (request) => {
      const { id, address } = await findOne(request)
      const title = action === 'cancel' ? 'Cancel this invitation?' : 'Send this invitation again?'
      return { title, address, action: `/admin/invites/${id}/${action}`, cancelling: action === 'cancel' }
    })
  const [sendPage, cancelPage] = [asking('send-again'), asking('cancel')]

  app.get('/admin/invites/:id/send-again', { schema: { params: One } }, async (_request, reply) =>
    reply.show(sendPage),
  )
  app.post(
    '/admin/invites/:id/send-again',
    { schema, config: { page: sendPage } },
    async (request, reply) => {
      const email = await sendAgain(app, deedOf(request), await findOne(request))
      return reply.see('/admin/invites', { notice: message('notice.invited', { email }) })
    },
  )

  app.get('/admin/invites/:id/cancel', { schema: { params: One } }, async (_request, reply) =>
    reply.show(cancelPage),
  )
  app.post('/admin/invites/:id/cancel', { schema, config: { page: cancelPage } }, async (request, reply) => {
    await cancel(app.db, deedOf(request), (await findOne(request)).id)
    return reply.see('/admin/invites', { notice: message('notice.invitation-cancelled') })
  })
}
