import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Deed } from '../accounts/acts/as-admin.ts'
import type { Source } from '../accounts/audit/audit.ts'
import { KNOWN_FOR } from '../accounts/known-device.ts'
import { cookieLifetime, findSession, type SessionTokens, type SignedIn } from '../accounts/session.ts'
import { findSignUp } from '../accounts/sign-up.ts'
import { dropCookie, getCookie, putCookie, SESSION_COOKIE } from './cookies.ts'
import { wantsJson } from './pages.ts'

const SIGN_UP_COOKIE = 'foyer-sign-up'
const DEVICE_COOKIE = 'foyer-device'
/** How many accounts a browser is known to. */
const MOST_DEVICES = 5
const TOKEN = /^[\w-]{43}$/

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is signed in; set in every scope but `anyone`. */
    signedIn: SignedIn | null
  }
  interface FastifyReply {
    /** Gives the browser its new session, and lets it be known again. */
    signIn(tokens: SessionTokens, remember: boolean): void
    /** Lets the browser be known again when the address of its sign-up is proven. */
    awaitProof(token: string): void
    /** Takes the session from the browser, and what it kept of our pages. */
    signOut(): void
  }
}

/** Where a request came from, as the audit trail tells it. */
export const sourceOf = (request: FastifyRequest): Source => ({
  ip: request.address,
  place: request.server.placeOf?.(request.address),
  userAgent: (request.headers['user-agent'] ?? '').slice(0, 400),
  requestId: request.id,
  via: wantsJson(request) ? 'json' : 'html',
})

/** The person of the session cookie, or null. The cookie is the only place a session is read from. */
export async function readSession(request: FastifyRequest): Promise<SignedIn | null> {
  const token = getCookie(request, SESSION_COOKIE)
  return token && TOKEN.test(token) ? findSession(request.server.db, token) : null
}

/** The tokens of the devices that this browser is, one for each account it has signed in to. */
export const readDevices = (request: FastifyRequest): string[] =>
  getCookie(request, DEVICE_COOKIE)
    ?.split('.')
    .filter((token) => TOKEN.test(token))
    .slice(0, MOST_DEVICES) ?? []

/** The sign-up of this browser that waits for its address to be proven, or null. */
export async function readSignUp(request: FastifyRequest) {
  const token = getCookie(request, SIGN_UP_COOKIE)
  return token && TOKEN.test(token) ? findSignUp(request.server.db, token) : null
}

/** The signed-in person, in the scopes that let nobody else in. */
export function signedIn(request: FastifyRequest): SignedIn {
  if (!request.signedIn) throw new Error('This route is open to people who are not signed in')
  return request.signedIn
}

/** Who of them does something, and from where. */
export const deedOf = (request: FastifyRequest): Deed => ({
  actor: signedIn(request).user,
  source: sourceOf(request),
})

/** Adds `request.signedIn`, `reply.signIn`, `reply.awaitProof` and `reply.signOut`. */
export function keepSessions(app: FastifyInstance) {
  app.decorateRequest('signedIn', null)
  app.decorateReply('signIn', function ({ session, device }, remember) {
    putCookie(this, SESSION_COOKIE, session, cookieLifetime(remember))
    if (device) {
      const devices = [device, ...readDevices(this.request)].slice(0, MOST_DEVICES)
      putCookie(this, DEVICE_COOKIE, devices.join('.'), KNOWN_FOR)
    }
    if (getCookie(this.request, SIGN_UP_COOKIE)) dropCookie(this, SIGN_UP_COOKIE)
  })
  app.decorateReply('awaitProof', function (token) {
    putCookie(this, SIGN_UP_COOKIE, token, this.server.config.periods.confirm)
  })
  app.decorateReply('signOut', function () {
    dropCookie(this, SESSION_COOKIE)
    this.header('clear-site-data', '"cache", "storage"')
  })
}
