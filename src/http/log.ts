import type { FastifyInstance } from 'fastify'

/** The path of a request in printable ASCII, without its query: a query may carry a one-time token. */
const loggedPath = (url: string) => url.replace(/\?.*/s, '').replace(/[^\x21-\x7e]/g, encodeURIComponent)

/** One line per answered request: no query, no header, no body, so no secret (ASVS 5.0 16.2.5). */
export function logRequests(app: FastifyInstance) {
  app.addHook('onResponse', async ({ method, url, address, log }, reply) => {
    log.info({
      method,
      path: loggedPath(url),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      ip: address,
    })
  })
}
