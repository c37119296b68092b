import { randomUUIDv7 } from 'node:crypto'
import { newToken } from '../../accounts/token.ts'
import { Refusal } from '../../errors.ts'
import { type App, absent, form, text } from '../../http/forms.ts'
import { page, typedValues } from '../../http/pages.ts'
import { returnTo } from '../../http/return-to.ts'
import { readDevices, sourceOf } from '../../http/session.ts'
import { goOn } from '../../http/sign-in.ts'
import { message } from '../../messages.ts'
import { register, registerNobody } from './register.ts'

const CLOSED = 'Sign-up is closed'

/** `/register`: the sign-up page, for visitors. */
export function registration(app: App) {
  const { config } = app
  const email = config.email === 'off' ? absent : text

  const registerPage = page('registration/register', (request) => ({
    title: 'Create your account',
    passwordMinLength: config.passwordMinLength,
    email: config.email,
    returnTo: returnTo(request),
  }))
  const closedPage = page('registration/closed', () => ({ title: CLOSED }))
  // Administrators may close it at any time.
  const openOnly = async () => {
    if (config.signUp !== 'closed') return
    const headers = { allow: 'GET, HEAD' }
    throw new Refusal(405, 'There are no new accounts at the moment.', { title: CLOSED, headers })
  }

  const entrance = () => (config.signUp === 'closed' ? closedPage : registerPage)

  app.get('/register', async (_request, reply) => reply.show(entrance()))

  const SignUp = form({ username: text, email, password: text, website: text, return_to: text })
  app.post(
    '/register',
    { schema: { body: SignUp }, onRequest: openOnly, config: { page: registerPage } },
    async (request, reply) => {
      const { website, return_to: _, ...typed } = request.body
      const source = sourceOf(request)
      // A field that people don't see: what fills it in is a program, and is told that it worked.
      if (website) {
        await registerNobody(app.db, source)
        const pending = config.email === 'required'
        if (pending) reply.awaitProof(newToken())
        const user = { id: randomUUIDv7(), username: typed.username }
        return reply.see(pending ? '/register/check-email' : '/account', {
          status: 201,
          body: { user, pending },
        })
      }
      const visit = { devices: readDevices(request), returnTo: returnTo(request) }
      const registered = await register(app, typed, source, visit)
      const { id, username, pending } = registered
      const outcome = { status: 201, body: { user: { id, username }, pending } } as const
      if (registered.pending) {
        reply.awaitProof(registered.token)
        return reply.see('/register/check-email', outcome)
      }
      const notice = message('notice.welcome', { name: username })
      return goOn(reply, registered.entrance, {
        remember: false,
        returnTo: visit.returnTo,
        notice,
        ...outcome,
      })
    },
  )

  // The names suggested for one that is taken are buttons: without scripts, one fills the form in anew.
  app.get('/register/username', async (_request, reply) => reply.show(entrance()))
  const Pick = form({ username: text, email, return_to: text })
  app.post(
    '/register/username',
    { schema: { body: Pick }, onRequest: openOnly, config: { page: registerPage } },
    async (request, reply) => reply.show(registerPage, { values: typedValues(request.body) }),
  )
}
