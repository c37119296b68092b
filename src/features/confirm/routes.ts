import { requestOptions } from '../../accounts/passkey.ts'
import { type App, form, text } from '../../http/forms.ts'
import { challengeFor } from '../../http/passkey.ts'
import { confirmPage, leadOn, prove } from '../../http/proof.ts'
import { signedIn } from '../../http/session.ts'
import { isAnsweredAlready } from '../../http/twice.ts'

/** `/account/confirm`, for members: asks who it is before what is sensitive, and then leads on to that. */
export function confirm(app: App) {
  app.get('/account/confirm', async (_request, reply) => reply.show(confirmPage))

  const Confirm = form({ current: text, code: text, return_to: text })
  app.post(
    '/account/confirm',
    { schema: { body: Confirm }, config: { page: confirmPage } },
    async (request, reply) => {
      if (await isAnsweredAlready(request, reply, request.body)) return reply
      await prove(request, reply, request.body)
      return leadOn(request, reply)
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
      await prove(request, reply, request.body)
      return leadOn(request, reply)
    },
  )
}
