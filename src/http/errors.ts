import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { noteOnce } from '../accounts/audit/note-once.ts'
import type { Config } from '../config.ts'
import { isUnavailable } from '../db/errors.ts'
import { InvalidInput, notFound, Refusal } from '../errors.ts'
import { minutes } from '../time.ts'
import { isPage } from './access.ts'
import type { App } from './forms.ts'
import { page, typedValues, wantsJson } from './pages.ts'
import { brokenOff, securityHeaders } from './security.ts'
import { readSession, sourceOf } from './session.ts'

const SORRY = 'Something went wrong on our side. Nothing you need to change. Please try again in a moment.'

/** What is said of an error that Fastify itself raises; anything unnamed is our fault and a 500. */
const fastifyErrors: Record<string, () => Refusal> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new Refusal(415, 'Send a form or JSON. Nothing was changed.'),
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: () => new Refusal(415, 'Send a form or JSON. Nothing was changed.'),
  FST_ERR_CTP_BODY_TOO_LARGE: () =>
    new Refusal(413, 'That is more than this form takes. Nothing was changed.'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: brokenOff,
}

const unavailable = () =>
  new Refusal(
    503,
    'Our database can’t be reached just now. Nothing was saved. Please try again in a few seconds.',
    {
      title: 'We’ll be right back',
      retryAfterSeconds: 5,
    },
  )

/** Names what is wrong, but for what nobody of us would call a field: pages repeat no sentence from an address. */
function notUnderstood(fields: string[]) {
  const named = fields.filter((name) => /^[a-z][\w-]{0,19}$/i.test(name)).map((name) => `“${name}”`)
  const which = named.length ? `: ${named.join(', ')}` : ''
  return new Refusal(400, `That has a part we don’t understand${which}. Nothing was changed.`)
}

type Thrown = Error & Partial<FastifyError>

function asRefusal(error: Thrown): Refusal {
  if (error instanceof Refusal) return error
  if (error.validationContext === 'params') return notFound()
  if (error instanceof InvalidInput) return notUnderstood(Object.keys(error.problems))
  // The visitor's connection, not the database's: Fastify gives this one a status.
  if (error.code === 'ECONNRESET' && error.statusCode === 400) return brokenOff()
  const known = fastifyErrors[error.code ?? '']
  if (known) return known()
  return isUnavailable(error) ? unavailable() : new Refusal(500, SORRY)
}

const titles: Partial<Record<number, { icon: string; title: string }>> = {
  403: { icon: 'door', title: 'You can’t open this page' },
  404: { icon: 'search', title: 'Page not found' },
  410: { icon: 'clock', title: 'This link no longer works' },
  429: { icon: 'clock', title: 'Please wait a little' },
  500: { icon: 'door', title: 'Something went wrong' },
  503: { icon: 'people', title: 'We’re very busy' },
}

function refusalPage({ status, message, title, retryAfterSeconds = 0, wayOn }: Refusal) {
  const usual = titles[status] ?? { icon: 'door', title: 'We couldn’t do that' }
  const wait = Math.ceil(retryAfterSeconds / 60)
  return page('errors/refusal', (request) => ({
    title: title ?? usual.title,
    icon: usual.icon,
    heading: status === 429 ? `Please wait ${wait} minute${wait === 1 ? '' : 's'}` : (title ?? usual.title),
    lead: message,
    wayOn: wayOn ?? usualWayOn(status, request),
    signedInAs: status === 403 ? request.signedIn?.user.username : undefined,
    reference: status >= 500 ? request.id : undefined,
  }))
}

function usualWayOn(status: number, request: FastifyRequest) {
  if (status === 403 && request.signedIn) return { href: '/account', text: 'Go to your account' }
  if (status === 429 || status >= 500) return { href: pathOf(request), text: 'Try again' }
  if (status === 400 && request.method === 'GET' && request.url.includes('?'))
    // To what offers a file, not to all of it.
    return {
      href: request.routeOptions.config.offeredOn ?? pathOf(request),
      text: 'Open the page without it',
    }
  if (status === 409) return { href: pageAbove(request), text: 'See what is so now' }
  return { href: '/', text: 'Go to the start' }
}

/** The address without its query; where there is no page, as it may be `//another.example`, the start. */
const pathOf = ({ url, routeOptions }: FastifyRequest) => (routeOptions.url ? url.replace(/\?.*/, '') : '/')

