import type { FastifyRequest } from 'fastify'
import { renderSVG } from 'uqr'
import { RECOVERY_CODES } from '../../accounts/recovery-code.ts'
import { otpauthUri, readableKey } from '../../accounts/totp.ts'
import { secondStepOf } from '../../accounts/two-factor.ts'
import { type App, box, form, text } from '../../http/forms.ts'
import { instant } from '../../http/instant.ts'
import { page } from '../../http/pages.ts'
import { returnTo } from '../../http/return-to.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { message } from '../../messages.ts'
import { newKey, openKey } from './new-key.ts'
import { renewRecoveryCodes } from './renew-recovery-codes.ts'
import { turnOff } from './turn-off.ts'
import { turnOn } from './turn-on.ts'

/** `/account/two-factor` and `/account/recovery-codes`, for members who have just proven who they are. */
export function twoFactor(app: App) {
  authenticator(app)
  recoveryCodes(app)
}

const dataUrl = (type: string, content: string) =>
  `data:${type};base64,${Buffer.from(content).toString('base64')}`

/** The key to be scanned: the one that a rejected form brought back, or a new one. */
function keyFor(request: FastifyRequest) {
  const { config, secretKeys } = request.server
  const { user } = signedIn(request)
  const { key = '' } = (request.body ?? {}) as { key?: string }
  const { secret, sealed } = openKey(secretKeys, user.id, String(key)) ?? newKey(secretKeys, user.id)
  const uri = otpauthUri(secret, config.brand.name, user.username)
  const qr = dataUrl('image/svg+xml', renderSVG(uri, { border: 4, pixelSize: 1 }))
  return { key: sealed, secret: readableKey(secret), uri, drawn: { qr } }
}

function authenticator(app: App) {
  const twoFactorPage = page(
    'two-factor/two-factor',
    async (request) => {
      const { since, codesLeft } = await secondStepOf(app.db, signedIn(request).user.id)
      if (since) return { title: 'Two-step sign-in', on: true, since: instant(since), codesLeft }
      const { drawn, ...key } = keyFor(request)
      return {
        title: 'Turn on two-step sign-in',
        on: false,
        ...key,
        drawn: {
          ...drawn,
          returnTo: returnTo(request),
          hasPassword: signedIn(request).user.passwordHash !== '',
        },
      }
    },
    { json: true },
  )
  app.get('/account/two-factor', async (_request, reply) => reply.show(twoFactorPage))

  const TurnOn = form({ code: text, key: text, everywhere: box, return_to: text })
  app.post(
    '/account/two-factor',
    { schema: { body: TurnOn }, config: { page: twoFactorPage } },
    async (request, reply) => {
      const { code, key, everywhere } = request.body
      const typed = { code, key, everywhere: everywhere !== '' }
      const codes = await turnOn(app, signedIn(request), typed, sourceOf(request))
      return reply.show(newCodesPage(codes, { turnedOn: true }))
    },
  )

  app.get('/account/two-factor/off', async (_request, reply) => reply.show(twoFactorPage))
  const TurnOff = form({ everywhere: box })
  app.post(
    '/account/two-factor/off',
    { schema: { body: TurnOff }, config: { page: twoFactorPage } },
    async (request, reply) => {
      await turnOff(app.db, signedIn(request), request.body.everywhere !== '', sourceOf(request))
      return reply.see('/account', { notice: message('notice.two-factor-off') })
    },
  )
}

/** The one answer in which recovery codes stand. */
const newCodesPage = (codes: string[], { turnedOn = false } = {}) =>
  page(
    'two-factor/new-codes',
    (request) => ({
      title: 'Save your recovery codes',
      recoveryCodes: codes,
      drawn: {
        turnedOn,
        download: dataUrl('text/plain;charset=utf-8', `${codes.join('\n')}\n`),
        wayOn: returnTo(request) ?? '/account#signing-in',
      },
    }),
    { json: true },
  )

function recoveryCodes(app: App) {
  const codesPage = page(
    'two-factor/recovery-codes',
    async (request) => {
      const { since, codesLeft } = await secondStepOf(app.db, signedIn(request).user.id)
      return { title: 'Recovery codes', on: since !== undefined, codesLeft, of: RECOVERY_CODES }
    },
    { json: true },
  )
  app.get('/account/recovery-codes', async (_request, reply) => reply.show(codesPage))
  const renewal = { schema: { body: form({}) }, config: { page: codesPage } }
  app.post('/account/recovery-codes', renewal, async (request, reply) => {
    const codes = await renewRecoveryCodes(app.db, signedIn(request), sourceOf(request))
    return reply.show(newCodesPage(codes))
  })
}
