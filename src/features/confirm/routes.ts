import { hasSecondStep } from '../../accounts/two-factor.ts'
import { type App, form, text } from '../../http/forms.ts'
import { page } from '../../http/pages.ts'
import { returnTo } from '../../http/return-to.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { confirmByPassword } from './confirm.ts'

/** `/account/confirm`, for members: asks who it is before what is sensitive, and then leads on to that. */
export function confirm(app: App) {
  const confirmPage = page('confirm/confirm', async (request) => ({
    title: 'Confirm it’s you',
    returnTo: returnTo(request),
    username: signedIn(request).user.username,
    asksCode: await hasSecondStep(app.db, signedIn(request).user.id),
  }))
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
}
