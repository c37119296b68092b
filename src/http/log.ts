import type { FastifyInstance } from 'fastify'

/** In characters: the lines of a few thousand requests. */
const LONGEST_BACKLOG = 1_000_000

/**
 * Where the log goes: standard output, which makes nobody wait for a reader that stalls. What such a one
 * leaves unread is kept up to a limit, then lost. Lines that come together are written together.
 */
export const logOutput = {
  write(line: string) {
    const { stdout } = process
    if (stdout.writableLength >= LONGEST_BACKLOG) return
    if (!stdout.writableCorked) {
      stdout.cork()
      setImmediate(() => stdout.uncork())
    }
    stdout.write(line)
  },
  /** Called after a fatal line, which may be the last. */
  flushSync: () => process.stdout.uncork(),
}

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
