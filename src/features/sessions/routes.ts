import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { describeDevice } from '../../accounts/device.ts'
import { type App, form } from '../../http/forms.ts'
import { id } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { type Message, message } from '../../messages.ts'
import { endOtherSessions, endSession, findOtherSession } from './end-sessions.ts'

const Params = z.object({ id })

/** The session that the address names. Throws Refusal 404 or 409. */
const findNamed = (request: FastifyRequest) =>
  findOtherSession(request.server.db, signedIn(request), (request.params as z.output<typeof Params>).id)

/** `/account/sessions/…/end`, where the account page posts to. */
export function sessions(app: App) {
  const endPage = page('sessions/end', async (request) => {
    const session = await findNamed(request)
    const device = describeDevice(session.userAgent)
    return {
      title: `Sign out ${device}?`,
      lead: 'It’s signed out at once, and counts as a new device when somebody next signs in there.',
      action: `/account/sessions/${session.id}/end`,
      button: `Sign out ${device}`,
    }
  })
  const path = '/account/sessions/:id/end'
  app.get(path, { schema: { params: Params } }, async (_request, reply) => reply.show(endPage))
  const config = { page: endPage }
  app.post(path, { schema: { params: Params, body: form({}) }, config }, async (request, reply) => {
    const session = await findNamed(request)
    await endSession(app.db, signedIn(request), session, sourceOf(request))
    const name = describeDevice(session.userAgent)
    return reply.see('/account', { notice: message('notice.session-ended', { name }) })
  })

  const othersPage = page('sessions/end', () => ({
    title: 'Sign out of all other devices?',
    lead: 'You stay signed in here. Everywhere else you’re signed out at once.',
    action: '/account/sessions/end-others',
    button: 'Sign out of all other devices',
  }))
  app.get('/account/sessions/end-others', async (_request, reply) => reply.show(othersPage))
  const ofOthers = { schema: { body: form({}) }, config: { page: othersPage } }
  app.post('/account/sessions/end-others', ofOthers, async (request, reply) => {
    const ended = await endOtherSessions(app.db, signedIn(request), sourceOf(request))
    return reply.see('/account', { notice: othersEnded(ended), body: { ended } })
  })
}

function othersEnded(n: number): Message {
  if (n === 0) return message('notice.only-here')
  return n === 1 ? message('notice.other-ended') : message('notice.others-ended', { n })
}
