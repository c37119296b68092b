import type { FastifyRequest } from 'fastify'
import type { Config } from '../config.ts'

/**
 * Where `return_to` may lead: a path of ours, or an origin the operator named. Anything that a browser
 * might read otherwise (`//host`, `/\host`, control characters) is dropped (ASVS 5.0 3.7.2).
 */
export function safeReturnTo(value: unknown, { baseUrl, returnOrigins }: Config): string | undefined {
  if (typeof value !== 'string' || !/^[\x21-\x5b\x5d-\x7e]{1,2000}$/.test(value)) return undefined
  if (!URL.canParse(value, baseUrl)) return undefined
  const url = new URL(value, baseUrl)
  if (url.username || url.password) return undefined
  if (/^\/(?!\/)/.test(value) && url.origin === baseUrl && !url.pathname.startsWith('//'))
    return url.pathname + url.search + url.hash
  return returnOrigins.includes(url.origin) && value.startsWith(url.origin) ? url.href : undefined
}

/** This request's `return_to`, in the posted form or the address, if it is safe. */
export function returnTo(request: FastifyRequest): string | undefined {
  const sent = (part: unknown) => (part as { return_to?: unknown } | undefined)?.return_to
  return safeReturnTo(sent(request.body) || sent(request.query), request.server.config)
}
