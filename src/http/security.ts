import { isIP } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../config.ts'
import { Refusal } from '../errors.ts'
import { SESSION_COOKIE } from './cookies.ts'

const MAX_URL = 2048
const MAX_COOKIES = 20
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * The headers of every answer, errors included. `same-origin` and not `no-referrer`: with the latter a
 * browser sends `Origin: null` with our own forms. Personal pages are the rule, so nothing is stored
 * unless a route says otherwise (ASVS 5.0 3.4, 14.3.2).
 */
export function securityHeaders(config: Config): Record<string, string> {
  const formAction = ["'self'", ...config.returnOrigins].join(' ')
  return {
    'content-security-policy':
      `default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'; ` +
      `connect-src 'self'; form-action ${formAction}; base-uri 'none'; frame-ancestors 'none'`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
    'cache-control': 'no-store',
    vary: 'Accept, Cookie',
    ...(config.https && { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }),
  }
}

/**
 * Whether another site made the browser send this. The browser says so itself (Fetch Metadata), as
 * Go 1.25 and Rails check it: no form tokens, so no form expires. Without either header it is a program,
 * which may not bring a session cookie.
 */
function isCrossSite({ method, headers }: FastifyRequest, config: Config): boolean {
  if (SAFE_METHODS.has(method)) return false
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  if (headers.origin !== undefined) return !config.origins.includes(headers.origin)
  return headers.cookie?.includes(SESSION_COOKIE) ?? false
}

/** The visitor went away in the middle of it. */
export const brokenOff = () => new Refusal(400, 'The request broke off. Nothing was changed.')

/**
 * The address a request came from, for throttles and the audit trail; taken at once, because a connection
 * that is reset has none. A proxy may name it with a port, or name what is no address: then it is the proxy's own.
 */
function addressOf({ ip, raw }: FastifyRequest): string {
  const bare = ip?.replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1').replace(/^\[(.+)\](:\d+)?$/, '$1')
  const address = isIP(bare ?? '') ? bare : raw.socket.remoteAddress
  if (!address) throw brokenOff()
  return address
}

function isDecodable(query: string): boolean {
  try {
    return !/\p{Cc}/u.test(decodeURIComponent(query))
  } catch {
    return false
  }
}

function checkRequest(request: FastifyRequest, config: Config, hosts: ReadonlySet<string>) {
  const { rawHeaders } = request.raw
  request.address = addressOf(request)
  if ((request.raw.url?.length ?? 0) > MAX_URL)
    throw new Refusal(414, 'That address is too long to be one of ours.')
  if (rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length > 1)
    throw new Refusal(400, 'The request names more than one host.')
  if (!isDecodable(request.url.replace(/^[^?]*/, '')))
    throw new Refusal(400, 'That address has a typing mistake behind its question mark.')
  // A whole address on the request line names the host instead (RFC 9112 §3.2.2).
  const target = request.raw.url ?? '/'
  const host = URL.canParse(target) ? new URL(target).host : request.host?.toLowerCase()
  if (!request.routeOptions.config.anyHost && !hosts.has(host))
    throw new Refusal(421, 'This service doesn’t answer under that name.')
  if ((request.headers.cookie?.split(';').length ?? 0) > MAX_COOKIES)
    throw new Refusal(400, 'The browser sent too many cookies. Delete this site’s cookies, then try again.')
  if (isCrossSite(request, config))
    throw new Refusal(
      403,
      'That came from another site, so we did nothing. Open the page here, then try again.',
      { noted: 'access.site-refused' },
    )
}

/** Puts the headers on every answer and refuses requests that no page of ours makes. */
export function secure(app: FastifyInstance, config: Config) {
  const headers = securityHeaders(config)
  const hosts = new Set(config.origins.map((origin) => new URL(origin).host))
  // Node would answer an `Expect` it doesn't know by a bare 417.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.decorateRequest('address', '')
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers)
    checkRequest(request, config, hosts)
  })
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Where it came from, as far as the configured proxies are believed. */
    address: string
  }
  interface FastifyContextConfig {
    /** Answers under any host name: health checks go by address. */
    anyHost?: boolean
  }
}
