import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { countRequests } from '../accounts/admission.ts'
import { isWithin } from '../accounts/network.ts'
import { mustAgree } from '../accounts/terms.ts'
import { hasSecondStep, mustEnrol } from '../accounts/two-factor.ts'
import { isStaff } from '../accounts/user.ts'
import { notFound, Refusal } from '../errors.ts'
import { message } from '../messages.ts'
import { hours, minutes } from '../time.ts'
import { BODY_LIMIT, PROOF_SIZE } from './bodies.ts'
import type { App } from './forms.ts'
import { wantsJson } from './pages.ts'
import { provenWithin } from './proof.ts'
import { returnTo } from './return-to.ts'
import { readSession, signedIn } from './session.ts'

/** Called when a request comes in, and again when its body has arrived. */
type Guard = (request: FastifyRequest, reply: FastifyReply, arrived: boolean) => Promise<unknown>

async function guestsOnly(request: FastifyRequest, reply: FastifyReply) {
  request.signedIn = await readSession(request)
  if (!request.signedIn) return
  if (wantsJson(request)) throw new Refusal(409, 'You are signed in already. Sign out first.')
  const { username: name } = request.signedIn.user
  if ('invite' in (request.query as object))
    return reply.see('/account', { notice: message('notice.invited-already', { name }) })
  return reply.see(returnTo(request) ?? '/account')
}

/** Whether there is a page at the address of a route, such as `/admin/users/:id`, and not forms alone. */
export const isPage = ({ routes }: FastifyInstance, address: string | undefined) =>
  routes.some(({ url, method }) => url === address && method === 'GET')

/** To come back to the page that was asked for, or to the form that was sent, where there is one. */
const backTo = ({ url, routeOptions, server }: FastifyRequest) =>
  isPage(server, routeOptions.url) ? `?return_to=${encodeURIComponent(url)}` : ''

async function signedInOnly(request: FastifyRequest, reply: FastifyReply) {
  request.signedIn = await readSession(request)
  if (request.signedIn) return
  if (wantsJson(request)) throw new Refusal(401, 'Sign in first.')
  const notice = request.method === 'POST' ? message('notice.session-over') : undefined
  return reply.see(`/login${backTo(request)}`, notice && { notice })
}

const provenOnly = provenWithin(minutes(10))
const provenLately = provenWithin(hours(1))

/**
 * Asks for a fresh proof where a page asks for the password itself, of who has none or signs in with more than
 * that. For a form it is to be called when its body is there.
 */
export async function provenBeyondPassword(request: FastifyRequest, reply: FastifyReply) {
  const { id, passwordHash } = signedIn(request).user
  if (passwordHash === '' || (await hasSecondStep(request.server.db, id)))
    return provenOnly(request, reply, true)
}

/** Who has to have a second factor here sets one up before anything else. */
async function enrolledOnly(request: FastifyRequest, reply: FastifyReply) {
  const { config, db } = request.server
  if (!(await mustEnrol(db, config, signedIn(request).user))) return
  if (wantsJson(request)) throw new Refusal(403, 'Set up two-step sign-in first, at /account/two-factor.')
  return reply.see(`/account/two-factor${backTo(request)}`, { notice: message('notice.two-factor-required') })
}

/** Elsewhere there is no such page, whoever asks. */
async function inside(request: FastifyRequest) {
  const { adminNetworks } = request.server.config
  if (adminNetworks.length && !isWithin(request.ip, adminNetworks))
    throw notFound({ noted: 'access.network-refused' })
}

/** Where there are terms, or new ones, a member agrees to them before they go on. */
async function agreedOnly(request: FastifyRequest, reply: FastifyReply) {
  if (!mustAgree(request.server.config, signedIn(request).user)) return
  if (wantsJson(request))
    throw new Refusal(403, 'Agree to the terms first: read them at /terms, then post to /account/terms.')
  return reply.redirect(`/account/terms${backTo(request)}`, 303)
}

