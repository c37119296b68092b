import { expect, test } from 'vitest'
import { post } from '../src/mail/outbox.ts'
import { startApp } from './support/app.ts'
import { addPerson, PASSWORD, source } from './support/people.ts'
import { accountsIn, answeringRoutes } from './support/requests.ts'

/** An administrator who was signed in for longer than ten minutes, and a member who waits for a link. */
async function stage() {
  const services = await startApp()
  const { db, visitor } = services
  const { user, sessionId } = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
  const { token } = await addPerson(db, 'ada.admin', { role: 'admin' })
  await db.session.updateMany({ data: { provenAt: null } })
  const ada = visitor()
  ada.cookies.set('foyer-session', token)
  const mail = await post(db, 'reset-password', { address: 'ana@example.org', userId: user.id }, source)
  return { ...services, user, sessionId, ada, mail }
}

test('whoever finds an administrator’s browser signed in can open no account by it', async () => {
  const { app, db, user, sessionId, ada, mail } = await stage()
  await app.ready()
  const before = await accountsIn(db)
  const routes = answeringRoutes(app).filter(({ url }) => /^\/admin\/(users|mail)\/:id\/./.test(url))
  for (const { method, url } of routes.filter(({ method, url }) => method !== 'HEAD' && !/again/.test(url))) {
    const id = url.includes('mail') ? mail.id : user.id
    const path = url.replace(':id', id).replace(':session', sessionId)
    const { statusCode, headers } = await ada.request(method as 'GET' | 'POST', path)
    // Of an address that is confirmed there is nothing to be asked.
    if (method === 'POST' && url.endsWith('email')) expect(statusCode, path).toBe(404)
    else if (method === 'POST') {
      expect([statusCode, ada.headline], path).toEqual([403, 'Confirm it’s you'])
      expect(ada.document.querySelector('main form')?.getAttribute('action')).toBe(path)
    } else
      expect([statusCode, headers.location], path).toEqual([
        303,
        `/account/confirm?return_to=${encodeURIComponent(path)}`,
      ])
    expect((await ada.json(method as 'GET' | 'POST', path)).statusCode, path).toBe(403)
  }
  expect(routes.length).toBeGreaterThan(11)
  expect(await accountsIn(db)).toBe(before)
  expect(await db.token.count()).toBe(0)
})

test('an administrator who proves who they are goes on to what they asked for', async () => {
  const { user, ada, mail } = await stage()
  await ada.visit(`/admin/users/${user.id}/suspend`)
  expect(ada.text('.lead')).toContain('the safety of other people’s accounts')
  await ada.fill({ 'Your password': PASSWORD }).press('Continue')
  expect(ada.headline).toBe('Suspend ana.silva?')
  await ada.press('Suspend ana.silva')
  expect(ada.text('[role=status]')).toBe('ana.silva is suspended.')
  await ada.visit(`/admin/mail/${mail.id}/open`)
  expect(ada.answer.statusCode).toBe(200)
})
