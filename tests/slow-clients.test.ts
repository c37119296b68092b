import { expect, test } from 'vitest'
import { startApp } from './support/app.ts'
import { dial, form, listening, sendRaw, untilClosed, written } from './support/raw.ts'
import { expectOurHeaders } from './support/requests.ts'

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

async function newcomersGetIn() {
  const { app } = await startApp()
  const port = await listening(app)
  const sockets = []
  for (let i = 0; i < 9_000; i += 100)
    sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => dial(port)))))
  expect((await sendRaw(port, written('GET', '/login'))).status).toBe(200)
  const open = await new Promise<number>((done) => app.server.getConnections((_error, n) => done(n)))
  expect(open).toBeGreaterThan(8_000)
  expect(open).toBeLessThanOrEqual(8_192)
  for (const socket of sockets) socket.destroy()
}

// Both at once, as both are mostly waiting. Each of the idle connections takes two file descriptors here.
test('slow clients have ten seconds for headers and fifteen in all, and nine thousand idle ones keep nobody out', async () => {
  await Promise.all([dripsEnd(), newcomersGetIn()])
}, 60_000)