const forAdministrators = () =>
  new Refusal(403, 'This page is for administrators.', { noted: 'access.refused' })

async function staffOnly(request: FastifyRequest) {
  if (!isStaff(signedIn(request).user)) throw forAdministrators()
}

async function adminsOnly(request: FastifyRequest) {
  if (signedIn(request).user.role !== 'admin') throw forAdministrators()
}

/** The bar of the administrators' pages tells how many wait to be let in. */
async function countWaiting(request: FastifyRequest) {
  if (!wantsJson(request) && signedIn(request).user.role === 'admin')
    request.requestsWaiting = await countRequests(request.server.db)
}

/** Who gets in where: everybody whom each of these lets pass, in this order. */
const guards = {
  anyone: [],
  guests: [guestsOnly],
  /** Signed in, before anything else is asked of them. */
  arrivals: [signedInOnly],
  /** The same, where second factors are set up. */
  enrolling: [signedInOnly, provenOnly],
  members: [signedInOnly, agreedOnly, enrolledOnly],
  /** Members who have just proven who they are. */
  owners: [signedInOnly, agreedOnly, enrolledOnly, provenOnly],
  /** The same where they take their data or leave: also those who don’t agree to the terms. */
  leavers: [signedInOnly, enrolledOnly, provenOnly],
  /** Administrators and support, where they look: they have proven who they are within the hour. */
  staff: [inside, signedInOnly, staffOnly, agreedOnly, enrolledOnly, provenLately, countWaiting],
  /** The same where they change something: within 10 minutes. */
  helpers: [inside, signedInOnly, staffOnly, agreedOnly, enrolledOnly, provenOnly, countWaiting],
  /** Administrators, where they look at what support doesn’t. */
  admins: [inside, signedInOnly, adminsOnly, agreedOnly, enrolledOnly, provenLately, countWaiting],
  /** Administrators, where they change something. */
  deciders: [inside, signedInOnly, adminsOnly, agreedOnly, enrolledOnly, provenOnly, countWaiting],
} satisfies Record<string, Guard[]>

export type Access = keyof typeof guards

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
  interface FastifyRequest {
    /** How many sign-ups wait for an administrator; undefined for whom it doesn't concern. */
    requestsWaiting: number | undefined
  }
  interface FastifyInstance {
    routes: readonly RouteOptions[]
  }
}

/**
 * A scope of the route tree: everything registered in it is open to these people and nobody else.
 * The guard hangs on the route itself, so no spelling of a path goes round it (ASVS 5.0 8.1.1).
 */
export function scope(access: Access, ...features: ((app: App) => void)[]) {
  return async (parent: FastifyInstance) => {
    const mayAskProof = guards[access].some((guard) => guard === provenOnly || guard === provenLately)
    parent.addHook('onRoute', (route) => {
      route.config = { ...route.config, access }
      if (mayAskProof) route.bodyLimit = (route.bodyLimit ?? BODY_LIMIT) + PROOF_SIZE
    })
    for (const guard of guards[access]) {
      parent.addHook('onRequest', async (request, reply) => guard(request, reply, false))
      // A form may take seconds to arrive, and its session end meanwhile.
      parent.addHook('preValidation', async (request, reply) => {
        if (request.method === 'POST') return guard(request, reply, true)
      })
    }
    for (const feature of features) feature(parent as App)
  }
}

/** Keeps the list of routes, and stops the start when one is in no scope. Call before any route is made. */
export function listRoutes(app: FastifyInstance) {
  const routes: RouteOptions[] = []
  app.decorate('routes', routes)
  app.decorateRequest('requestsWaiting', undefined)
  app.addHook('onRoute', (route) => void routes.push(route))
  app.addHook('onReady', async () => {
    const open = routes.filter(({ config }) => !config?.access)
    if (open.length) throw new Error(`Routes outside any scope: ${open.map(({ url }) => url).join(', ')}`)
  })
}
