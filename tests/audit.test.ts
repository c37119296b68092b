import argon2 from 'argon2'
import { describe, expect, test } from 'vitest'
import type { AuditEventName } from '../src/accounts/audit.ts'
import { newSession } from '../src/accounts/session.ts'
import { newSignUp } from '../src/accounts/sign-up.ts'
import { issueToken } from '../src/accounts/token.ts'
import { post as postMail } from '../src/mail/outbox.ts'
import { fromNow, hours } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { passkeyDeeds, passkeyStage } from './support/passkey-deeds.ts'
import { addPerson, PASSWORD, source } from './support/people.ts'
import { accountsIn, FORM, JSON_TYPE, send } from './support/requests.ts'

/** Everyone the deeds below are about, and what a deed is: a request, by whom, about whom. */
async function stage() {
  const { app, db } = await startApp()
  const hash = await argon2.hash(PASSWORD, { memoryCost: 1024, timeCost: 2, parallelism: 1 })
  const mona = await addPerson(db, 'mona.member', { email: 'mona@example.org' })
  const elsewhere = newSession(mona.user, false, source).row
  await db.session.create({ data: elsewhere })
  const olga = await addPerson(db, 'olga.old', { hash })
  const una = await addPerson(db, 'una.unproven')
  await db.user.update({ where: { id: una.user.id }, data: { email: 'una@example.org' } })
  const proof = await issueToken(db, 'verify-email', fromNow(hours(1)), {
    ...{ userId: una.user.id, address: 'una@example.org' },
  })
  const pia = await addPerson(db, 'pia.pending', { status: 'pending' })
  const signUp = newSignUp(pia.user.id, undefined)
  await db.signUp.create({ data: signUp.row })
  const nora = await addPerson(db, 'nora.name')
  const petra = await addPerson(db, 'petra.password')
  const dora = await addPerson(db, 'dora.deleted')
  const kim = await addPerson(db, 'kim.kept', { status: 'closing' })
  await db.user.update({ where: { id: kim.user.id }, data: { closesAt: fromNow(hours(1)) } })
  const keep = await issueToken(db, 'keep-account', fromNow(hours(1)), { userId: kim.user.id })
  const eva = await addPerson(db, 'eva.email', { email: 'eva@example.org' })
  await db.user.update({ where: { id: eva.user.id }, data: { newEmail: 'new@example.org' } })
  const undo = await issueToken(db, 'undo-email-change', fromNow(hours(1)), {
    ...{ userId: eva.user.id, address: 'eva@example.org' },
  })
  const to = { address: 'mona@example.org', userId: mona.user.id }
  const mail = await postMail(db, 'reset-password', to, source)
  await db.mail.update({ where: mail, data: { state: 'sent' } })
  const setup = `foyer-setup=${(await issueToken(db, 'setup', fromNow(hours(1)))).token}`
  const reset = await issueToken(db, 'reset-password', fromNow(hours(1)), { userId: olga.user.id })
  const post =
    (url: string, body: Record<string, string>, cookie = '') =>
    () =>
      send(app, {
        ...{ method: 'POST', url, type: FORM, cookie, ip: '203.0.113.7' },
        body: new URLSearchParams(body).toString(),
        headers: { 'user-agent': 'curl/8.0' },
      })
  const logIn = (login: string, password: string) => post('/login', { login, password })
  const cookies = {
    verify: `${una.cookie}; foyer-verify-email=${proof.token}`,
    reset: `foyer-reset-password=${reset.token}`,
    signUp: `foyer-sign-up=${signUp.token}`,
    keep: `foyer-keep-account=${keep.token}`,
    undo: `foyer-undo-email-change=${undo.token}`,
  }
  const passkeys = await passkeyStage(app, db, post)
  return {
    app,
    db,
    passkeys,
    dora,
    mona,
    elsewhere,
    olga,
    una,
    nora,
    petra,
    eva,
    mail,
    setup,
    cookies,
    post,
    logIn,
  }
}

type Stage = Awaited<ReturnType<typeof stage>>
type Deed = {
  act: (stage: Stage, admin: string) => () => ReturnType<typeof send>
  actor: string
  about?: string
}

/**
 * Every event there is, by the one request that makes it. A new event has no deed, and this does not compile.
 * What time does is told in purge.test.ts.
 */
