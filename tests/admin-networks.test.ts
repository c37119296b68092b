import { expect, test } from 'vitest'
import { startApp } from './support/app.ts'
import { addPerson } from './support/people.ts'
import { answeringRoutes, send } from './support/requests.ts'

const GUARDED = ['staff', 'helpers', 'admins', 'deciders']

test('the administrators’ pages are there for their networks alone, whoever asks', async () => {
  const { app, db } = await startApp({ ADMIN_NETWORKS: '192.0.2.0/24, 2001:db8::7' })
  await app.ready()
  const { cookie } = await addPerson(db, 'ada.admin', { role: 'admin' })
  const routes = answeringRoutes(app).filter(({ access }) => GUARDED.includes(access))
  expect(routes.length).toBeGreaterThan(20)
  const nothing = '01900000-0000-7000-8000-000000000000'
  const status = async (ip: string, route: (typeof routes)[number], as = cookie) => {
    const url = route.url.replace(/:\w+/g, nothing)
    return (await send(app, { method: route.method, url, cookie: as, ip })).statusCode
  }
  for (const route of routes) {
    expect(await status('198.51.100.1', route), route.url).toBe(404)
    expect(await status('2001:db8::8', route, ''), route.url).toBe(404)
    if (!route.url.includes(':')) expect(await status('192.0.2.77', route), route.url).not.toBe(404)
  }
  for (const ip of ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8::7'])
    expect((await send(app, { method: 'GET', url: '/admin', cookie, ip })).statusCode, ip).toBe(200)
  expect((await send(app, { method: 'GET', url: '/account', cookie, ip: '198.51.100.1' })).statusCode).toBe(
    200,
  )
})
