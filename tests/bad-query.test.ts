import { expect, test } from 'vitest'
import { newSession } from '../src/accounts/session.ts'
import { post } from '../src/mail/outbox.ts'
import { fromNow, hours } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { addJob } from './support/jobs.ts'
import { addEveryone, asWho, source } from './support/people.ts'
import {
  answeringRoutes,
  everythingIn,
  expectNoInsides,
  expectOurHeaders,
  ON_RECORD,
  send,
} from './support/requests.ts'
import { SoftwarePasskey, storePasskey } from './support/software-passkey.ts'

const BAD = [
  '%zz',
  '%',
  '%f',
  '%ff',
  '%C3',
  '%ED%A0%80',
  '%C0%AF',
  '%00',
  '%0a',
  '%0d%0a',
  '%1b',
  '%7f',
  '%C2%85',
]

/** These say of a browser that no link or step has brought here that it is used up, or that there is no such text. */
const LINKS = [
  '/setup',
  '/verify-email',
  '/reset-password',
  '/undo-email-change',
  '/keep-account',
  '/login/two-factor',
  '/brand/theme.css',
  '/brand/logo.svg',
  '/terms',
  '/privacy',
]

test('an address whose query can’t be read, or has control characters, is refused on every page', async () => {
  const { app, db } = await startApp()
  const people = await addEveryone(db)
  await app.ready()
  const { id } = await post(db, 'verify-email', { address: 'mona@example.org' }, source)
  const expiresAt = fromNow(hours(1))
  const invitation = await db.invitation.create({
    data: { role: 'member', usesLeft: 1, createdBy: people.admin.user.id, expiresAt },
  })
  const job = await addJob(db)
  const elsewhere = newSession(people.member.user, false, source).row
  await db.session.create({ data: elsewhere })
  const passkey = await storePasskey(db, people.member.user, new SoftwarePasskey())
  const pages = answeringRoutes(app).filter(({ method }) => method === 'GET')
  expect(pages.length).toBeGreaterThan(8)
  const [asset = ''] = /\/assets\/[^"]+/.exec((await send(app, { url: '/login' })).body) ?? []
  for (const url of ON_RECORD) {
    const path = url.replace(':id', people.member.user.id)
    const good = await send(app, { url: `${path}?q=%C3%A9`, cookie: people.admin.cookie })
    expect(good.statusCode, path).toBe(200)
  }
  await send(app, { url: `/admin/users/${people.member.user.id}`, cookie: people.support.cookie })
  const before = await everythingIn(db)
  for (const { url, access } of pages) {
    const path = url
      .replace('/mail/:id', `/mail/${id}`)
      .replace('/jobs/:id', `/jobs/${job}`)
      .replace(/\/sessions\/:(id|session)/, `/sessions/${elsewhere.id}`)
      .replace('/invites/:id', `/invites/${invitation.id}`)
      .replace('/passkeys/:id', `/passkeys/${passkey.id}`)
      .replace(':id', people.member.user.id)
      .replace('/assets/*', asset)
    const { cookie } = people[asWho(access)]
    if (!ON_RECORD.includes(url)) {
      const good = await send(app, { url: `${path}?q=%C3%A9`, cookie })
      expect(good.statusCode, path).toBeLessThan(LINKS.includes(url) ? 411 : 400)
    }
    for (const query of BAD.flatMap((bad) => [`q=${bad}`, `${bad}=q`, `return_to=/a&q=${bad}`, bad]))
      for (const accept of ['text/html', 'application/json']) {
        const answer = await send(app, { url: `${path}?${query}`, cookie, headers: { accept } })
        const at = `${path}?${query}`
        expect(answer.statusCode, at).toBe(400)
        expectOurHeaders(answer.headers, at)
        expectNoInsides(answer.body, at)
      }
  }
  expect(await everythingIn(db)).toBe(before)
})
