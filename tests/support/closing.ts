import { randomBytes } from 'node:crypto'
import { hold } from '../../src/accounts/held-name.ts'
import { newDevice } from '../../src/accounts/known-device.ts'
import { hasTry } from '../../src/accounts/throttle.ts'
import { hashToken, issueToken } from '../../src/accounts/token.ts'
import { canonicalUsername } from '../../src/accounts/username.ts'
import type { Db } from '../../src/db/client.ts'
import { days, fromNow, hours, minutes } from '../../src/time.ts'
import { addPerson } from './people.ts'

/** Lets accounts close that would do so in some days. */
export const letTimePass = (db: Db) =>
  db.user.updateMany({ where: { status: 'closing' }, data: { closesAt: fromNow(-1) } })

/**
 * Everything there can be of a member, and what identifies them by: their names, addresses and the ids of all
 * their rows.
 */
export async function addMemberWithEverything(db: Db, username: string) {
  const email = `${username}@mail.example.org`
  const { user, sessionId, cookie } = await addPerson(db, username, { email })
  const userId = user.id
  const name = `Zsófia ${username.toUpperCase()}`
  await db.user.update({
    where: { id: userId },
    data: { name, nameKey: name.toLowerCase(), passkeyHandle: new Uint8Array(randomBytes(64)) },
  })
  const device = await db.device.create({ data: newDevice(userId, true).row })
  await db.session.update({ where: { id: sessionId }, data: { deviceId: device.id } })
  await db.authenticator.create({ data: { userId, secret: new Uint8Array(randomBytes(48)), lastStep: 1 } })
  const code = await db.recoveryCode.create({ data: { userId, codeHash: new Uint8Array(randomBytes(32)) } })
  const passkey = await db.passkey.create({
    data: {
      ...{ userId, credentialId: randomBytes(16).toString('base64url'), name: `Key of ${username}` },
      ...{ publicKey: new Uint8Array(randomBytes(77)), signCount: 3n, transports: 'usb', backedUp: false },
    },
  })
  const former = canonicalUsername(`${username}-before`)
  if (!former.ok) throw new Error('No username')
  await hold(db, former.value.skeleton, userId, fromNow(days(30)))
  await issueToken(db, 'undo-email-change', fromNow(days(7)), { userId, address: email })
  const login = Buffer.from(hashToken(username)).toString('hex')
  const keys = [
    ...[`password:${userId}`, `login:device:${device.id}`, `login:192.0.2.1:${login}`],
    ...[`mail:${email}`, `forgot-password:192.0.2.1:${email}`],
  ]
  for (const key of keys) await hasTry(db, { key, burst: 2, refill: minutes(30) })
  // Through which they came, at an address that they had then; and one that they never needed.
  const invited = { role: 'member', createdBy: userId, expiresAt: fromNow(days(1)) } as const
  const before = `${username}@before.example.org`
  const letter = await db.invitation.create({
    data: { ...invited, address: before, addressKey: before, usesLeft: 0 },
  })
  await db.user.update({ where: { id: userId }, data: { invitationId: letter.id } })
  await db.invitation.create({ data: { ...invited, address: email, addressKey: email, usesLeft: 1 } })
  await db.invitation.create({ data: { ...invited, usesLeft: 3 } })
  await db.mail.create({
    data: { kind: 'invitation', facts: { invitation: letter.id }, dueAt: fromNow(0), address: before },
  })
  // Asked for by strangers, and never found to be anybody's.
  const stranger = { kind: 'reset-password', state: 'withheld', facts: {}, dueAt: fromNow(0) } as const
  await db.mail.create({ data: { ...stranger, address: email } })
  // Searched for by an administrator who did something to everybody who matched.
  const searched = { action: 'end-sessions', reason: '', actorId: 'somebody', source: {}, dueAt: fromNow(0) }
  await db.job.createMany({
    data: [
      { ...searched, filter: { q: email.toUpperCase() }, state: 'done' },
      { ...searched, filter: { q: name }, state: 'paused' },
    ],
  })
  await db.signUp.create({ data: { userId, tokenHash: hashToken(username), expiresAt: fromNow(hours(1)) } })
  const ids = [userId, sessionId, device.id, code.id, passkey.id]
  return {
    user,
    cookie,
    name,
    email,
    identifiers: [username, email, before, ...ids, passkey.credentialId, login],
  }
}
