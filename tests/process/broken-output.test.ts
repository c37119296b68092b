import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../support/launch.ts'
import { PATIENCE } from '../support/patience.ts'
import { openFresh } from '../support/server.ts'
import { signUp } from '../support/sign-ups.ts'

/** Does something that can have no room or nothing to give just now, until that is so. */
function untilBlocked(deed: () => unknown) {
  try {
    for (;;) deed()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
  }
}

/** A named pipe. Its reader can stall, for it holds its end without reading, and can go and come back. */
function pipe() {
  const folder = mkdtempSync(`${tmpdir()}/foyer-output-`)
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = `${folder}/pipe`
  execFileSync('mkfifo', [path])
  const open = () => openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  let reader = open()
  return {
    path,
    folder,
    leave: () => closeSync(reader),
    comeBack() {
      reader = open()
    },
    fill: () => untilBlocked(() => writeSync(reader, '\n')),
    /** What has arrived since the last time. */
    read() {
      const chunk = Buffer.alloc(65_536)
      let said = ''
      untilBlocked(() => {
        said += chunk.toString('utf8', 0, readSync(reader, chunk))
      })
      return said
    },
  }
}

const SERVE = [process.execPath, 'bin/foyer.js', 'serve']

/** The service with its standard output and error going there, once it serves. */
async function serveInto(path: string, before = () => {}, [command = '', ...args] = SERVE) {
  const { url } = await openFresh('sqlite')
  const port = String(await freePort())
  const output = openSync(path, 'w')
  before()
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, DATABASE_URL: url, PORT: port },
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const base = `http://127.0.0.1:${port}`
  const isUp = () => fetch(`${base}/readyz`).then(Boolean, () => false)
  while (!(await isUp())) await sleep(50)
  return {
    base,
    /** The exit code after this signal, and how many milliseconds it took. */
    async stop(signal: NodeJS.Signals = 'SIGTERM') {
      const asked = performance.now()
      child.kill(signal)
      const [code] = (await Promise.race([ended, sleep(PATIENCE.timeout, ['still running'])])) as [unknown]
      return { code, ms: performance.now() - asked }
    },
    kill: () => child.kill('SIGTERM'),
  }
}

/** People come in, and then it ends in order. */
async function worksAndStops({ base, stop }: Awaited<ReturnType<typeof serveInto>>) {
  expect((await signUp(base, 'ana.silva')).status).toBe(303)
  // Cut short after ten seconds, it would be 1.
  expect((await stop()).code).toBe(0)
}

test('a reader that is gone before the first line stops neither the service nor its end', async () => {
  const { path, leave } = pipe()
  await worksAndStops(await serveInto(path, leave))
})

test('a reader that goes away later misses lines, and one that comes instead has the next', async () => {
  const { path, leave, comeBack, read } = pipe()
  const server = await serveInto(path)
  expect(read()).toContain('This link makes one')
  leave()
  // Each is logged at the latest before the next is answered.
  for (const missed of ['/1', '/2', '/3', '/4']) await fetch(server.base + missed)
  comeBack()
  await worksAndStops(server)
  const said = read()
  expect(said).not.toContain('"path":"/3"')
  expect(said).toMatch(/"path":"\/register".*"msg":"Stopping: SIGTERM".*"msg":"Stopped"/s)
})

test('a full disk stops neither the service nor its end', async () => {
  await worksAndStops(await serveInto('/dev/full'))
})

test('a reader that stalls keeps nobody waiting, and the process ends in order', async () => {
  const { path, fill } = pipe()
  await worksAndStops(await serveInto(path, fill))
})

test('a reader that stalls does not keep it from ending at once when asked a second time', async () => {
  const { path, fill } = pipe()
  const { base, kill, stop } = await serveInto(path, fill)
  const isReady = () =>
    fetch(`${base}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  kill()
  while (await isReady()) await sleep(10)
  const { code, ms } = await stop()
  expect(code).toBe(1)
  // And not by itself after ten seconds.
  expect(ms).toBeLessThan(5000)
})

test('a reader that stalls costs lines, not memory, and has whole ones when it reads on', async () => {
  const { path, fill, read } = pipe()
  const { base } = await serveInto(path, fill)
  const long = 'x'.repeat(7000)
  for (let n = 0; n < 300; n++) await fetch(`${base}/${n}/${long}`)
  // Whatever was kept comes before what is logged now, once there is room for that.
  let said = ''
  while (!said.includes('"path":"/later"')) {
    await fetch(`${base}/later`)
    await sleep(20)
    said += read()
  }
  const kept = said.match(new RegExp(`\\{"level":30,"time":\\d+,[^\\n]*/${long}",[^\\n]*\\}\\n`, 'g')) ?? []
  expect(kept.length).toBeGreaterThan(100)
  expect(kept.length).toBeLessThan(200)
  expect(said.match(new RegExp(long, 'g'))).toHaveLength(kept.length)
})

test('a terminal that is held holds neither the service nor its end', async () => {
  const { path, folder, fill } = pipe()
  const command = `echo $$ > ${folder}/pid; exec ${SERVE.join(' ')}`
  const { base } = await serveInto(path, fill, ['script', '-qec', command, '/dev/null'])
  for (let n = 0; n < 400; n++) await fetch(`${base}/healthz`)
  const pid = Number(readFileSync(`${folder}/pid`, 'utf8'))
  process.kill(pid)
  await expect.poll(() => existsSync(`/proc/${pid}/exe`), PATIENCE).toBe(false)
})
