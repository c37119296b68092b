import { randomUUID } from 'node:crypto'
import cookie from '@fastify/cookie'
import Fastify, { LogController } from 'fastify'
import type { KeyedServices } from './accounts/services.ts'
import { account, passwordless, undo } from './features/account/routes.ts'
import { activity } from './features/activity/routes.ts'
import { audit, auditExport } from './features/audit/routes.ts'
import { bulk, selection } from './features/bulk/routes.ts'
import { confirm } from './features/confirm/routes.ts'
import { data, dataOfOthers, dataSchema } from './features/data/routes.ts'
import { deletion, keeping } from './features/deletion/routes.ts'
import { peopleExport } from './features/export/routes.ts'
import { invitations, inviting } from './features/invitations/routes.ts'
import { jobs, steering } from './features/jobs/routes.ts'
import { login, logout, secondStep } from './features/login/routes.ts'
import { newUser } from './features/new-user/routes.ts'
import { operations } from './features/operations/routes.ts'
import { opening, outbox } from './features/outbox/routes.ts'
import { overview } from './features/overview/routes.ts'
import { passkeys } from './features/passkeys/routes.ts'
import { forgotPassword, passwordReset } from './features/password-reset/routes.ts'
import { people } from './features/people/routes.ts'
import { decisions, help, onePerson } from './features/person/routes.ts'
import { registration } from './features/registration/routes.ts'
import { deciding, requests } from './features/requests/routes.ts'
import { sessions } from './features/sessions/routes.ts'
import { changes, settings } from './features/settings/routes.ts'
import { setup } from './features/setup/routes.ts'
import { agreement, publicTexts } from './features/terms/routes.ts'
import { twoFactor } from './features/two-factor/routes.ts'
import { checkEmail, verification } from './features/verification/routes.ts'
import { wellKnown } from './features/well-known/routes.ts'
import { listRoutes, scope } from './http/access.ts'
import { loadAssets } from './http/assets.ts'
import { BODY_LIMIT, readBodies } from './http/bodies.ts'
import { limitIdleConnections } from './http/connections.ts'
import { answerBadAddresses, answerClientErrors, answerErrors, refuseOtherMethods } from './http/errors.ts'
import { validateForms } from './http/forms.ts'
import { logOutput, logRequests } from './http/log.ts'
import { showPages } from './http/pages.ts'
import { secure } from './http/security.ts'
import { keepSessions } from './http/session.ts'
import { serveTheme } from './http/theme.ts'
import { answerTwins } from './http/twice.ts'
import { seconds } from './time.ts'

declare module 'fastify' {
  interface FastifyInstance extends KeyedServices {
    /** Set when the process is about to end: readiness is off, connections are closed after their answer. */
    stopping: boolean
    /** Requests that were turned away since they were last counted: too many, not allowed, too busy. */
    turnedAway: Record<'throttled' | 'refused' | 'busy', number>
  }
}

/** The whole service, not yet listening. */
export async function buildApp({ config, db, passwords, secretKeys, placeOf }: KeyedServices) {
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    trustProxy: config.trustProxy.length > 0 && config.trustProxy,
    // Whoever stops reading an answer is let go.
    connectionTimeout: seconds(20),
    // Node swaps this and headersTimeout when that is the larger one, so they are set together.
    requestTimeout: seconds(15),
    http: {
      headersTimeout: seconds(10),
      connectionsCheckingInterval: seconds(1),
      maxHeaderSize: 8 * 1024,
      requireHostHeader: false,
    },
    keepAliveTimeout: seconds(10),
    forceCloseConnections: 'idle',
    // What still arrives while stopping is answered like anything else.
    return503OnClosing: false,
    logger: { level: config.logLevel, base: null, stream: logOutput },
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID().slice(-12),
    clientErrorHandler: answerClientErrors(config),
    frameworkErrors: answerBadAddresses(config),
    // As long as an address may be: what a parameter may hold is its route's rule.
    routerOptions: { maxParamLength: 2048 },
  })
  app.decorate('config', config)
  app.decorate('db', db)
  app.decorate('passwords', passwords)
  app.decorate('secretKeys', secretKeys)
  app.decorate('placeOf', placeOf)
  app.decorate('stopping', false)
  app.decorate('turnedAway', { throttled: 0, refused: 0, busy: 0 })

  const { asset, serve } = loadAssets()
  await app.register(cookie)
  logRequests(app)
  limitIdleConnections(app)
  secure(app, config)
  readBodies(app)
  validateForms(app)
  keepSessions(app)
  showPages(app, asset)
  answerTwins(app)
  answerErrors(app)
  listRoutes(app)

  await app.register(
    scope(
      'anyone',
      serve,
      serveTheme,
      operations,
      wellKnown,
      setup,
      verification,
      passwordReset,
      undo,
      logout,
      dataSchema,
      publicTexts,
    ),
  )
  await app.register(scope('guests', registration, checkEmail, login, secondStep, keeping, forgotPassword))
  await app.register(scope('arrivals', confirm, agreement))
  await app.register(scope('enrolling', passkeys, twoFactor))
  await app.register(scope('members', account, activity))
  await app.register(scope('owners', passwordless, sessions))
  await app.register(scope('leavers', data, deletion))
  await app.register(scope('staff', overview, people, onePerson))
  await app.register(scope('helpers', help))
  await app.register(scope('admins', audit, invitations, outbox, settings, selection, jobs, requests))
  await app.register(
    scope(
      'deciders',
      decisions,
      dataOfOthers,
      inviting,
      newUser,
      opening,
      changes,
      bulk,
      steering,
      peopleExport,
      deciding,
      auditExport,
    ),
  )
  await app.register(scope('anyone', refuseOtherMethods))
  return app
}
