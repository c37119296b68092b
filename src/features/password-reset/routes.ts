import type { FastifyRequest } from 'fastify'
import { getCookie, putCookie } from '../../http/cookies.ts'
import { type App, form, text } from '../../http/forms.ts'
import { dropToken, requireToken, showAtLink } from '../../http/one-time-link.ts'
import { page } from '../../http/pages.ts'
import { sourceOf } from '../../http/session.ts'
import { message } from '../../messages.ts'
import { minutes } from '../../time.ts'
import { askForLink } from './ask-for-link.ts'
import { linkExpired, ownerOf, resetPassword } from './reset-password.ts'

const SENT_COOKIE = 'foyer-forgot-password'

/** `/forgot-password`, for visitors: asks for a link, or says whom to ask where there is no mail. */
export function forgotPassword(app: App) {
  const hasMail = app.config.email !== 'off' && app.config.mail.way !== 'none'
  const askPage = page(hasMail ? 'password-reset/forgot' : 'password-reset/no-mail', () => ({
    title: 'Set a new password',
  }))
  app.get('/forgot-password', async (_request, reply) => reply.show(askPage))
  if (!hasMail) return

  const schema = { body: form({ email: text }) }
  app.post('/forgot-password', { schema, config: { page: askPage } }, async (request, reply) => {
    const address = await askForLink(app.db, request.body.email, sourceOf(request))
    // In a cookie, and not in the URL: that would be kept by histories and logs (ASVS 5.0 14.2.1).
    putCookie(reply, SENT_COOKIE, address, minutes(10))
    return reply.see('/forgot-password/sent')
  })

  const sentPage = page('password-reset/sent', (request) => ({
    title: app.config.mail.arrives ? 'Check your email' : 'Ask an administrator',
    address: getCookie(request, SENT_COOKIE),
  }))
  app.get('/forgot-password/sent', async (request, reply) =>
    getCookie(request, SENT_COOKIE) ? reply.show(sentPage) : reply.redirect('/forgot-password', 303),
  )
}

/** `/reset-password`, for whoever holds a link: sets a new password. */
export function passwordReset(app: App) {
  const requireLink = (request: FastifyRequest) => requireToken(request, 'reset-password', linkExpired)

  const resetPage = page('password-reset/reset', async (request) => {
    const { username, passwordHash } = await ownerOf(app.db, await requireLink(request))
    const hasNone = passwordHash === ''
    return {
      title: hasNone ? 'Choose your password' : 'Choose a new password',
      username,
      hasNone,
      passwordMinLength: app.config.passwordMinLength,
    }
  })
  showAtLink(app, 'reset-password', resetPage)

  const schema = { body: form({ password: text }) }
  app.post('/reset-password', { schema, config: { page: resetPage } }, async (request, reply) => {
    await resetPassword(app, await requireLink(request), request.body.password, sourceOf(request))
    dropToken(reply, 'reset-password')
    return reply.see('/login', { notice: message('notice.password-reset') })
  })
}