/** The page that an address lies under: of a person, an act on them. Whoever presses twice sees there that it is done. */
function pageAbove({ url, routeOptions, server }: FastifyRequest): string {
  const [path = '/'] = url.split('?')
  const parts = (routeOptions.url ?? '/').split('/')
  const depth = parts.findLastIndex((_, i) => i > 1 && isPage(server, parts.slice(0, i).join('/')))
  return depth > 1 ? path.split('/').slice(0, depth).join('/') : '/'
}

/** One place answers everything that was thrown: 422 with the page again, a refusal, or a 500 with only its id. */
export function answerErrors(app: FastifyInstance) {
  app.setErrorHandler(async (error: Thrown, request, reply) => {
    const form = request.routeOptions.config.page
    if (!(error instanceof InvalidInput && form) || (error as Thrown).validationContext === 'params')
      return refuse(error, request, reply)
    try {
      return await reply.show(form, { rejected: error, values: typedValues(request.body), status: 422 })
    } catch (failure) {
      // What the page shows can be gone or out of reach.
      return refuse(failure as Thrown, request, reply)
    }
  })
  app.setNotFoundHandler(async () => {
    throw notFound()
  })
}

/** What the overview counts of those who were turned away. */
const TURNED_AWAY: Record<number, keyof FastifyInstance['turnedAway']> = {
  403: 'refused',
  429: 'throttled',
  503: 'busy',
}

/** Puts on record whom a refusal concerns who is signed in. What strangers are refused, only the log tells. */
async function noteRefusal(error: Thrown, request: FastifyRequest): Promise<void> {
  const noted = error instanceof Refusal && error.noted
  const user = noted && (request.signedIn ?? (await readSession(request)))?.user
  if (!user) return
  const { method, routeOptions, params, server } = request
  const page = routeOptions.url ?? ''
  const isAboutAnother = noted === 'change.refused' && page.startsWith('/admin/users/:id')
  await noteOnce(server.db, minutes(10), noted, {
    actor: user.id,
    subjectId: isAboutAnother ? (params as { id: string }).id : user.id,
    source: sourceOf(request),
    detail: { method, page },
  })
}

async function refuse(thrown: Thrown, request: FastifyRequest, reply: FastifyReply) {
  const error: Thrown = await noteRefusal(thrown, request).then(
    () => thrown,
    (failure) => failure,
  )
  const refusal = asRefusal(error)
  const { status, message, headers } = refusal
  const kind = TURNED_AWAY[status]
  if (kind) request.server.turnedAway[kind]++
  if (status >= 500) request.log.error(error)
  else request.log.debug(message)
  reply.headers(headers)
  if (!wantsJson(request)) return reply.show(refusalPage(refusal), { status })
  const reference = status >= 500 ? { reference: request.id } : {}
  return reply.code(status).send({ status: 'error', message, ...reference })
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'] as const

/** Answers every other method on the routes made so far by 405 with `Allow`. Register it last. */
export function refuseOtherMethods(app: App) {
  const made = Map.groupBy(app.routes, ({ url }) => url)
  for (const [url, routes] of made) {
    const methods = new Set(routes.flatMap(({ method }) => method))
    const allow = [...methods].sort().join(', ')
    const refuse = async () => {
      throw new Refusal(405, 'Invalid request method', { headers: { allow } })
    }
    app.route({
      method: METHODS.filter((method) => !methods.has(method)),
      url,
      onRequest: refuse,
      handler: refuse,
    })
  }
}

/** An address that can't be decoded never reaches a route or a hook: a plain answer with our headers. */
export function answerBadAddresses(config: Config) {
  return (_error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const message = 'That address has a typing mistake.'
    reply.code(400).headers(securityHeaders(config))
    if (wantsJson(request)) return reply.send({ status: 'error', message })
    return reply.type('text/plain; charset=utf-8').send(`${message}\n`)
  }
}

const parserStatus: Record<string, 400 | 408 | 431> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
}

/** What cannot be parsed as HTTP never becomes a request: a plain answer with our headers, then the line is cut. */
export function answerClientErrors(config: Config) {
  return (error: Error & { code?: string }, socket: Socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
    const status = parserStatus[error.code ?? ''] ?? 400
    const body = `${STATUS_CODES[status]}\n`
    const headers = {
      ...securityHeaders(config),
      'content-type': 'text/plain; charset=utf-8',
      connection: 'close',
    }
    const lines = Object.entries({ ...headers, 'content-length': body.length }).map(
      ([name, value]) => `${name}: ${value}`,
    )
    socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'))
  }
}
