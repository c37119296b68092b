import type { FastifyInstance, FastifyRequest } from 'fastify'

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

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi
const ADDRESS = /@|%40/i

/**
 * Which page was asked for: its route, as `/admin/users/:id`, so that the log names nobody and there is
 * nothing in it to be erased. Where there is none, the path in printable ASCII without its query, ids and
 * addresses.
 */
const loggedPath = ({ routeOptions, url }: FastifyRequest) => routeOptions.url ?? withoutNames(url)

/** In time that grows with its length: whoever asks may make it as long as a request may be. */
export const withoutNames = (url: string): string =>
  url
    .replace(/\?.*/s, '')
    .replace(UUID, ':id')
    .split('/')
    .map((part) => (ADDRESS.test(part) ? ':address' : part))
    .join('/')
    .replace(/[^\x21-\x7e]/g, encodeURIComponent)

/** One line per answered request: no query, no header, no body, so no secret (ASVS 5.0 16.2.5). */
export function logRequests(app: FastifyInstance) {
  app.addHook('onResponse', async (request, reply) => {
    const { method, address, log } = request
    log.info({
      method,
      path: loggedPath(request),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      ip: address,
    })
  })
}
