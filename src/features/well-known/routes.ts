import type { App } from '../../http/forms.ts'

/** What password managers look up of a site, at addresses that are the same everywhere; for anyone. */
export function wellKnown(app: App) {
  const { baseUrl } = app.config
  // A Well-Known URL for Changing Passwords (W3C).
  app.get('/.well-known/change-password', async (_request, reply) => reply.redirect('/account/password', 303))
  // A Well-Known URL for Relying Party Passkey Endpoints (W3C).
  app.get('/.well-known/passkey-endpoints', async (_request, reply) => {
    const passkeys = `${baseUrl}/account/passkeys`
    return reply.send({ enroll: passkeys, manage: passkeys })
  })
}
