import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { startApp } from './support/app.ts'
import { PATIENCE } from './support/patience.ts'
import { dial, form, listening, sendRaw, untilClosed, written } from './support/raw.ts'
import { expectOurHeaders, send } from './support/requests.ts'

/** Sends a byte a second until the server has had enough; the answer, and after how many seconds. */
async function drip(port: number, start: string) {
  const socket = await dial(port)
  const began = performance.now()
  const answer = untilClosed(socket)
  socket.write(start)
  const dripping = setInterval(() => socket.write('a'), 1000)
  const { status, headers } = await answer
  clearInterval(dripping)
  return { status, headers, after: (performance.now() - began) / 1000 }
}

async function dripsEnd() {
  const { app } = await startApp()
  const port = await listening(app)
  const [headers, body] = await Promise.all([
    drip(port, 'GET /login HTTP/1.1\r\nHost: localhost:3000\r\nX-Slow: '),
    drip(port, form('a'.repeat(100)).slice(0, -99)),
  ])
  for (const { status, headers: sent } of [headers, body]) {
    expect(status).toBe(408)
    expectOurHeaders(sent)
  }
  expect(Math.abs(headers.after - 10)).toBeLessThan(2)
  expect(Math.abs(body.after - 15)).toBeLessThan(2)
}

/** Asks for more than the sockets hold between them, and never reads. */
async function nonReadersEnd() {
  const { app } = await startApp()
  const port = await listening(app)
  const [file = ''] = /\/assets\/[^"]+\.css/.exec((await send(app, { url: '/login' })).body) ?? []
  const accepted = once(app.server, 'connection') as Promise<[Socket]>
  const client = await dial(port)
  const [socket] = await accepted
  client.pause()
  const began = performance.now()
  client.write(`GET ${file} HTTP/1.1\r\nHost: localhost:3000\r\n\r\n`.repeat(2_000))
  await sleep(5_000)
  expect(socket.writableLength).toBeGreaterThan(0)
  await once(socket, 'close')
  // Node lets one timeout pass when the system took a part of the last write, as it mostly does.
  const after = (performance.now() - began) / 1000
  expect(Math.min(Math.abs(after - 20), Math.abs(after - 40))).toBeLessThan(3)
  client.destroy()
}

const HALF_SENT = form('a'.repeat(100)).slice(0, -50)

async function newcomersGetIn() {
  const { app } = await startApp()
  const port = await listening(app)
  const sockets: Socket[] = []
  // Every eighth sends half a form: were those not counted, the others would be too few to be limited.
  for (let i = 0; i < 9_000; i += 200) {
    const more = await Promise.all(Array.from({ length: 200 }, () => dial(port)))
    for (const [n, socket] of more.entries()) if (n % 8 === 0) socket.write(HALF_SENT)
    sockets.push(...more)
  }
  expect((await sendRaw(port, written('GET', '/login'))).status).toBe(200)
  const countOpen = () => new Promise<number>((done) => app.server.getConnections((_error, n) => done(n)))
  // The last that had to go may be going still.
  await vi.waitFor(async () => expect(await countOpen()).toBeLessThanOrEqual(8_192), PATIENCE)
  expect(await countOpen()).toBeGreaterThan(8_000)
  for (const socket of sockets) socket.destroy()
}

// Those that wait do so at once, and not beside the flood: it would keep this process from looking at its clock.
// Each of its connections takes two file descriptors here.
test('slow clients have ten seconds for headers, fifteen in all and twenty to read; nine thousand that send nothing, or half a form, keep nobody out', async () => {
  await Promise.all([dripsEnd(), nonReadersEnd()])
  await newcomersGetIn()
})
