import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../support/launch.ts'
import { openFresh, startServer } from '../support/server.ts'
import { BEHIND_PROXY, signUp, statuses } from '../support/sign-ups.ts'

/** A connection on which this has been written. */
async function dial(port: number, bytes = '') {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {}).write(bytes)
  return { socket, said: text(socket).catch(() => 'reset') }
}

const get = (port: number, path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`

const refused = (base: string) =>
  fetch(`${base}/healthz`).then(
    () => false,
    (error: Error) => (error.cause as NodeJS.ErrnoException).code === 'ECONNREFUSED',
  )

describe.each(['sqlite', 'postgresql'] as const)('asked to stop, on %s', (provider) => {
  test('it answers 160 sign-ups to the end, lets nobody new in, and ends by itself', async () => {
    const { base, db, port, kill, ended } = await startServer(BEHIND_PROXY, provider)
    const idle = await dial(port, get(port, '/healthz'))
    await once(idle.socket, 'data')
    const body = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100'
    const waiting = [
      idle,
      await dial(port),
      await dial(port, 'GET /login HTTP/1.1\r\nHost: loc'),
      await dial(port, `POST /login HTTP/1.1\r\nHost: localhost:${port}\r\n${body}\r\n\r\nlogin=`),
    ]

    const began = performance.now()
    const answered = { welcome: 0, all: 0 }
    const signUps = Array.from({ length: 160 }, async (_, n) => {
      const answer = await signUp(base, `person.n${n}x`).finally(() => answered.all++)
      if (answer.status === 303) answered.welcome++
      return answer
    })
    // Two seconds’ work is left, as busy as the machine is: the service is to end within ten.
    const workLeft = () => ((160 - answered.all) * (performance.now() - began)) / answered.welcome
    while (answered.all < 160 && !(workLeft() < 2000)) await sleep(5)
    kill('SIGTERM')
    const answers = await Promise.all(signUps)
    expect(await refused(base)).toBe(true)
    // Cut short after ten seconds, it would be 1.
    expect((await ended).code).toBe(0)
    await Promise.all(waiting.map(({ said }) => said))

    const { 303: welcomed = 0, 503: turnedAway = 0 } = statuses(answers)
    expect(welcomed + turnedAway).toBe(160)
    expect(welcomed).toBeGreaterThan(5)
    expect(await db.user.count()).toBe(welcomed)
    for (const { status, body } of answers) if (status === 503) expect(body).toContain('Nothing was saved')
  })
})

test('asked to stop, it first says that it is not ready, for half a second in which newcomers are still answered', async () => {
  const { base, kill, ended } = await startServer({}, 'sqlite')
  const probe = () => Promise.all([fetch(`${base}/readyz`), fetch(`${base}/healthz`)])
  kill('SIGTERM')
  let [ready, alive] = await probe()
  while (ready.status === 200) [ready, alive] = await probe()
  expect([ready.status, ready.headers.get('retry-after'), alive.status]).toEqual([503, '10', 200])
  expect((await ended).code).toBe(0)
})

test('asked a second time, it ends at once and says that it was cut short', async () => {
  const { base, said, kill, ended } = await startServer(BEHIND_PROXY, 'sqlite')
  const cut = Array.from({ length: 40 }, (_, n) => signUp(base, `person.n${n}x`))
  await Promise.race(cut)
  kill('SIGTERM')
  while (!said.out.includes('Stopping: SIGTERM')) await sleep(10)
  const asked = performance.now()
  kill('SIGTERM')
  expect((await ended).code).toBe(1)
  // And not by itself after ten seconds.
  expect(performance.now() - asked).toBeLessThan(5000)
  await Promise.allSettled(cut)
})

test('started by npm, it hears npm’s signals, and no process stays', async () => {
  const { url } = await openFresh('sqlite')
  const port = String(await freePort())
  const npm = spawn('npm', ['start'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: url, PORT: port },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const group = -(npm.pid as number)
  const groupRuns = () => {
    try {
      return process.kill(group, 0)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      return false
    }
  }
  onTestFinished(() => void (groupRuns() && process.kill(group, 'SIGKILL')))
  let out = ''
  npm.stdout.on('data', (chunk) => {
    out += chunk
  })
  while (!out.includes('This link makes one')) await sleep(20)
  npm.kill('SIGTERM')
  await once(npm, 'close')
  expect(groupRuns()).toBe(false)
  expect(await refused(`http://127.0.0.1:${port}`)).toBe(true)
})