const DEEDS: Record<Exclude<AuditEventName, 'registration.expired'>, Deed> = {
  'user.made-admin': {
    act: ({ post, setup }) => post('/setup', { username: 'ada.admin', password: PASSWORD }, setup),
    ...{ actor: 'visitor', about: 'ada.admin' },
  },
  'user.registered': {
    act: ({ post }) => post('/register', { username: 'newcomer', password: PASSWORD }),
    ...{ actor: 'newcomer', about: 'newcomer' },
  },
  'registration.honeypot': {
    act: ({ post }) => post('/register', { username: 'robot', password: PASSWORD, website: 'x' }),
    actor: 'visitor',
  },
  'registration.address-corrected': {
    act: ({ post, cookies }) => post('/register/resend', { email: 'pia@example.org' }, cookies.signUp),
    ...{ actor: 'visitor', about: 'pia.pending' },
  },
  'email.proven': {
    act: ({ post, cookies }) => post('/verify-email', {}, cookies.verify),
    ...{ actor: 'una.unproven', about: 'una.unproven' },
  },
  'user.name-changed': {
    act: ({ post, mona }) => post('/account/name', { name: 'Mona' }, mona.cookie),
    ...{ actor: 'mona.member', about: 'mona.member' },
  },
  'user.username-changed': {
    act: ({ post, nora }) => post('/account/username', { username: 'nora.new' }, nora.cookie),
    ...{ actor: 'nora.new', about: 'nora.new' },
  },
  'user.region-changed': {
    act: ({ post, mona }) =>
      post('/account/language', { language: 'en-US', time_zone: 'Europe/Lisbon' }, mona.cookie),
    ...{ actor: 'mona.member', about: 'mona.member' },
  },
  'password.changed': {
    act: ({ post, petra }) =>
      post('/account/password', { current: PASSWORD, password: 'another-horse-battery' }, petra.cookie),
    ...{ actor: 'petra.password', about: 'petra.password' },
  },
  'email.change-requested': {
    act: ({ post, eva }) =>
      post('/account/email', { email: 'other@example.org', current: PASSWORD }, eva.cookie),
    ...{ actor: 'eva.email', about: 'eva.email' },
  },
  'email.change-cancelled': {
    act: ({ post, eva }) => post('/account/email/cancel', {}, eva.cookie),
    ...{ actor: 'eva.email', about: 'eva.email' },
  },
  'email.change-undone': {
    act: ({ post, cookies }) => post('/undo-email-change', {}, cookies.undo),
    ...{ actor: 'eva.email', about: 'eva.email' },
  },
  'login.failed': {
    act: ({ logIn }) => logIn('mona.member', 'wrong'),
    actor: 'visitor',
    about: 'mona.member',
  },
  'password.rehashed': {
    act: ({ logIn }) => logIn('olga.old', PASSWORD),
    actor: 'olga.old',
    about: 'olga.old',
  },
  'session.started': {
    act: ({ logIn }) => logIn('mona.member', PASSWORD),
    actor: 'mona.member',
    about: 'mona.member',
  },
  'session.proven': {
    act: ({ post, una }) => post('/account/confirm', { current: PASSWORD }, una.cookie),
    ...{ actor: 'una.unproven', about: 'una.unproven' },
  },
  ...passkeyDeeds,
  'session.ended': {
    act: ({ post, olga }) => post('/logout', {}, olga.cookie),
    ...{ actor: 'olga.old', about: 'olga.old' },
  },
  'session.revoked': {
    act: ({ post, mona, elsewhere }) => post(`/account/sessions/${elsewhere.id}/end`, {}, mona.cookie),
    ...{ actor: 'mona.member', about: 'mona.member' },
  },
  'user.suspended': {
    act: ({ post, mona }, admin) => post(`/admin/users/${mona.user.id}/suspend`, { reason: 'spam' }, admin),
    ...{ actor: 'ada.admin', about: 'mona.member' },
  },
  'user.restored': {
    act: ({ post, mona }, admin) => post(`/admin/users/${mona.user.id}/restore`, {}, admin),
    ...{ actor: 'ada.admin', about: 'mona.member' },
  },
  'user.closing': {
    act: ({ post, dora }) => post('/account/delete', {}, dora.cookie),
    ...{ actor: 'dora.deleted', about: 'dora.deleted' },
  },
  'user.kept': {
    act: ({ post, cookies }) => post('/keep-account', {}, cookies.keep),
    ...{ actor: 'kim.kept', about: 'kim.kept' },
  },
  'password.reset-requested': {
    act: ({ post }) => post('/forgot-password', { email: 'mona@example.org' }),
    actor: 'visitor',
  },
  'password.reset-link-made': {
    act: ({ post, mona }, admin) => post(`/admin/users/${mona.user.id}/reset-link`, {}, admin),
    ...{ actor: 'ada.admin', about: 'mona.member' },
  },
  'password.reset': {
    act: ({ post, cookies }) => post('/reset-password', { password: 'four-new-words-here' }, cookies.reset),
    ...{ actor: 'olga.old', about: 'olga.old' },
  },
  'mail.opened': {
    act: ({ post, mail }, admin) => post(`/admin/mail/${mail.id}/open`, {}, admin),
    ...{ actor: 'ada.admin', about: 'mona.member' },
  },
  'mail.sent-again': {
    act: ({ post, mail }, admin) => post(`/admin/mail/${mail.id}/send-again`, {}, admin),
    ...{ actor: 'ada.admin', about: 'mona.member' },
  },
}

