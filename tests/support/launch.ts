import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { SECRET_KEY } from './database.ts'

type Options = { uid?: number; cwd?: string; program?: string[] }

/**
 * A port that is free on the loopback interface just now. It is none of those that systems give to connections:
 * one of the thousands that other tests open would take it before it is listened on. And it is above 10,080, the
 * last of those that browsers and `fetch` refuse (Fetch, “port blocking”).
 */
export async function freePort(): Promise<number> {
  const port = randomInt(10_081, 32_000)
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return freePort()
  }
  server.close()
  await once(server, 'close')
  return port
}

/** Starts a program of ours, without waiting for it: the service unless another is named. */
export function run(env: Record<string, string>, options: Options = {}) {
  const { program = ['bin/foyer.js', 'serve'], ...rest } = options
  const child = spawn(process.execPath, program, {
    ...rest,
    env: { PATH: process.env.PATH, SECRET_KEY, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const said = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    said.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    said.err += chunk
  })
  // A program that ends without reading its input is no error of ours.
  child.stdin.on('error', () => {})
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }))
  return {
    pid: child.pid as number,
    said,
    ended,
    write: (input: string) => child.stdin.end(input),
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    running: () => child.exitCode === null && child.signalCode === null,
  }
}

/** Runs the command line to its end, with this on its standard input. */
export function foyer(env: Record<string, string>, args: string[], input = '', options: Options = {}) {
  const command = run(env, { ...options, program: ['bin/foyer.js', ...args] })
  command.write(input)
  return command.ended
}

/** The real service as a process of its own, on a free port unless `env` names one, once it listens. */
export async function launch(env: Record<string, string>, options: Options = {}) {
  const port = env.PORT ?? String(await freePort())
  const server = run({ ...env, PORT: port }, options)
  while (!/^Foyer is at .*\n/m.test(server.said.out)) {
    if (!server.running()) throw new Error(`The server ended:\n${server.said.out}${server.said.err}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return {
    ...server,
    port: Number(port),
    base: `http://127.0.0.1:${port}`,
    async stop(signal: NodeJS.Signals = 'SIGTERM') {
      server.kill(signal)
      return server.ended
    },
  }
}

export type Server = Awaited<ReturnType<typeof launch>>
