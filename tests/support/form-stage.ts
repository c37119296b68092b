import { newSession } from '../../src/accounts/session.ts'
import { newSignUp } from '../../src/accounts/sign-up.ts'
import { issueToken } from '../../src/accounts/token.ts'
import type { User } from '../../src/db/generated/sqlite/client.ts'
import { post } from '../../src/mail/outbox.ts'
import { fromNow, hours } from '../../src/time.ts'
import { startApp } from './app.ts'
import { addJob } from './jobs.ts'
import { addPerson, PASSWORD, source } from './people.ts'
import { answeringRoutes, send } from './requests.ts'
import { SoftwarePasskey, storePasskey } from './software-passkey.ts'

/** Every form there is, a body that it takes, and who may send it. */
export async function formStage() {
  const { app, db } = await startApp()
  const active = await addPerson(db, 'anna.active')
  const suspended = await addPerson(db, 'sue.suspended', { status: 'suspended' })
  const member = await addPerson(db, 'mona.member')
  const admin = await addPerson(db, 'ada.admin', { role: 'admin' })
  const pia = await addPerson(db, 'pia.pending', { status: 'pending' })
  const signUp = newSignUp(pia.user.id, undefined, hours(72))
  await db.signUp.create({ data: signUp.row })
  const setup = `foyer-setup=${(await issueToken(db, 'setup', fromNow(hours(1)))).token}`
  const reset = await issueToken(db, 'reset-password', fromNow(hours(1)), { userId: active.user.id })
  const step = await issueToken(db, 'two-factor', fromNow(hours(1)), { userId: active.user.id })
  /** What a form needs its visitor to hold. */
  const cookies: Record<string, string> = {
    '/setup': setup,
    '/reset-password': `foyer-reset-password=${reset.token}`,
    '/login/two-factor': `foyer-two-factor=${step.token}`,
    '/register/check-email': `foyer-sign-up=${signUp.token}`,
  }
  /** What somebody has that their own pages name: a passkey, and a session elsewhere. */
  const ownOf = async (user: User) => {
    const elsewhere = newSession(user, false, source).row
    await db.session.create({ data: elsewhere })
    return { passkey: (await storePasskey(db, user, new SoftwarePasskey())).id, session: elsewhere.id }
  }
  const own = new Map<string, Awaited<ReturnType<typeof ownOf>>>()
  for (const { user, cookie } of [member, admin]) own.set(cookie, await ownOf(user))
  const invitation = await db.invitation.create({
    data: { role: 'member', usesLeft: 1, createdBy: admin.user.id, expiresAt: fromNow(hours(1)) },
  })
  const job = await addJob(db, { state: 'paused' })
  const mail = await post(db, 'verify-email', { address: 'mona@example.org' }, source)
  let tries = 0

  /** A body that the route takes: so whatever is refused is refused for the one field that is bad. */
  const legalBody = (url: string): Record<string, string> => {
    const account = { username: `newcomer${++tries}`, email: '', password: PASSWORD }
    if (url === '/register') return { ...account, terms: '', website: '', return_to: '' }
    if (url === '/register/username') return { username: 'newcomer', email: '', return_to: '' }
    if (url === '/login') return { login: 'anna.active', password: PASSWORD, remember: '', return_to: '' }
    if (url === '/setup') return account
    if (url === '/login/two-factor') return { code: '123456', trust: '', remember: '', return_to: '' }
    if (url === '/account/two-factor') return { code: '123456', key: '', everywhere: '', return_to: '' }
    if (url === '/register/check-email') return { code: '123456' }
    if (url === '/register/resend') return { email: 'ana@example.org' }
    if (url === '/forgot-password') return { email: 'anna@example.org' }
    if (url === '/reset-password') return { password: 'four-new-words-here' }
    if (url === '/account/email') return { email: 'ana@example.org', current: PASSWORD }
    // The right one gives the session another token.
    if (url === '/account/username') return { username: 'anna.new' }
    if (url === '/account/language') return { language: 'en-US', time_zone: 'Europe/Lisbon' }
    if (url === '/login/passkey') return { credential: '{}', remember: '', return_to: '' }
    if (url === '/account/confirm/passkey') return { credential: '{}', return_to: '' }
    if (url === '/account/passkeys') return { name: 'My phone', credential: '{}' }
    if (url === '/account/passkeys/:id/rename') return { name: 'My phone' }
    if (url === '/account/confirm') return { current: 'wrong-horse-battery', code: '', return_to: '' }
    if (url === '/account/name') return { name: 'Anna' }
    if (url === '/account/password') return { current: PASSWORD, password: 'another-horse-battery' }
    if (url === '/admin/requests') return { id: active.user.id, do: 'reject' }
    if (url === '/admin/requests/reject') return { id: active.user.id, reason: 'a test' }
    if (url === '/admin/users/selected') return { id: active.user.id, do: 'restore' }
    if (url === '/admin/users/selected/confirm')
      return { id: active.user.id, do: 'restore', reason: 'a test' }
    if (url === '/account/terms') return { version: '', return_to: '' }
    // What was seen is something else: whatever text there is, nothing is set by it.
    if (url.startsWith('/admin/settings/')) return { seen: 'something else' }
    if (url === '/admin/users/:id/role') return { role: 'support', reason: '' }
    if (url === '/admin/users/:id/username') return { username: 'anna.newer', reason: '' }
    if (url === '/admin/users/:id/email') return { email: 'anna@example.org', reason: '' }
    if (url === '/admin/invites') return { emails: 'lea@example.org', role: 'member', days: '7' }
    if (url === '/admin/invites/link') return { uses: '1', days: '7' }
    if (url === '/admin/users/new')
      return { username: `newcomer${tries}`, email: '', name: '', role: 'member' }
    if (url === '/admin/jobs/new') return { do: 'restore', reason: 'a test', q: 'nobody' }
    return /^\/admin\/users\/:id\/([a-z-]+|sessions\/:session\/end)$/.test(url) ? { reason: 'a test' } : {}
  }
  const address = (url: string, mine?: Awaited<ReturnType<typeof ownOf>>) => {
    const person = url.endsWith('restore') ? suspended : url.includes(':session') ? member : active
    const named: Record<string, string | undefined> = {
      ...{ '/account/passkeys': mine?.passkey, '/account/sessions': mine?.session },
      ...{ '/admin/invites': invitation.id, '/admin/jobs': job, '/admin/mail': mail.id },
    }
    const id = named[url.replace(/\/:id.*/, '')] ?? person.user.id
    return url.replace(':id', id).replace(':session', member.sessionId)
  }
  const session = await db.session.findUniqueOrThrow({ where: { id: member.sessionId } })
  const submit = async (url: string, who: { cookie: string }, type: string, body: string | Buffer) => {
    const answer = await send(app, {
      method: 'POST',
      url: address(url, own.get(who.cookie)),
      type,
      body,
      cookie: [cookies[url], who.cookie].filter(Boolean).join('; '),
      // Of another network each time, so that no budget refuses before the validation does.
      ip: `10.${(++tries >> 16) & 255}.${(tries >> 8) & 255}.${tries & 255}`,
    })
    // What was ended by a form that was right is there for the next.
    if (url.includes(':session'))
      await db.session.upsert({ where: { id: session.id }, create: session, update: {} })
    return answer
  }
  const forms = answeringRoutes(app).filter(({ method }) => method === 'POST')
  return {
    app,
    db,
    forms,
    legalBody,
    address,
    ownOf,
    post: submit,
    admin,
    people: { visitor: { cookie: '' }, member, admin },
  }
}