describe('the audit trail', () => {
  test('tells each deed once: who, about whom, from where, by which request', async () => {
    const here = await stage()
    const { db, mail } = here
    const ofMail = { mail: mail.id }
    const details: Record<string, object> = {
      'session.revoked': { device: 'Unknown device' },
      'user.suspended': { reason: 'spam' },
      'user.username-changed': { from: 'nora.name', to: 'nora.new' },
      'mail.opened': ofMail,
      'mail.sent-again': ofMail,
    }
    let admin = ''
    for (const [event, { act, actor, about }] of Object.entries(DEEDS)) {
      const known = new Set((await db.auditEvent.findMany()).map(({ id }) => id))
      const answer = await act(here, admin)()
      expect([200, 303, 422], event).toContain(answer.statusCode)
      if (event === 'user.made-admin')
        admin = `foyer-session=${answer.cookies.find(({ name }) => name === 'foyer-session')?.value}`

      const ids = new Map((await db.user.findMany()).map(({ username, id }) => [username, id]))
      const rows = (await db.auditEvent.findMany()).filter(
        ({ id, event: name }) => !known.has(id) && name === event,
      )
      expect(rows, event).toHaveLength(1)
      expect(rows[0], event).toMatchObject({
        actor: ids.get(actor) ?? actor,
        subjectId: (about && ids.get(about)) ?? null,
        ...{
          ip: '203.0.113.7',
          userAgent: 'curl/8.0',
          via: 'html',
          requestId: expect.stringMatching(/^[0-9a-f]{12}$/),
        },
      })
      const ofPasskey = event.startsWith('passkey.') && { passkey: expect.any(String) }
      expect(rows[0]?.detail ?? {}, event).toEqual(ofPasskey || (details[event] ?? {}))
      expect(Math.abs(Date.now() - (rows[0]?.at.getTime() ?? 0))).toBeLessThan(5000)
    }
  })

  test('says which came as JSON', async () => {
    const { app, db } = await stage()
    const body = JSON.stringify({ login: 'mona.member', password: 'wrong' })
    await send(app, { method: 'POST', url: '/login', type: JSON_TYPE, body })
    expect(await db.auditEvent.findMany()).toMatchObject([{ event: 'login.failed', via: 'json' }])
  })

  test('is written with the deed or not at all: where it cannot be written, nothing is done', async () => {
    for (const [event, { act }] of Object.entries(DEEDS)) {
      const here = await stage()
      const { db, mona } = here
      const isFirst = event === 'user.made-admin'
      const admin = isFirst ? '' : (await addPerson(db, 'ada.admin', { role: 'admin' })).cookie
      if (event === 'user.restored')
        await db.user.update({ where: { id: mona.user.id }, data: { status: 'suspended' } })
      await db.$executeRawUnsafe('ALTER TABLE "AuditEvent" RENAME TO "Elsewhere"')
      const before = await accountsIn(db)
      expect((await act(here, admin)()).statusCode, event).toBe(500)
      expect(await accountsIn(db), event).toBe(before)
    }
  }, 60_000)
})
