import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { Refusal } from '../errors.ts'
import type { App } from './forms.ts'
import { wantsJson } from './pages.ts'
import { returnTo } from './return-to.ts'
import { readSession } from './session.ts'

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

async function guestsOnly(request: FastifyRequest, reply: FastifyReply) {
  request.signedIn = await readSession(request)
  if (!request.signedIn) return
  if (wantsJson(request)) throw new Refusal(409, 'You are signed in already. Sign out first.')
  return reply.see(returnTo(request) ?? '/account')
}

async function membersOnly(request: FastifyRequest, reply: FastifyReply) {
  request.signedIn = await readSession(request)
  if (request.signedIn) return
  if (wantsJson(request)) throw new Refusal(401, 'Sign in first.')
  const back = request.method === 'GET' ? `?return_to=${encodeURIComponent(request.url)}` : ''
  return reply.redirect(`/login${back}`, 303)
}

async function adminsOnly(request: FastifyRequest, reply: FastifyReply) {
  const redirected = await membersOnly(request, reply)
  if (request.signedIn && request.signedIn.user.role !== 'admin')
    throw new Refusal(403, 'This page is for administrators.')
  return redirected
}

const guards = {
  anyone: undefined,
  guests: guestsOnly,
  members: membersOnly,
  admins: adminsOnly,
} satisfies Record<string, Guard | undefined>

type Access = keyof typeof guards

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
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
    const guard: Guard | undefined = guards[access]
    parent.addHook('onRoute', (route) => {
      route.config = { ...route.config, access }
    })
    if (guard) parent.addHook('onRequest', guard)
    for (const feature of features) feature(parent as App)
  }
}

/** Keeps the list of routes, and stops the start when one is in no scope. Call before any route is made. */
export function listRoutes(app: FastifyInstance) {
  const routes: RouteOptions[] = []
  app.decorate('routes', routes)
  app.addHook('onRoute', (route) => void routes.push(route))
  app.addHook('onReady', async () => {
    const open = routes.filter(({ config }) => !config?.access)
    if (open.length) throw new Error(`Routes outside any scope: ${open.map(({ url }) => url).join(', ')}`)
  })
}
