import { randomUUIDv7 } from 'node:crypto'
import { firstStage, isSignUpOpen } from '../../accounts/admission.ts'
import { newToken } from '../../accounts/token.ts'
import { Refusal } from '../../errors.ts'
import { type App, absent, form, numeral, text } from '../../http/forms.ts'
import { page, typedValues } from '../../http/pages.ts'
import { returnTo } from '../../http/return-to.ts'
import { readDevices, sourceOf } from '../../http/session.ts'
import { goOn } from '../../http/sign-in.ts'
import { message } from '../../messages.ts'
import { register, registerNobody } from './register.ts'

const CLOSED = 'Sign-up is closed'

/** Where a sign-up leads by what it begins as. */
const NEXT = {
  unproven: '/register/check-email',
  waiting: '/register/awaiting-approval',
  active: '/account',
} as const

/** `/register`: the sign-up page, for visitors. */
export function registration(app: App) {
  const { config } = app
  const email = config.email === 'off' ? absent : text

  const registerPage = page('registration/register', (request) => ({
    title: 'Create your account',
    approval: config.signUp === 'approval',
    passwordMinLength: config.passwordMinLength,
    email: config.email,
    returnTo: returnTo(request),
  }))
  const closedPage = page('registration/closed', () => ({ title: CLOSED }))
  // Administrators may close it at any time.
  const openOnly = async () => {
    if (isSignUpOpen(config)) return
    const headers = { allow: 'GET, HEAD' }
    throw new Refusal(405, 'There are no new accounts at the moment.', { title: CLOSED, headers })
  }

  const entrance = () => (isSignUpOpen(config) ? registerPage : closedPage)

  app.get('/register', async (_request, reply) => reply.show(entrance()))
  const waitPage = page('registration/awaiting-approval', () => ({
    title: 'Somebody will look at your sign-up',
    mailed: config.email !== 'off' && config.mail.way !== 'none',
  }))
  app.get('/register/awaiting-approval', async (_request, reply) => reply.show(waitPage))

  const SignUp = form({
    username: text,
    email,
    password: text,
    terms: numeral,
    website: text,
    return_to: text,
  })
  app.post(
    '/register',
    { schema: { body: SignUp }, onRequest: openOnly, config: { page: registerPage } },
    async (request, reply) => {
      const { website, return_to: _, ...typed } = request.body
      const source = sourceOf(request)
      // A field that people don't see: what fills it in is a program, and is told that it worked.
      if (website) {
        await registerNobody(app.db, source)
        const stage = firstStage(config)
        if (stage === 'unproven') reply.awaitProof(newToken())
        const user = { id: randomUUIDv7(), username: typed.username }
        return reply.see(NEXT[stage], { status: 201, body: { user, pending: stage !== 'active' } })
      }
      const visit = { devices: readDevices(request), returnTo: returnTo(request) }
      const registered = await register(app, typed, source, visit)
      const { id, username, pending } = registered
      const outcome = { status: 201, body: { user: { id, username }, pending } } as const
      if (registered.pending) {
        reply.awaitProof(registered.token)
        return reply.see(NEXT.unproven, outcome)
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
