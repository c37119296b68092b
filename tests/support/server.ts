import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { openDb } from '../../src/db/client.ts'
import { freshDatabase } from './database.ts'
import { launch } from './launch.ts'

type Provider = Parameters<typeof freshDatabase>[0]

/** A database of the test's own, and a hand on it. */
export async function openFresh(provider?: Provider) {
  const { url, remove } = await freshDatabase(provider)
  const db = await openDb(url)
  onTestFinished(async () => {
    await db.$disconnect()
    await remove()
  })
  return { url, db }
}

/** A server process that is ended with the test, if it hasn't ended by then. */
export async function serve(env: Record<string, string>, options: Parameters<typeof launch>[1] = {}) {
  const server = await launch(env, options)
  onTestFinished(async () => {
    if (server.running()) await server.stop('SIGKILL')
  })
  return server
}

/** A server process on a database of its own, once it has printed the link that makes the first admin. */
export async function startServer(env: Record<string, string> = {}, provider?: Provider) {
  const { url, db } = await openFresh(provider)
  const server = await serve({ ...env, DATABASE_URL: url })
  while (!server.said.out.includes('This link makes one')) await sleep(10)
  const output = () => server.said.out + server.said.err
  return { ...server, url, db, host: `localhost:${server.port}`, output }
}
