import { expect, test } from 'vitest'
import { startApp } from './support/app.ts'

test('health checks go by address, whatever the host name', async () => {
  const { app } = await startApp()
  for (const url of ['/healthz', '/readyz']) {
    const answer = await app.inject({ url, headers: { host: '10.0.0.5' } })
    expect([url, answer.statusCode, answer.json()]).toEqual([url, 200, { status: 'ok' }])
  }
})

test('a database that is gone makes the service unready, not dead', async () => {
  const { app, db } = await startApp()
  await db.$disconnect()
  db.$queryRaw = (() => Promise.reject(new Error('Connection terminated unexpectedly'))) as never
  expect((await app.inject({ url: '/healthz' })).statusCode).toBe(200)
  const answer = await app.inject({ url: '/readyz' })
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBeDefined()
})

test('a service that stops is not ready', async () => {
  const { app } = await startApp()
  app.stopping = true
  const answer = await app.inject({ url: '/readyz' })
  expect(answer.statusCode).toBe(503)
  expect(answer.headers.connection).toBe('close')
})
