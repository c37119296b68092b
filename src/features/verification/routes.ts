import type { FastifyReply, FastifyRequest } from 'fastify'
import { proofExpired, proveAddress, proveAndSignIn } from '../../accounts/prove-address.ts'
import type { Token } from '../../db/generated/sqlite/client.ts'
import { Refusal } from '../../errors.ts'
import { type App, form, text } from '../../http/forms.ts'
import { dropToken, requireToken, showAtLink } from '../../http/one-time-link.ts'
import { page, wantsJson } from '../../http/pages.ts'
import { readSession, readSignUp, sourceOf } from '../../http/session.ts'
import { goOn } from '../../http/sign-in.ts'
import { timeLeft } from '../../mail/words.ts'
import { message } from '../../messages.ts'
import { confirmByCode } from './confirm-by-code.ts'
import { resend } from './resend.ts'

/** Lets the browser in and leads on to what the sign-up was for; or to what it waits for. */
function welcome(
  reply: FastifyReply,
  { user: { id, username }, entrance, returnTo }: Awaited<ReturnType<typeof proveAndSignIn>>,
) {
  const notice = message('notice.welcome', { name: username })
  return goOn(reply, entrance, { remember: false, returnTo, notice, body: { user: { id, username } } })
}

/** `/register/check-email` and `/register/resend`, for visitors who have signed up or believe so. */
export function checkEmail(app: App) {
  if (app.config.email === 'off') return
  const checkPage = page('verification/check-email', async (request) => {
    const signUp = await readSignUp(request)
    return {
      title: signUp && app.config.mail.arrives ? 'Check your email' : 'Confirm your email address',
      email: signUp?.user.email,
      worksFor: signUp && timeLeft(signUp.expiresAt),
    }
  })
  app.get('/register/check-email', async (_request, reply) => reply.show(checkPage))

  const Code = form({ code: text })
  app.post(
    '/register/check-email',
    { schema: { body: Code }, config: { page: checkPage } },
    async (request, reply) => {
      const signUp = await readSignUp(request)
      if (!signUp) throw proofExpired()
      const { code } = request.body
      return welcome(reply, await confirmByCode(app, signUp.userId, code, sourceOf(request)))
    },
  )

  app.get('/register/resend', async (_request, reply) => reply.show(checkPage))
  const Resend = form({ email: text })
  app.post(
    '/register/resend',
    { schema: { body: Resend }, config: { page: checkPage } },
    async (request, reply) => {
      const signUp = await readSignUp(request)
      await resend(app, signUp?.user, request.body.email, sourceOf(request))
      return reply.see('/register/check-email', { notice: message('notice.link-sent') })
    },
  )
}

/** A sign-up is finished by the sign-in itself; a member signs in first, and then presses the button. */
async function askToSignIn(request: FastifyRequest, reply: FastifyReply, { userId }: Token) {
  if (wantsJson(request)) throw new Refusal(401, 'Sign in to the account that this link is for.')
  const { db } = request.server
  const waits = await db.user.count({ where: { id: userId ?? '', status: 'pending' } })
  if (waits) return reply.see('/login', { notice: message('notice.sign-in-to-confirm') })
  return reply.see('/login?return_to=/verify-email', { notice: message('notice.sign-in-first') })
}

/** Whose link it is, as seen from this browser: its own account, its own sign-up, somebody else's, or nobody's yet. */
async function holder(request: FastifyRequest, userId: string | null) {
  const signedIn = await readSession(request)
  if (signedIn) return signedIn.user.id === userId ? 'member' : 'another'
  const signUp = await readSignUp(request)
  return signUp?.userId === userId ? 'sign-up' : 'nobody'
}

/**
 * `/verify-email`, where the mailed link leads, for anyone. It takes the link and its owner: the member signed in
 * here, the browser that signed up, or the password, asked for at `/login`. So whoever signs up with somebody
 * else's address gains nothing by their pressing the button (ASVS 5.0 6.4.1).
 */
export function verification(app: App) {
  if (app.config.email === 'off') return
  const verifyPage = page('verification/verify-email', async (request) => {
    const { address } = await requireToken(request, 'verify-email', proofExpired)
    return { title: 'Confirm your email address', address }
  })
  showAtLink(app, 'verify-email', verifyPage)

  app.post('/verify-email', { schema: { body: form({}) } }, async (request, reply) => {
    const token = await requireToken(request, 'verify-email', proofExpired)
    const who = await holder(request, token.userId)
    if (who === 'another')
      throw new Refusal(409, 'This link is for another account than the one you are signed in to.', {
        wayOn: { href: '/account', text: 'Go to your account' },
      })
    if (who === 'nobody') return askToSignIn(request, reply, token)
    const source = sourceOf(request)
    dropToken(reply, 'verify-email')
    if (who === 'sign-up') return welcome(reply, await proveAndSignIn(app, token, false, source))
    await app.db.$transaction((tx) => proveAddress(tx, app.config, token, source))
    return reply.see('/account', { notice: message('notice.email-confirmed') })
  })
}
