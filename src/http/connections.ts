import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

const MAX_IDLE = 8192

/**
 * Keeps room for newcomers: connections that are not being answered are closed, oldest first, once
 * there are too many. A flood of idle sockets only ends itself.
 */
export function keepRoom(app: FastifyInstance) {
  const idle = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    idle.add(socket)
    socket.once('close', () => idle.delete(socket))
    const [oldest] = idle
    if (idle.size > MAX_IDLE) oldest?.destroy()
  })
  app.server.on('request', ({ socket }, response) => {
    idle.delete(socket)
    response.once('close', () => {
      if (!socket.destroyed) idle.add(socket)
    })
  })
  // While stopping, an answered connection is not kept alive, so that closing need not wait for it.
  app.addHook('onSend', async (_request, reply) => {
    if (app.stopping) reply.header('connection', 'close')
  })
}
