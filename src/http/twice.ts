import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { signedIn } from './session.ts'

type Answer = { status: number; headers: ReturnType<FastifyReply['getHeaders']>; body: unknown }

declare module 'fastify' {
  interface FastifyInstance {
    /** The answers to forms that are on their way, by what was sent in which session. */
    twins: Map<string, Promise<Answer>>
  }
  interface FastifyRequest {
    /** Tells what the answer is to who sent the same once more. */
    tellTwins: ((answer: Answer) => void) | undefined
  }
}

/**
 * Whether the same was sent in this session a moment before, by the first of two clicks, and is still on its way: then
 * this is answered as that is. The browser has given the first answer up, with the session’s new token in it. Of another
 * process nothing is known: there the update that gives the session its new token keeps anything from being done twice.
 */
export async function isAnsweredAlready(request: FastifyRequest, reply: FastifyReply, sent: unknown) {
  const what = JSON.stringify([signedIn(request).session.id, request.url, sent])
  const key = createHash('sha256').update(what).digest('base64')
  const { twins } = request.server
  const answer = twins.get(key)
  if (answer) {
    const { status, headers, body } = await answer
    reply.code(status).headers(headers).send(body)
    return true
  }
  const { promise, resolve } = Promise.withResolvers<Answer>()
  twins.set(key, promise)
  request.tellTwins = (answer) => {
    twins.delete(key)
    resolve(answer)
  }
  return false
}

/** Lets what was sent twice be answered once. */
export function answerTwins(app: FastifyInstance) {
  app.decorate('twins', new Map())
  app.decorateRequest('tellTwins', undefined)
  app.addHook('onSend', async (request, reply, body) => {
    request.tellTwins?.({ status: reply.statusCode, headers: reply.getHeaders(), body })
  })
}
