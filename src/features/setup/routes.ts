import type { FastifyRequest } from 'fastify'
import { type App, form, text } from '../../http/forms.ts'
import { dropToken, requireToken, showAtLink } from '../../http/one-time-link.ts'
import { page } from '../../http/pages.ts'
import { readSession, sourceOf } from '../../http/session.ts'
import { linkExpired, makeAdmin } from './make-admin.ts'

/** `/setup`, for whoever holds the one-time link that the start prints: makes the first administrator. */
export function setup(app: App) {
  const requireLink = (request: FastifyRequest) => requireToken(request, 'setup', () => linkExpired(app.db))

  const setupPage = page('setup/setup', async (request) => {
    await requireLink(request)
    return {
      title: 'Make the first administrator',
      passwordMinLength: app.config.passwordMinLength,
      email: 'optional',
    }
  })
  showAtLink(app, 'setup', setupPage)

  const FirstAdmin = form({ username: text, email: text, password: text })
  app.post(
    '/setup',
    { schema: { body: FirstAdmin }, config: { page: setupPage } },
    async (request, reply) => {
      const token = await requireLink(request)
      const before = await readSession(request)
      const { tokens, ...user } = await makeAdmin(app, request.body, sourceOf(request), {
        actor: 'visitor',
        token,
      })
      // Somebody who was signed in as a member leaves that session behind.
      if (before) await app.db.session.deleteMany({ where: { id: before.session.id } })
      dropToken(reply, 'setup')
      if (tokens) reply.signIn(tokens, false)
      return reply.see('/admin', { status: 201, body: { user } })
    },
  )
}
