import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { confirmByPasskey } from '../accounts/confirm-by-passkey.ts'
import { confirmByPassword } from '../accounts/confirm-by-password.ts'
import { findSession, isProven, signedOut } from '../accounts/session.ts'
import { hasSecondStep } from '../accounts/two-factor.ts'
import { InvalidInput, notFound, Refusal } from '../errors.ts'
import { inWords, message } from '../messages.ts'
import { type Page, page, SECRET_FIELDS, typedValues, wantsJson } from './pages.ts'
import { takeSealedChallenge } from './passkey.ts'
import { returnTo } from './return-to.ts'
import { signedIn, sourceOf } from './session.ts'
import { isAnsweredAlready } from './twice.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The page that offers the file which this route answers with. */
    offeredOn?: string
  }
}

/** Asks who it is, before what was asked for. */
export const confirmPage = page('confirm/confirm', async (request) => {
  const { db } = request.server
  const { id, username, passwordHash } = signedIn(request).user
  return {
    title: 'Confirm it’s you',
    returnTo: returnTo(request),
    username,
    asksCode: await hasSecondStep(db, id),
    hasPassword: passwordHash !== '',
    hasPasskey: (await db.passkey.count({ where: { userId: id } })) > 0,
  }
})

/** The same where a form waits for the answer: `about` is what its page is called, `kept` its fields but secrets. */
const waitingPage = page('confirm/confirm', async (request) => {
  const { page } = request.routeOptions.config
  const { title: about } = (await page?.load(request)) ?? {}
  return { ...(await confirmPage.load(request)), about, kept: keptFields(request.body) }
})

const keptFields = (body: unknown) =>
  Object.entries(body ?? {})
    .filter(([name]) => !SECRET_FIELDS.has(name))
    .flatMap(([name, values]) => [values].flat().map((value) => ({ name, value })))

type Proof = { current: string; code: string } | { credential: string }

/**
 * Takes the member’s word that it is them, and gives their browser the session’s new token. Throws
 * InvalidInput, or Refusal 409, 429 or 503.
 */
export async function prove(request: FastifyRequest, reply: FastifyReply, proof: Proof): Promise<void> {
  const { server } = request
  const member = signedIn(request)
  const source = sourceOf(request)
  const token =
    'credential' in proof
      ? await confirmByPasskey(server, member, proof.credential, takeSealedChallenge(request, reply), source)
      : await confirmByPassword(server, member, proof, source)
  request.signedIn = await findSession(server.db, token)
  if (!request.signedIn) throw signedOut()
  reply.signIn({ session: token }, member.session.remember)
}

/** Parts the proof that a kept form brings along from what was typed before, which alone is left in the body. */
function takeProof(request: FastifyRequest): Proof | undefined {
  const { proof, current, code, credential, ...form } = (request.body ?? {}) as Record<string, unknown>
  if (proof !== 'password' && proof !== 'passkey') return undefined
  request.body = form
  const text = (typed: unknown) => (typeof typed === 'string' ? typed : '')
  return proof === 'passkey' ? { credential: text(credential) } : { current: text(current), code: text(code) }
}

/**
 * Lets in whose last proof is no older than so many ms, and asks the others who they are (ASVS 5.0 7.5.1). What
 * they sent waits in the page that asks, and comes again with the answer; then the request goes on as if it
 * had been proven before. `arrived` tells whether the body is there.
 */
export const provenWithin =
  (age: number) => async (request: FastifyRequest, reply: FastifyReply, arrived: boolean) => {
    const isForm = request.method === 'POST' && !wantsJson(request)
    const proof = isForm ? takeProof(request) : undefined
    if (isProven(signedIn(request).session, age)) return
    if (wantsJson(request)) throw new Refusal(403, 'Confirm that it’s you first, at /account/confirm.')
    if (!isForm) return reply.redirect(`/account/confirm?return_to=${encodeURIComponent(request.url)}`, 303)
    if (!arrived) return
    const { schema, config } = request.routeOptions
    // Pages are loaded by parameters that are checked; here they are not yet.
    if ((schema?.params as z.ZodType | undefined)?.safeParse(request.params).success === false)
      throw notFound()
    if (!proof) return reply.show(waitingPage, { status: 403 })
    if (await isAnsweredAlready(request, reply, [proof, request.body])) return reply
    try {
      await prove(request, reply, proof)
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error
      return reply.show(waitingPage, { rejected: error, status: 422 })
    }
    if (config.page && isToBeFinished(request))
      return reply.show(confirmed(config.page), { values: typedValues(request.body) })
  }

/** Whether a form can’t go on by itself: a secret wasn’t kept, or the page would stay while a file is saved. */
function isToBeFinished({ routeOptions: { schema, config } }: FastifyRequest) {
  const { shape = {} } = (schema?.body ?? {}) as { shape?: object }
  return config.offeredOn !== undefined || Object.keys(shape).some((name) => SECRET_FIELDS.has(name))
}

const confirmed = ({ load, ...page }: Page): Page => ({
  ...page,
  load: async (request) => ({
    ...(await load(request)),
    notice: { kind: 'ok', text: inWords(message('notice.confirmed')) },
  }),
})

/** Leads to what was asked for before; to a file, by way of the page that offers it. */
export function leadOn(request: FastifyRequest, reply: FastifyReply) {
  const path = returnTo(request) ?? '/account'
  const [pathname, query] = path.split('?')
  const offeredOn = request.server.routes.find(({ url }) => url === pathname)?.config?.offeredOn
  if (!offeredOn) return reply.see(path)
  return reply.see(query ? `${offeredOn}?${query}` : offeredOn, { notice: message('notice.confirmed') })
}
