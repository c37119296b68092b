import type { FastifyRequest } from 'fastify'
import { regionInWords, regionOf } from '../../accounts/region.ts'
import { listSessions } from '../../accounts/session-list.ts'
import { secondStepOf } from '../../accounts/two-factor.ts'
import { provenBeyondPassword } from '../../http/access.ts'
import { type App, form, text } from '../../http/forms.ts'
import { instant } from '../../http/instant.ts'
import { dropToken, requireToken, showAtLink } from '../../http/one-time-link.ts'
import { page } from '../../http/pages.ts'
import { passkeysOf } from '../../http/passkey.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { message } from '../../messages.ts'
import { cancelEmailChange, changeEmail, resendLink } from './change-email.ts'
import { changeName } from './change-name.ts'
import { changePassword } from './change-password.ts'
import { changeRegion, choices } from './change-region.ts'
import { changeUsername } from './change-username.ts'
import { hasOtherWaysIn, removePassword } from './remove-password.ts'
import { undoEmailChange, undoExpired } from './undo-email-change.ts'

/** The account page, with one of its rows open. */
async function overview(request: FastifyRequest, open?: string) {
  const { user } = signedIn(request)
  const { config, db } = request.server
  const region = regionOf(user)
  const { since, codesLeft } = await secondStepOf(db, user.id)
  return {
    title: 'Your account',
    drawn: {
      open,
      askEmail: config.email !== 'off',
      passwordMinLength: config.passwordMinLength,
      region: { ...region, text: regionInWords(region) },
      choices,
    },
    account: {
      id: user.id,
      username: user.username,
      name: user.name,
      email: user.email,
      emailProven: user.provenEmailKey !== null,
      newEmail: user.newEmail,
      hasPassword: user.passwordHash !== '',
      passwordChangedAt: instant(user.passwordChangedAt),
      role: user.role,
      ...region,
      createdAt: instant(user.createdAt),
    },
    passkeys: await passkeysOf(request),
    sessions: await sessionsOf(request),
    twoFactor: { on: since !== undefined, codesLeft },
  }
}

/** Where the member is signed in: here first, then the latest used. */
async function sessionsOf(request: FastifyRequest) {
  const { user, session: here } = signedIn(request)
  const sessions = await listSessions(request.server, user.id)
  const shown = sessions.map(({ createdAt, lastSeenAt, trustedUntil, ...session }) => ({
    ...session,
    current: session.id === here.id,
    createdAt: instant(createdAt),
    lastSeenAt: instant(lastSeenAt),
    trustedUntil: trustedUntil && instant(trustedUntil),
  }))
  return shown.sort((one, other) => Number(other.current) - Number(one.current))
}

const rowPage = (row: string) => page('account/account', (request) => overview(request, row))

