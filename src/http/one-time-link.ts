import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { findToken, type TokenPurpose } from '../accounts/token.ts'
import type { Token } from '../db/generated/sqlite/client.ts'
import type { Refusal } from '../errors.ts'
import { minutes } from '../time.ts'
import { dropCookie, getCookie, putCookie } from './cookies.ts'
import type { App } from './forms.ts'
import type { Page } from './pages.ts'

const cookieOf = (purpose: TokenPurpose) => `foyer-${purpose}`

/** The token that a link brought this browser, if it still works. */
export async function readToken(request: FastifyRequest, purpose: TokenPurpose): Promise<Token | null> {
  const token = getCookie(request, cookieOf(purpose))
  return token ? findToken(request.server.db, purpose, token) : null
}

/** Whether a link brought this browser a token, whatever has become of that. */
export const hasToken = (request: FastifyRequest, purpose: TokenPurpose): boolean =>
  getCookie(request, cookieOf(purpose)) !== undefined

/** Lets the browser hold a token, for so long (ms). */
export const putToken = (reply: FastifyReply, purpose: TokenPurpose, token: string, lifetime: number) =>
  putCookie(reply, cookieOf(purpose), token, lifetime)

/** Takes the token from the browser: it has done what it was for. */
export const dropToken = (reply: FastifyReply, purpose: TokenPurpose) => dropCookie(reply, cookieOf(purpose))

/** What is said to a token that doesn't work. */
type Expired = () => Refusal | Promise<Refusal>

/** The same, or what `expired` says is thrown. */
export async function requireToken(request: FastifyRequest, purpose: TokenPurpose, expired: Expired) {
  const token = await readToken(request, purpose)
  if (!token) throw await expired()
  return token
}

const Link = z.object({ token: z.string().optional() })

/**
 * `/purpose?token=…`, as mails and terminals show it. The token leaves the address at the first hop (ASVS 5.0
 * 14.2.1), so no history, log or Referer keeps it; then the page is shown, whose `load` requires the token.
 * Looking changes nothing: mail scanners open links too (ASVS 5.0 3.5.3).
 */
export function showAtLink(app: App, purpose: TokenPurpose, page: Page) {
  app.get(`/${purpose}`, { schema: { querystring: Link } }, async (request, reply) => {
    const { token } = request.query
    if (token === undefined) return reply.show(page)
    putToken(reply, purpose, token, minutes(10))
    return reply.redirect(`/${purpose}`, 303)
  })
}
