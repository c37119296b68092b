import { describe, expect, test } from 'vitest'
import type { AuditEventName } from '../src/accounts/audit/audit.ts'
import { newKey } from '../src/features/two-factor/new-key.ts'
import { codeOf } from './support/authenticator.ts'
import { invitationDeeds, invitationDetails } from './support/invitation-deeds.ts'
import { jobDeeds, jobDetails } from './support/job-deeds.ts'
import { lookingDeeds, lookingDetails } from './support/looking-deeds.ts'
import { mailDeeds } from './support/mail-deeds.ts'
import { passkeyDeeds } from './support/passkey-deeds.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { refusalDeeds, refusalDetails } from './support/refusal-deeds.ts'
import { accountsIn, JSON_TYPE, send } from './support/requests.ts'
import { type Stage, stage } from './support/stage.ts'

/** A request, by whom, about whom, and how it is answered where it is refused. */
type Deed = {
  act: (stage: Stage, admin: string) => () => ReturnType<typeof send>
  actor: string
  about?: string
  answered?: number
}

/**
 * Every event there is, by the one request that makes it. A new event has no deed, and this does not compile.
 * What time does is told in purge, erasure, jobs and audit-clearing.test.ts; who is turned away, in requests.test.ts.
 */
type Elsewhere =
  | 'registration.expired'
  | 'user.erased'
  | 'request.rejected'
  | 'job.finished'
  | 'audit.cleared'
const DEEDS: Record<Exclude<AuditEventName, Elsewhere>, Deed> = {
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
  'email.proof-sent-again': {
    act: ({ post, una }, admin) => post(`/admin/users/${una.user.id}/confirm-again`, {}, admin),
    ...{ actor: 'ada.admin', about: 'una.unproven' },
  },
  'request.approved': {
    act: ({ post, rita }, admin) => post('/admin/requests', { id: rita.user.id, do: 'approve' }, admin),
    ...{ actor: 'ada.admin', about: 'rita.request' },
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
  'data.downloaded': {
    act: ({ post, mona }) => post('/account/data', {}, mona.cookie),
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
  'session.all-revoked': {
    act: ({ post, lou }, admin) => post(`/admin/users/${lou.user.id}/end-sessions`, {}, admin),
    ...{ actor: 'ada.admin', about: 'lou.lost' },
  },
  'two-factor.turned-on': {
    act: ({ post, mona, app }) => {
      const key = newKey(app.secretKeys, mona.user.id)
      const typed = { code: codeOf(key.secret), key: key.sealed }
      return post('/account/two-factor', typed, mona.cookie)
    },
    ...{ actor: 'mona.member', about: 'mona.member' },
  },
  'two-factor.failed': {
    act: ({ post, cookies }) => post('/login/two-factor', { code: '0000000000000000' }, cookies.step),
    ...{ actor: 'visitor', about: 'theo.two' },
  },
  'recovery-code.used': {
    act: ({ post, cookies, codes }) =>
      post('/login/two-factor', { code: codes.recovery[0] ?? '' }, cookies.step),
    ...{ actor: 'theo.two', about: 'theo.two' },
  },
  'recovery-codes.made': {
    act: ({ post, theo }) => post('/account/recovery-codes', {}, theo.cookie),
    ...{ actor: 'theo.two', about: 'theo.two' },
  },
  'two-factor.reset': {
    act: ({ post, lou }, admin) => post(`/admin/users/${lou.user.id}/reset-two-factor`, {}, admin),
    ...{ actor: 'ada.admin', about: 'lou.lost' },
  },
  'two-factor.turned-off': {
    act: ({ post, theo }) => post('/account/two-factor/off', {}, theo.cookie),
    ...{ actor: 'theo.two', about: 'theo.two' },
  },
  'user.viewed': {
    act:
      ({ app, mona }, admin) =>
      () =>
        send(app, {
          ...{ url: `/admin/users/${mona.user.id}`, cookie: admin, ip: '203.0.113.7' },
          headers: { 'user-agent': 'curl/8.0' },
        }),
    ...{ actor: 'ada.admin', about: 'mona.member' },
  },
  'user.role-changed': {
    act: ({ post, lou }, admin) => post(`/admin/users/${lou.user.id}/role`, { role: 'support' }, admin),
    ...{ actor: 'ada.admin', about: 'lou.lost' },
  },
  'email.replaced': {
    act: ({ post, lou }, admin) =>
      post(`/admin/users/${lou.user.id}/email`, { email: 'lou@example.org' }, admin),
    ...{ actor: 'ada.admin', about: 'lou.lost' },
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
  'setting.changed': {
    act: ({ post }, admin) => post('/admin/settings/retention', { keep_mails_days: '7' }, admin),
    actor: 'ada.admin',
  },
  'terms.agreed': {
    act:
      ({ post, nora, app }) =>
      async () => {
        const { texts } = app.config
        app.config.texts = { ...texts, terms: { version: 1, text: 'Be kind.' } }
        const answer = await post('/account/terms', { version: '1' }, nora.cookie)()
        app.config.texts = texts
        return answer
      },
    ...{ actor: 'nora.new', about: 'nora.new' },
  },
  ...jobDeeds,
  ...invitationDeeds,
  ...mailDeeds,
  ...refusalDeeds,
  ...lookingDeeds,
}

describe('the audit trail', () => {
  test('tells each deed once: who, about whom, from where, by which request', async () => {
    const here = await stage()
    const { db, jobs } = here
    const ofMail = { mail: here.mail.id }
    const details: Record<string, object> = {
      ...invitationDetails,
      ...lookingDetails,
      ...refusalDetails,
      'session.revoked': { device: 'Unknown device' },
      'user.suspended': { reason: 'spam' },
      'user.role-changed': { from: 'member', to: 'support' },
      'user.username-changed': { from: 'nora.name', to: 'nora.new' },
      'setting.changed': { setting: 'KEEP_MAILS_DAYS', from: '30 (default)', to: '7' },
      'terms.agreed': { version: '1' },
      ...jobDetails(jobs),
      'mail.opened': ofMail,
      'mail.sent-again': ofMail,
    }
    let admin = ''
    for (const [event, { act, actor, about, answered }] of Object.entries(DEEDS)) {
      const known = new Set((await db.auditEvent.findMany()).map(({ id }) => id))
      const began = Date.now()
      const answer = await act(here, admin)()
      expect(answered ? [answered] : [200, 303, 422], event).toContain(answer.statusCode)
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
      expect(rows[0]?.at.getTime(), event).toBeGreaterThanOrEqual(began)
      expect(rows[0]?.at.getTime(), event).toBeLessThanOrEqual(Date.now())
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
  })
})
