import type { FastifyRequest } from 'fastify'
import { findDevice } from '../../accounts/known-device.ts'
import { dayInWords, regionOf } from '../../accounts/region.ts'
import { type App, form } from '../../http/forms.ts'
import { instant } from '../../http/instant.ts'
import { dropToken, requireToken } from '../../http/one-time-link.ts'
import { page } from '../../http/pages.ts'
import { returnTo } from '../../http/return-to.ts'
import { readDevices, signedIn, sourceOf } from '../../http/session.ts'
import { staysSignedIn } from '../../http/sign-in.ts'
import { message } from '../../messages.ts'
import { days } from '../../time.ts'
import { closeAccount } from './close-account.ts'
import { closingAccount, keepAccount, stepExpired } from './keep-account.ts'

/** `/account/delete`, for members who have just confirmed who they are. */
export function deletion(app: App) {
  const deletePage = page('deletion/delete', () => ({
    title: 'Delete your account',
    ...{ days: app.config.periods.erase / days(1), heldDays: app.config.periods.names / days(1) },
  }))
  app.get('/account/delete', async (_request, reply) => reply.show(deletePage))

  const options = { schema: { body: form({}) }, config: { page: deletePage } }
  app.post('/account/delete', options, async (request, reply) => {
    const { user } = signedIn(request)
    const closesAt = await closeAccount(app, user, sourceOf(request))
    reply.signOut()
    const notice = message('notice.account-closing', { date: dayInWords(closesAt, regionOf(user)) })
    return reply.see('/login', { notice, body: { closesAt } })
  })
}

/** `/keep-account`, the next step of a sign-in to an account that is closing. It keeps what was chosen. */
export function keeping(app: App) {
  const requireStep = (request: FastifyRequest) => requireToken(request, 'keep-account', stepExpired)

  const keepPage = page(
    'deletion/keep',
    async (request) => {
      const user = await closingAccount(app.db, await requireStep(request))
      const { username, closesAt } = user
      return {
        title: 'Keep your account?',
        username,
        closesAt: instant(closesAt),
        drawn: { date: dayInWords(closesAt, regionOf(user)) },
      }
    },
    { json: true },
  )
  app.get('/keep-account', async (_request, reply) => reply.show(keepPage))

  app.post('/keep-account', { schema: { body: form({}) } }, async (request, reply) => {
    const token = await requireStep(request)
    const remember = staysSignedIn(request)
    const device = await findDevice(app.db, token.userId ?? '', readDevices(request))
    const tokens = await keepAccount(app.db, token, { remember, device }, sourceOf(request))
    dropToken(reply, 'keep-account')
    reply.signIn(tokens, remember)
    return reply.see(returnTo(request) ?? '/account', { notice: message('notice.account-kept') })
  })
}
