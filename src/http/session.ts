import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Source } from '../accounts/audit.ts'
import { cookieLifetime, findSession, type SignedIn } from '../accounts/session.ts'
import { findSignUp, PROVE_WITHIN } from '../accounts/sign-up.ts'
import { dropCookie, getCookie, putCookie, SESSION_COOKIE } from './cookies.ts'
import { wantsJson } from './pages.ts'

const SIGN_UP_COOKIE = 'foyer-sign-up'
const TOKEN = /^[\w-]{43}$/

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is signed in; set in every scope but `anyone`. */
    signedIn: SignedIn | null
  }
  interface FastifyReply {
    /** Gives the browser its new session. */
    signIn(token: string, remember: boolean): void
    /** Lets the browser be known again when the address of its sign-up is proven. */
    awaitProof(token: string): void
    /** Takes the session from the browser, and what it kept of our pages. */
    signOut(): void
  }
}

/** Where a request came from, as the audit trail tells it. */
export const sourceOf = (request: FastifyRequest): Source => ({
  ip: request.address,
  userAgent: (request.headers['user-agent'] ?? '').slice(0, 400),
  requestId: request.id,
  via: wantsJson(request) ? 'json' : 'html',
})

/** The person of the session cookie, or null. The cookie is the only place a session is read from. */
export async function readSession(request: FastifyRequest): Promise<SignedIn | null> {
  const token = getCookie(request, SESSION_COOKIE)
  return token && TOKEN.test(token) ? findSession(request.server.db, token) : null
}

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

/** Adds `request.signedIn`, `reply.signIn`, `reply.awaitProof` and `reply.signOut`. */
export function keepSessions(app: FastifyInstance) {
  app.decorateRequest('signedIn', null)
  app.decorateReply('signIn', function (token, remember) {
    putCookie(this, SESSION_COOKIE, token, cookieLifetime(remember))
    if (getCookie(this.request, SIGN_UP_COOKIE)) dropCookie(this, SIGN_UP_COOKIE)
  })
  app.decorateReply('awaitProof', function (token) {
    putCookie(this, SIGN_UP_COOKIE, token, PROVE_WITHIN)
  })
  app.decorateReply('signOut', function () {
    dropCookie(this, SESSION_COOKIE)
    this.header('clear-site-data', '"cache", "storage"')
  })
}
