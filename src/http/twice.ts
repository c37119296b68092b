import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { signedIn } from './session.ts'

type Answer = { status: number; headers: ReturnType<FastifyReply['getHeaders']>; body: unknown }

declare module 'fastify' {
  interface FastifyRequest {
    /** Tells what the answer is to who sent the same once more. */
    tellTwins: ((answer: Answer) => void) | undefined
  }
}

/** The answers to forms that are on their way, by what was sent in which session. */
const answers = new Map<string, Promise<Answer>>()

/**
 * Whether the same was sent in this session a moment before, by the first of two clicks, and is still on its way: then
 * this is answered as that is, and nothing is done twice. The browser has given the first answer up, with the session’s
 * new token in it. Of another process nothing is known.
 */
export async function isAnsweredAlready(request: FastifyRequest, reply: FastifyReply, sent: unknown) {
  const what = JSON.stringify([signedIn(request).session.id, request.url, sent])
  const key = createHash('sha256').update(what).digest('base64')
  const answer = answers.get(key)
  if (answer) {
    const { status, headers, body } = await answer
    reply.code(status).headers(headers).send(body)
    return true
  }
  const { promise, resolve } = Promise.withResolvers<Answer>()
  answers.set(key, promise)
  request.tellTwins = (answer) => {
    answers.delete(key)
    resolve(answer)
  }
  return false
}

/** Lets what was sent twice be answered once. */
export function answerTwins(app: FastifyInstance) {
  app.decorateRequest('tellTwins', undefined)
  app.addHook('onSend', async (request, reply, body) => {
    request.tellTwins?.({ status: reply.statusCode, headers: reply.getHeaders(), body })
  })
}
