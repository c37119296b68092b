import { isSignUpOpen } from '../../accounts/admission.ts'
import { requestOptions } from '../../accounts/passkey.ts'
import { type App, box, form, text } from '../../http/forms.ts'
import { dropToken, readToken, requireToken } from '../../http/one-time-link.ts'
import { page } from '../../http/pages.ts'
import { challengeFor, takeSealedChallenge } from '../../http/passkey.ts'
import { returnTo } from '../../http/return-to.ts'
import { readDevices, readSession, sourceOf } from '../../http/session.ts'
import { goOn, staysSignedIn } from '../../http/sign-in.ts'
import { message } from '../../messages.ts'
import { logIn } from './log-in.ts'
import { logInByPasskey } from './log-in-by-passkey.ts'
import { logOut } from './log-out.ts'
import { stepExpired, takeSecondStep } from './second-step.ts'

/** `/login`, for visitors. */
export function login(app: App) {
  const loginPage = page('login/login', (request) => ({
    title: 'Sign in',
    returnTo: returnTo(request),
    signUpOpen: isSignUpOpen(app.config),
  }))

  app.get('/login', async (_request, reply) => reply.show(loginPage))

  const LogIn = form({ login: text, password: text, remember: box, return_to: text })
  app.post('/login', { schema: { body: LogIn }, config: { page: loginPage } }, async (request, reply) => {
    const remember = request.body.remember !== ''
    const proof = await readToken(request, 'verify-email')
    const browser = { devices: readDevices(request), proof }
    const outcome = await logIn(app, { ...request.body, remember }, sourceOf(request), browser)
    const { id, username } = outcome.user
    if (outcome.proven) dropToken(reply, 'verify-email')
    // Let in by an administrator since the link was opened, they are members, who press its button themselves.
    const toConfirm = !outcome.proven && proof?.userId === id ? '/verify-email' : undefined
    return goOn(reply, outcome.entrance, {
      remember,
      returnTo: returnTo(request) ?? outcome.returnTo ?? toConfirm,
      ...(outcome.proven && { notice: message('notice.email-confirmed') }),
      body: { user: { id, username } },
    })
  })

  app.post('/login/passkey/options', { schema: { body: form({}) } }, async (_request, reply) =>
    reply.send(await requestOptions(app.config, challengeFor(reply, { purpose: 'sign-in' }))),
  )
  app.get('/login/passkey', async (_request, reply) => reply.show(loginPage))
  const ByPasskey = form({ credential: text, remember: box, return_to: text })
  app.post(
    '/login/passkey',
    { schema: { body: ByPasskey }, config: { page: loginPage } },
    async (request, reply) => {
      const remember = request.body.remember !== ''
      const browser = { devices: readDevices(request), challenge: takeSealedChallenge(request, reply) }
      const typed = { ...request.body, remember }
      const { user, entrance } = await logInByPasskey(app, typed, sourceOf(request), browser)
      const { id, username } = user
      return goOn(reply, entrance, {
        remember,
        returnTo: returnTo(request),
        body: { user: { id, username } },
      })
    },
  )
}

/** `/login/two-factor`, for visitors who have typed a right password and are to type a code. */
export function secondStep(app: App) {
  const stepPage = page('login/two-factor', async (request) => {
    await requireToken(request, 'two-factor', stepExpired)
    return { title: 'Enter your code' }
  })
  app.get('/login/two-factor', async (_request, reply) => reply.show(stepPage))

  const SecondStep = form({ code: text, trust: box, remember: box, return_to: text })
  app.post(
    '/login/two-factor',
    { schema: { body: SecondStep }, config: { page: stepPage } },
    async (request, reply) => {
      const step = await requireToken(request, 'two-factor', stepExpired)
      const { code, remember, trust } = request.body
      const typed = { code, remember: remember !== '' || staysSignedIn(request), trust: trust !== '' }
      const devices = readDevices(request)
      const { user, entrance } = await takeSecondStep(app, step, typed, sourceOf(request), devices)
      dropToken(reply, 'two-factor')
      return goOn(reply, entrance, {
        remember: typed.remember,
        returnTo: returnTo(request),
        body: { user: { id: user.id, username: user.username } },
      })
    },
  )
}

/** `/logout`, for anyone: also who is signed out already, or between two steps of a sign-in. */
export function logout(app: App) {
  app.post('/logout', { schema: { body: form({}) } }, async (request, reply) => {
    const signedIn = await readSession(request)
    if (signedIn) await logOut(app.db, signedIn, sourceOf(request))
    for (const step of ['two-factor', 'keep-account'] as const) {
      const token = await readToken(request, step)
      if (!token) continue
      await app.db.token.deleteMany({ where: { id: token.id } })
      dropToken(reply, step)
    }
    reply.signOut()
    return reply.see('/login', { notice: message('notice.signed-out') })
  })
}
