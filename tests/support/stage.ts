import argon2 from 'argon2'
import { askForApproval } from '../../src/accounts/admission.ts'
import { newSession } from '../../src/accounts/session.ts'
import { newSignUp } from '../../src/accounts/sign-up.ts'
import { issueToken } from '../../src/accounts/token.ts'
import { post as postMail } from '../../src/mail/outbox.ts'
import { fromNow, hours } from '../../src/time.ts'
import { startApp } from './app.ts'
import { addAuthenticator } from './authenticator.ts'
import { addJob } from './jobs.ts'
import { passkeyStage } from './passkey-deeds.ts'
import { addPerson, PASSWORD, source } from './people.ts'
import { FORM, send } from './requests.ts'

/** Everyone whom the deeds of the audit trail are about, and the ways to do them. */
export async function stage() {
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
  const signUp = newSignUp(pia.user.id, undefined, hours(72))
  await db.signUp.create({ data: signUp.row })
  const rita = await addPerson(db, 'rita.request', { status: 'pending' })
  await db.$transaction((tx) => askForApproval(tx, rita.user.id, source))
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
  const jobs = { running: await addJob(db), paused: await addJob(db, { state: 'paused' }) }
  const theo = await addPerson(db, 'theo.two', { email: 'theo@example.org' })
  const codes = await addAuthenticator(app, theo.user)
  const lou = await addPerson(db, 'lou.lost')
  await addAuthenticator(app, lou.user)
  const step = await issueToken(db, 'two-factor', fromNow(hours(1)), { userId: theo.user.id })
  const invited = { role: 'member', createdBy: mona.user.id, expiresAt: fromNow(hours(1)) } as const
  const letter = { address: 'ina@example.org', addressKey: 'ina@example.org', usesLeft: 1, ...invited }
  const invitation = await db.invitation.create({ data: letter })
  const { id: invitationId } = await db.invitation.create({ data: { usesLeft: 9, ...invited } })
  const invite = await issueToken(db, 'invite', fromNow(hours(1)), { invitationId })
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
  const look = (url: string, cookie: string) => () =>
    send(app, { url, cookie, ip: '203.0.113.7', headers: { 'user-agent': 'curl/8.0', accept: 'text/html' } })
  const logIn = (login: string, password: string) => post('/login', { login, password })
  const cookies = {
    verify: `${una.cookie}; foyer-verify-email=${proof.token}`,
    reset: `foyer-reset-password=${reset.token}`,
    signUp: `foyer-sign-up=${signUp.token}`,
    invite: `foyer-invite=${invite.token}`,
    keep: `foyer-keep-account=${keep.token}`,
    step: `foyer-two-factor=${step.token}`,
    undo: `foyer-undo-email-change=${undo.token}`,
  }
  const sue = await addPerson(db, 'sue.support', { role: 'support' })
  const passkeys = await passkeyStage(app, db, post)
  const people = { dora, elsewhere, eva, lou, mona, nora, olga, petra, rita, sue, theo, una }
  return { app, db, ...people, codes, invitation, jobs, mail, passkeys, setup, cookies, post, look, logIn }
}

export type Stage = Awaited<ReturnType<typeof stage>>
