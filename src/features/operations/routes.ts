import { isSignUpOpen } from '../../accounts/admission.ts'
import { Refusal } from '../../errors.ts'
import type { App } from '../../http/forms.ts'
import { readSession } from '../../http/session.ts'

/** `/`, `/healthz` and `/readyz`, for anyone. */
export function operations(app: App) {
  app.get('/', async (request, reply) => {
    const entrance = isSignUpOpen(app.config) ? '/register' : '/login'
    return reply.redirect((await readSession(request)) ? '/account' : entrance, 303)
  })

  // Alive: answers without the database, so that its outage never restarts the service.
  app.get('/healthz', { config: { anyHost: true } }, async () => ({ status: 'ok' }))

  app.get('/readyz', { config: { anyHost: true } }, async () => {
    if (app.stopping)
      throw new Refusal(503, 'The service is stopping.', {
        title: 'We’ll be right back',
        retryAfterSeconds: 10,
      })
    await app.db.$queryRaw`SELECT 1`
    return { status: 'ok' }
  })
}
