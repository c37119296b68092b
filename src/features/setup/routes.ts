import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { tokenWorks } from '../../accounts/token.ts'
import { dropCookie, getCookie, putCookie } from '../../http/cookies.ts'
import { type App, form, text } from '../../http/forms.ts'
import { page } from '../../http/pages.ts'
import { readSession, sourceOf } from '../../http/session.ts'
import { minutes } from '../../time.ts'
import { linkExpired, makeAdmin } from './make-admin.ts'

const SETUP_COOKIE = 'foyer-setup'

/** `/setup`, for whoever holds the one-time link that the start prints: makes the first administrator. */
export function setup(app: App) {
  const setupPage = page('setup/setup', () => ({
    title: 'Make the first administrator',
    passwordMinLength: app.config.passwordMinLength,
    askEmail: true,
  }))

  async function liveToken(request: FastifyRequest): Promise<string> {
    const token = getCookie(request, SETUP_COOKIE)
    if (!token || !(await tokenWorks(app.db, 'setup', token))) throw linkExpired()
    return token
  }

  const Link = z.object({ token: z.string().optional() })
  app.get('/setup', { schema: { querystring: Link } }, async (request, reply) => {
    const { token } = request.query
    // The token leaves the address at the first hop (ASVS 5.0 14.2.1): no history, log or Referer keeps it.
    if (token !== undefined) {
      putCookie(reply, SETUP_COOKIE, token, minutes(60))
      return reply.redirect('/setup', 303)
    }
    await liveToken(request)
    return reply.show(setupPage)
  })

  const FirstAdmin = form({ username: text, email: text, password: text })
  app.post(
    '/setup',
    { schema: { body: FirstAdmin }, config: { page: setupPage } },
    async (request, reply) => {
      const token = await liveToken(request)
      const before = await readSession(request)
      const { token: session, ...user } = await makeAdmin(app, request.body, sourceOf(request), {
        actor: 'visitor',
        token,
      })
      // Somebody who was signed in as a member leaves that session behind.
      if (before) await app.db.session.deleteMany({ where: { id: before.session.id } })
      dropCookie(reply, SETUP_COOKIE)
      reply.signIn(session, false)
      return reply.see('/admin', { status: 201, body: { user } })
    },
  )
}
