import { requestOptions } from '../../accounts/passkey.ts'
import { hasSecondStep } from '../../accounts/two-factor.ts'
import { type App, form, text } from '../../http/forms.ts'
import { page } from '../../http/pages.ts'
import { challengeFor, takeSealedChallenge } from '../../http/passkey.ts'
import { returnTo } from '../../http/return-to.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { confirmByPasskey } from './confirm-by-passkey.ts'
import { confirmByPassword } from './confirm-by-password.ts'

/** `/account/confirm`, for members: asks who it is before what is sensitive, and then leads on to that. */
export function confirm(app: App) {
  const confirmPage = page('confirm/confirm', async (request) => {
    const { id, username, passwordHash } = signedIn(request).user
    return {
      title: 'Confirm it’s you',
      returnTo: returnTo(request),
      username,
      asksCode: await hasSecondStep(app.db, id),
      hasPassword: passwordHash !== '',
      hasPasskey: (await app.db.passkey.count({ where: { userId: id } })) > 0,
    }
  })
  app.get('/account/confirm', async (_request, reply) => reply.show(confirmPage))

  const Confirm = form({ current: text, code: text, return_to: text })
  app.post(
    '/account/confirm',
    { schema: { body: Confirm }, config: { page: confirmPage } },
    async (request, reply) => {
      const member = signedIn(request)
      const session = await confirmByPassword(app, member, request.body, sourceOf(request))
      reply.signIn({ session }, member.session.remember)
      return reply.see(returnTo(request) ?? '/account')
    },
  )

  app.get('/account/confirm/passkey', async (_request, reply) => reply.show(confirmPage))
  app.post('/account/confirm/passkey/options', { schema: { body: form({}) } }, async (request, reply) => {
    const { user, session } = signedIn(request)
    const challenge = challengeFor(reply, { purpose: 'confirm', sessionId: session.id })
    const own = await app.db.passkey.findMany({ where: { userId: user.id } })
    return reply.send(await requestOptions(app.config, challenge, own))
  })
  const ByPasskey = form({ credential: text, return_to: text })
  app.post(
    '/account/confirm/passkey',
    { schema: { body: ByPasskey }, config: { page: confirmPage } },
    async (request, reply) => {
      const member = signedIn(request)
      const sealed = takeSealedChallenge(request, reply)
      const { credential } = request.body
      const session = await confirmByPasskey(app, member, credential, sealed, sourceOf(request))
      reply.signIn({ session }, member.session.remember)
      return reply.see(returnTo(request) ?? '/account')
    },
  )
}
