import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { devNull } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import manifest from '../package.json' with { type: 'json' }
import { freePort } from '../tests/support/launch.ts'
import type { Jobs } from './worker.ts'

const START_TIMEOUT_MS = 60_000

const ROOT = join(import.meta.dirname, '..')
const BARE = join(import.meta.dirname, 'bare.ts')
const WORKER = join(import.meta.dirname, 'worker.ts')

/** What npm puts before a script's path, so that `node` is the project's own. */
const PATH = `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env.PATH}`

type Server = Awaited<ReturnType<typeof start>>

/** The service by the very command of `npm start`, behind a proxy on this machine. */
export function startFoyer(databaseUrl: string): Promise<Server> {
  const environment = { DATABASE_URL: databaseUrl, TRUST_PROXY: '127.0.0.1' }
  return start(['sh', '-c', manifest.scripts.start], environment)
}

/** Fastify with nothing around the work that is compared: it sends `page`, and it hashes. */
export function startBare(pageFile: string): Promise<Server> {
  return start([process.execPath, BARE, pageFile], {})
}

async function start([command = '', ...args]: string[], environment: Record<string, string>) {
  const port = await freePort()
  const startedAt = performance.now()
  const server = spawn(command, args, {
    cwd: ROOT,
    env: { ...environment, PATH, PORT: String(port) },
    stdio: ['ignore', openSync(devNull, 'w'), 'inherit'],
  })
  const url = `http://127.0.0.1:${port}/register`
  const stop = () => end(server, () => server.kill())
  try {
    await firstAnswer(url, server)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    pid: Number(server.pid),
    /** From the start of the process to its first answer, in ms. */
    startMs: performance.now() - startedAt,
    [Symbol.asyncDispose]: stop,
  }
}

async function firstAnswer(url: string, server: ChildProcess) {
  for (const until = performance.now() + START_TIMEOUT_MS; ; await sleep(5)) {
    if (server.exitCode !== null) throw new Error(`The server ended by itself, with ${server.exitCode}`)
    try {
      const [response] = await once(get(url, { agent: false }), 'response')
      response.resume()
      return
    } catch (error) {
      if (performance.now() > until) throw error
    }
  }
}

/** A process of its own for the jobs of worker.ts, one at a time. */
export function startWorker() {
  const worker = fork(WORKER)
  const failure = once(worker, 'exit').then(([code]) => {
    if (code !== 0) throw new Error('A job failed')
    return []
  })
  return {
    async run<Name extends keyof Jobs>(
      name: Name,
      ...options: Parameters<Jobs[Name]>
    ): Promise<Awaited<ReturnType<Jobs[Name]>>> {
      worker.send({ name, options })
      const [result] = await Promise.race([once(worker, 'message'), failure])
      return result
    },
    [Symbol.asyncDispose]: () => end(worker, () => worker.disconnect()),
  }
}

async function end(child: ChildProcess, askToEnd: () => void) {
  if (child.exitCode !== null) return
  askToEnd()
  await once(child, 'exit')
}

/** Memory in MB: a process's own and its share of what it has in common with others (PSS), else all it uses (RSS). */
export function memoryOf(pid: number): number {
  const rollup = `/proc/${pid}/smaps_rollup`
  const kibibytes = existsSync(rollup)
    ? /^Pss:\s+(\d+)/m.exec(readFileSync(rollup, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })
  return Number(kibibytes) / 1024
}
