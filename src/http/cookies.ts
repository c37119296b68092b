import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config.ts'

/** The name of the session cookie, without its `__Host-` prefix. */
export const SESSION_COOKIE = 'foyer-session'

/** `__Host-` binds a cookie to this host and to https (RFC 6265bis); on a loopback http origin it can't be used. */
const fullName = (config: Config, name: string) => (config.https ? `__Host-${name}` : name)

const options = (config: Config): CookieSerializeOptions => ({
  path: '/',
  httpOnly: true,
  sameSite: 'lax',
  secure: config.https,
})

/** One of our cookies, or undefined; also if it is there twice: one of them somebody else has planted. */
export function getCookie(request: FastifyRequest, name: string): string | undefined {
  const cookie = fullName(request.server.config, name)
  const sent = request.headers.cookie?.split(';').filter((pair) => pair.split('=')[0]?.trim() === cookie)
  return sent?.length === 1 ? request.cookies[cookie] : undefined
}

/** Sets one of our cookies; without a `lifetime` (ms) it goes with the browser. */
export function putCookie(reply: FastifyReply, name: string, value: string, lifetime?: number) {
  const { config } = reply.server
  reply.setCookie(fullName(config, name), value, {
    ...options(config),
    ...(lifetime !== undefined && { maxAge: lifetime / 1000 }),
  })
}

/** Takes one of our cookies back. */
export function dropCookie(reply: FastifyReply, name: string) {
  const { config } = reply.server
  reply.clearCookie(fullName(config, name), options(config))
}
