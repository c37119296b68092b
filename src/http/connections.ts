import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { seconds } from '../time.ts'

const MAX_IDLE = 8192
/** What was sent before nobody new is let in has arrived by then, also where the process is busy. */
const LAST_WORDS = seconds(0.5)

/**
 * Keeps room for newcomers: connections that nothing is being answered on are closed, oldest first, once
 * there are too many. A flood of idle sockets, or of half-sent requests, only ends itself.
 */
export function limitIdleConnections(app: FastifyInstance) {
  const idle = new Set<Socket>()
  /** Answers being made, more than one where requests are pipelined. */
  const answers = new WeakMap<Socket, number>()
  /** Requests whose bodies nobody has read to their end. */
  const unread = new WeakMap<Socket, IncomingMessage>()
  app.server.on('connection', (socket: Socket) => {
    idle.add(socket)
    socket.once('close', () => idle.delete(socket))
    const [oldest] = idle
    if (idle.size <= MAX_IDLE || !oldest) return
    // Not at its end, which comes later than the next newcomers: each of those makes one go.
    idle.delete(oldest)
    oldest.destroy()
  })
  app.server.on('request', (request, response) => {
    const { socket } = request
    const answer = () => {
      idle.delete(socket)
      unread.delete(socket)
      answers.set(socket, (answers.get(socket) ?? 0) + 1)
      response.once('close', () => {
        const left = (answers.get(socket) ?? 1) - 1
        answers.set(socket, left)
        if (left === 0 && !socket.destroyed) idle.add(socket)
      })
    }
    if (!hasBody(request)) return answer()
    unread.set(socket, request)
    request.once('end', answer)
  })
  // A connection is not kept while stopping, so that closing need not wait for it, nor for a body that was
  // refused before its end: it might have none.
  app.addHook('onSend', async ({ raw }, reply) => {
    if (app.stopping || (hasBody(raw) && !raw.complete)) reply.header('connection', 'close')
  })
  app.addHook('preClose', async () => {
    if (app.stopping) {
      app.server.close()
      await sleep(LAST_WORDS)
    }
    // To Node a connection that has sent nothing, or half a request, is busy: closing would wait for it.
    for (const socket of idle) if (!unread.get(socket)?.complete) socket.destroy()
  })
}

const hasBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
