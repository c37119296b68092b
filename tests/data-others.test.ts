import { describe, expect, test } from 'vitest'
import { startApp } from './support/app.ts'
import { addAuthenticator } from './support/authenticator.ts'
import { mailOf } from './support/mailbox.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import type { Visitor } from './support/visitor.ts'

const ADMIN = { ip: '203.0.113.77', userAgent: 'curl/8.0' }

async function stage() {
  const services = await startApp()
  const { db, visitor } = services
  const person = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
  const ana = visitor()
  ana.cookies.set('foyer-session', person.token)
  const admin = visitor(ADMIN)
  admin.cookies.set('foyer-session', (await addPerson(db, 'ada.admin', { role: 'admin' })).token)
  return { ...services, person, ana, admin }
}

const download = async (visitor: Visitor): Promise<string> =>
  (await visitor.request('POST', '/account/data', '')).body

describe('what a member downloads', () => {
  test('tells nothing of where administrators are, though mails told what they did', async () => {
    const { app, db, person, admin, visitor } = await stage()
    const { id } = person.user
    await addAuthenticator(app, person.user)
    for (const action of ['reset-two-factor', 'send-reset', 'suspend', 'restore'])
      expect((await admin.request('POST', `/admin/users/${id}/${action}`, '')).statusCode).toBe(303)
    expect(await db.mail.count({ where: { userId: id } })).toBe(4)
    const ana = visitor()
    await ana.logIn('ana.silva')
    const data = await download(ana)
    expect(data).toContain('two-factor-reset')
    expect(data).not.toContain(ADMIN.ip)
    expect(data).not.toContain('curl')
  })

  test('tells no difference between an address that somebody has and one that nobody has', async () => {
    const { app, db, ana } = await stage()
    await addPerson(db, 'bob', { email: 'known@example.org' })
    const asked = async (email: string) => {
      await ana.request('POST', '/account/email', { email, current: PASSWORD })
      expect(ana.answer.statusCode).toBe(303)
      await mailOf(app)
      const { mails, tokens } = JSON.parse(await download(ana))
      await ana.request('POST', '/account/email/cancel', '')
      return [mails, tokens].map((rows: { kind?: string; purpose?: string }[]) =>
        rows.map(({ kind, purpose }) => kind ?? purpose),
      )
    }
    const known = await asked('known@example.org')
    await db.mail.deleteMany()
    await db.token.deleteMany()
    expect(await asked('nobody@example.org')).toEqual(known)
  })

  test('tells nothing of where another member is who typed their address', async () => {
    const { app, db, ana, visitor } = await stage()
    const other = visitor({ ip: '203.0.113.99', userAgent: 'curl/8.0' })
    other.cookies.set('foyer-session', (await addPerson(db, 'bob')).token)
    await other.request('POST', '/account/email', { email: 'ana@example.org', current: PASSWORD })
    expect((await mailOf(app)).map(({ to }) => to)).toEqual(['ana@example.org'])
    const data = await download(ana)
    expect(data).toContain('already-registered')
    expect(data).not.toContain('203.0.113.99')
  })
})