/** `/account`, for members: one page of rows, each with its own address. */
export function account(app: App) {
  const accountPage = page('account/account', overview, { json: true })
  app.get('/account', async (_request, reply) => reply.show(accountPage))

  const namePage = rowPage('name')
  app.get('/account/name', async (_request, reply) => reply.show(namePage))
  const Name = form({ name: text })
  app.post(
    '/account/name',
    { schema: { body: Name }, config: { page: namePage } },
    async (request, reply) => {
      await changeName(app.db, signedIn(request).user.id, request.body.name, sourceOf(request))
      return reply.see('/account', { notice: message('notice.name-changed') })
    },
  )

  const usernamePage = rowPage('username')
  app.get('/account/username', async (_request, reply) => reply.show(usernamePage))
  const NewUsername = form({ username: text })
  app.post(
    '/account/username',
    { schema: { body: NewUsername }, config: { page: usernamePage } },
    async (request, reply) => {
      const { user } = signedIn(request)
      const username = await changeUsername(app, user, request.body.username, sourceOf(request))
      const notice = message('notice.username-changed', { name: username })
      return reply.see('/account', { notice, body: { user: { username } } })
    },
  )

  const languagePage = rowPage('language')
  app.get('/account/language', async (_request, reply) => reply.show(languagePage))
  const Choice = form({ language: text, time_zone: text })
  app.post(
    '/account/language',
    { schema: { body: Choice }, config: { page: languagePage } },
    async (request, reply) => {
      await changeRegion(app.db, signedIn(request).user.id, request.body, sourceOf(request))
      return reply.see('/account', { notice: message('notice.region-changed') })
    },
  )

  const passwordPage = rowPage('password')
  app.get('/account/password', { onRequest: provenBeyondPassword }, async (_request, reply) =>
    reply.show(passwordPage),
  )
  const NewPassword = form({ current: text, password: text })
  app.post(
    '/account/password',
    { schema: { body: NewPassword }, preValidation: provenBeyondPassword, config: { page: passwordPage } },
    async (request, reply) => {
      const member = signedIn(request)
      reply.signIn(
        await changePassword(app, member, request.body, sourceOf(request)),
        member.session.remember,
      )
      return reply.see('/account', { notice: message('notice.password-changed') })
    },
  )

  if (app.config.email !== 'off') emailRow(app)
}

/** `/account/password/remove`, for members who have just proven who they are. */
export function passwordless(app: App) {
  const removePage = page('account/remove-password', async (request) => {
    const possible = await hasOtherWaysIn(app.db, signedIn(request).user)
    return { title: 'Remove your password', possible }
  })
  app.get('/account/password/remove', async (_request, reply) => reply.show(removePage))
  const options = { schema: { body: form({}) }, config: { page: removePage } }
  app.post('/account/password/remove', options, async (request, reply) => {
    const member = signedIn(request)
    reply.signIn(await removePassword(app.db, member, sourceOf(request)), member.session.remember)
    return reply.see('/account', { notice: message('notice.password-removed') })
  })
}

function emailRow(app: App) {
  const emailPage = rowPage('email')
  app.get('/account/email', { onRequest: provenBeyondPassword }, async (_request, reply) =>
    reply.show(emailPage),
  )
  const NewEmail = form({ email: text, current: text })
  app.post(
    '/account/email',
    { schema: { body: NewEmail }, preValidation: provenBeyondPassword, config: { page: emailPage } },
    async (request, reply) => {
      await changeEmail(app, signedIn(request).user, request.body, sourceOf(request))
      return reply.see('/account', { notice: message('notice.confirm-address') })
    },
  )
  app.get('/account/email/resend', async (_request, reply) => reply.show(emailPage))
  app.post('/account/email/resend', { schema: { body: form({}) } }, async (request, reply) => {
    await resendLink(app.db, signedIn(request).user, sourceOf(request))
    return reply.see('/account', { notice: message('notice.confirm-address') })
  })
  app.get('/account/email/cancel', async (_request, reply) => reply.show(emailPage))
  app.post('/account/email/cancel', { schema: { body: form({}) } }, async (request, reply) => {
    await cancelEmailChange(app.db, signedIn(request).user, sourceOf(request))
    return reply.see('/account', { notice: message('notice.email-change-cancelled') })
  })
}

/** `/undo-email-change`, where the link leads that the old address gets, for anyone. */
export function undo(app: App) {
  if (app.config.email === 'off') return
  const undoPage = page('account/undo-email-change', async (request) => {
    const { address } = await requireToken(request, 'undo-email-change', undoExpired)
    return { title: 'Keep your address?', address }
  })
  showAtLink(app, 'undo-email-change', undoPage)

  app.post('/undo-email-change', { schema: { body: form({}) } }, async (request, reply) => {
    const token = await requireToken(request, 'undo-email-change', undoExpired)
    await undoEmailChange(app.db, token, sourceOf(request))
    dropToken(reply, 'undo-email-change')
    return reply.see('/login', { notice: message('notice.email-kept') })
  })
}
