import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { damagedRequests, randomRequests } from '../support/fuzz.ts'
import { startServer } from '../support/server.ts'
import { BEHIND_PROXY, signUp } from '../support/sign-ups.ts'

const SEED = 20261122
const KIB = 1024
const agent = new Agent({ keepAlive: true, maxSockets: 32 })

type Request = ReturnType<typeof randomRequests>[number]

/** The status of the answer, read to its end. */
async function send(port: number, { method, path, headers, body }: Request): Promise<number> {
  const length = body !== null && { 'content-length': Buffer.byteLength(body) }
  const sent = request({ agent, host: '127.0.0.1', port, method, path, headers: { ...headers, ...length } })
  const answered = once(sent, 'response')
  // To a request that can't be parsed comes an answer with a body, even if it was to be a HEAD.
  sent.on('error', () => {})
  sent.end(body ?? undefined)
  const [answer] = await answered
  for await (const _ of answer);
  return answer.statusCode
}

/** The status of the answer to these bytes, or undefined if there is none soon. */
async function sendBytes(port: number, bytes: Buffer): Promise<number | undefined> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  socket.write(bytes)
  const [answer] = await Promise.race([once(socket, 'data'), once(socket, 'close'), sleep(300, [])])
  socket.destroy()
  return Buffer.isBuffer(answer) ? Number(answer.toString('latin1').split(' ')[1]) : undefined
}

/** Does this for each, 32 at a time. */
async function forEach<Item, Result>(items: Item[], work: (item: Item) => Promise<Result>) {
  const results: Result[] = []
  const queue = items.values()
  const side = async () => {
    for (const item of queue) results.push(await work(item))
  }
  await Promise.all(Array.from({ length: 32 }, side))
  return results
}

/** The memory settings of `npm start`. */
const AS_STARTED = { MALLOC_ARENA_MAX: '1', NODE_OPTIONS: '--max-semi-space-size=8' }

const memoryKib = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])

test('20,000 random requests get an answer that is no failure of ours, and the server goes on', async () => {
  const { base, port, host, pid, said, running } = await startServer(
    { ...BEHIND_PROXY, ...AS_STARTED, LOG_LEVEL: 'error' },
    'sqlite',
  )
  await forEach(randomRequests(SEED, 1_000), (each) => send(port, each))
  const before = memoryKib(pid)

  const answers = [
    ...(await forEach(randomRequests(SEED + 1, 17_000), (each) => send(port, each))),
    ...(await forEach(damagedRequests(SEED, host, 2_000), (each) => sendBytes(port, each))),
  ]

  expect(
    answers.filter((status) => status !== undefined && (status < 200 || status >= 500) && status !== 503),
  ).toEqual([])
  for (const status of [200, 303, 400, 403, 404, 405, 413, 415, 421, 422]) expect(answers).toContain(status)
  expect(said.out).not.toContain('"level":60')
  expect(memoryKib(pid) - before).toBeLessThan(100 * KIB)
  expect(running()).toBe(true)
  expect((await signUp(base, 'ana.silva')).status).toBe(303)
})
