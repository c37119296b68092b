import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { firstStage, isSignUpOpen } from '../../accounts/admission.ts'
import { inviterOf } from '../../accounts/invitation.ts'
import { newId } from '../../accounts/new-id.ts'
import { newToken } from '../../accounts/token.ts'
import { Refusal } from '../../errors.ts'
import { type App, absent, form, numeral, text } from '../../http/forms.ts'
import { dropExpired, heldInvitation, keepInvitation, openInvitation } from '../../http/invited.ts'
import { dropToken, hasToken } from '../../http/one-time-link.ts'
import { page, typedValues, wantsJson } from '../../http/pages.ts'
import { returnTo } from '../../http/return-to.ts'
import { readDevices, sourceOf } from '../../http/session.ts'
import { goOn } from '../../http/sign-in.ts'
import { message } from '../../messages.ts'
import { register, registerNobody } from './register.ts'

const CLOSED = {
  title: 'Sign-up is closed',
  lead: 'There are no new accounts at the moment. If you have one already, you can sign in.',
}
const BY_INVITATION = {
  title: 'Sign-up is by invitation',
  lead: 'New accounts need an invitation at the moment. If you have one, open its link.',
}

const closed = () => new Refusal(405, CLOSED.lead, { title: CLOSED.title, headers: { allow: 'GET, HEAD' } })

const byInvitation = () =>
  new Refusal(403, BY_INVITATION.lead, {
    title: BY_INVITATION.title,
    wayOn: { href: '/login', text: 'Sign in' },
  })

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

  const registerPage = page('registration/register', async (request) => {
    const invitation = await openInvitation(request)
    return {
      title: 'Create your account',
      approval: config.signUp === 'approval',
      passwordMinLength: config.passwordMinLength,
      email: config.email,
      returnTo: returnTo(request),
      invited: invitation && {
        by: await inviterOf(app.db, invitation),
        role: invitation.role,
        address: config.email === 'off' ? null : invitation.address,
      },
    }
  })
  const closedPage = page('registration/closed', () => (config.signUp === 'invite' ? BY_INVITATION : CLOSED))

  // Administrators may change who may sign up at any time.
  const mayRegister = (request: FastifyRequest) =>
    isSignUpOpen(config) || (config.signUp === 'invite' && hasToken(request, 'invite'))
  const admittedOnly = async (request: FastifyRequest) => {
    if (config.signUp === 'closed') throw closed()
    if (!mayRegister(request)) throw byInvitation()
  }
  /** The form, for whoever may sign up; the others are told why not. */
  const showForm = async (request: FastifyRequest, reply: FastifyReply, values = {}) => {
    if (config.signUp !== 'closed') await dropExpired(request, reply)
    if (mayRegister(request)) return reply.show(registerPage, { values })
    if (config.signUp === 'invite' && wantsJson(request)) throw byInvitation()
    return reply.show(closedPage)
  }

  const Invited = z.looseObject({ invite: z.string().optional() })
  app.get('/register', { schema: { querystring: Invited } }, async (request, reply) => {
    const { invite } = request.query
    if (invite !== undefined && config.signUp !== 'closed') return keepInvitation(request, reply, invite)
    return showForm(request, reply)
  })

  const waitPage = page('registration/awaiting-approval', () => ({
    title: 'Somebody will look at your sign-up',
    askEmail: config.email !== 'off',
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
    { schema: { body: SignUp }, onRequest: admittedOnly, config: { page: registerPage } },
    async (request, reply) => {
      const { website, return_to: _, ...typed } = request.body
      const source = sourceOf(request)
      const invitation = await heldInvitation(request)
      // A field that people don't see: what fills it in is a program, and is told that it worked.
      if (website) {
        await registerNobody(app.db, source)
        const stage = firstStage(config, invitation)
        if (stage === 'unproven') reply.awaitProof(newToken())
        const user = { id: newId(), username: typed.username }
        return reply.see(NEXT[stage], { status: 201, body: { user, pending: stage !== 'active' } })
      }
      const visit = { devices: readDevices(request), returnTo: returnTo(request), invitation }
      const registered = await register(app, typed, source, visit)
      if (invitation) dropToken(reply, 'invite')
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
  app.get('/register/username', async (request, reply) => showForm(request, reply))
  const Pick = form({ username: text, email, return_to: text })
  app.post(
    '/register/username',
    { schema: { body: Pick }, onRequest: admittedOnly, config: { page: registerPage } },
    async (request, reply) => showForm(request, reply, typedValues(request.body)),
  )
}
