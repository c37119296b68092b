import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Db } from '../src/db/client.ts'
import { startApp } from './support/app.ts'
import { errorLog } from './support/meanwhile.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { dial, form, listening, sendRaw, written } from './support/raw.ts'
import { FORM, send } from './support/requests.ts'
import { unguardTrail } from './support/trail.ts'

/** Every address that the database has written down, as it stands there. */
async function addressesIn(db: Db) {
  const audit = await db.auditEvent.findMany({ select: { ip: true } })
  const sessions = await db.session.findMany({ select: { ip: true } })
  const throttles = await db.throttle.findMany({ select: { key: true } })
  return {
    audit: new Set(audit.map(({ ip }) => ip)),
    sessions: new Set(sessions.map(({ ip }) => ip)),
    networks: new Set(throttles.map(({ key }) => key.split(':')[1])),
  }
}

test.each([
  ['straight to us', {}],
  ['through a proxy', { TRUST_PROXY: '127.0.0.1' }],
])(
  'a visitor who resets the connection right after sending, %s, is nobody’s mistake, and without an address nothing is written',
  async (_how, env: Record<string, string>) => {
    const { app, db } = await startApp(env)
    const errors = errorLog(app)
    await addPerson(db, 'anna.active')
    await db.session.deleteMany()
    let withoutAddress = 0
    app.server.prependListener('request', ({ socket }) => {
      if (socket.remoteAddress === undefined) withoutAddress++
    })
    const port = await listening(app)
    const bodies = [`login=anna.active&password=${PASSWORD}`, 'login=anna.active&password=wrong']
    for (let i = 0; i < 100; i++) {
      const socket = await dial(port)
      socket.write(form(bodies[i % 2] ?? ''))
      socket.resetAndDestroy()
    }
    expect((await sendRaw(port, written('GET', '/login'))).status).toBe(200)
    // What still came with an address is weighed in the background.
    while (app.passwords.running) await sleep(20)
    await sleep(100)

    expect(withoutAddress).toBeGreaterThan(0)
    expect(errors).toEqual([])
    const { audit, sessions, networks } = await addressesIn(db)
    for (const addresses of [audit, sessions, networks])
      for (const address of addresses) expect(address).toBe('127.0.0.1')
  },
)

test('a proxy may name the visitor with a port or in brackets; where it names no address, its own counts', async () => {
  const { app, db } = await startApp({ TRUST_PROXY: '127.0.0.1' })
  const cases = [
    ['203.0.113.7', '203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:4711', '203.0.113.7', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7:4711', '203.0.113.7', '203.0.113.7'],
    ['2001:db8::7', '2001:db8::7', '2001'],
    ['[2001:db8::7]', '2001:db8::7', '2001'],
    ['[2001:db8::7]:4711', '2001:db8::7', '2001'],
    ['unknown', '127.0.0.1', '127.0.0.1'],
    ['_hidden', '127.0.0.1', '127.0.0.1'],
    ['undefined', '127.0.0.1', '127.0.0.1'],
    ['203.0.113.7.1:80', '127.0.0.1', '127.0.0.1'],
    ['999.0.113.7:80', '127.0.0.1', '127.0.0.1'],
    ['[unknown]:80', '127.0.0.1', '127.0.0.1'],
    ['', '127.0.0.1', '127.0.0.1'],
  ] as const
  await unguardTrail(db)
  for (const [forwarded, ip, network] of cases) {
    await db.auditEvent.deleteMany()
    await db.throttle.deleteMany()
    const headers = { 'x-forwarded-for': forwarded }
    const login = { method: 'POST', url: '/login', type: FORM, body: 'login=nobody.here&password=wrong' }
    expect((await send(app, { ...login, headers, ip: '127.0.0.1' })).statusCode, forwarded).toBe(422)
    const { audit, networks } = await addressesIn(db)
    expect([...audit], forwarded).toEqual([ip])
    expect([...networks], forwarded).toEqual([network])
  }
})
