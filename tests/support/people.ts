import argon2 from 'argon2'
import { newSession } from '../../src/accounts/session.ts'
import { newUser } from '../../src/accounts/user.ts'
import { canonicalUsername } from '../../src/accounts/username.ts'
import type { Db } from '../../src/db/client.ts'
import type { Role, UserStatus } from '../../src/db/generated/sqlite/enums.ts'
import type { Access } from '../../src/http/access.ts'

export const PASSWORD = 'correct-horse-battery'
const passwordHash = await argon2.hash(PASSWORD, { memoryCost: 19456, timeCost: 2, parallelism: 1 })

/** The source of rows that no request made. */
export const source = { ip: '192.0.2.1', userAgent: 'tests', requestId: 'tests', via: 'html' } as const

type Traits = { role?: Role; status?: UserStatus; email?: string; hash?: string }

/** Someone with an account and a running session, put into the database without a sign-up. */
export async function addPerson(db: Db, username: string, traits: Traits = {}) {
  const { role = 'member', status = 'active', email, hash = passwordHash } = traits
  const name = canonicalUsername(username)
  if (!name.ok) throw new Error(`Not a username: ${username}`)
  const identity = { username: name.value, email: email ? { email, key: email } : null }
  const row = { ...newUser(identity, hash), role, status, provenEmailKey: email ?? null }
  const user = await db.user.create({ data: row })
  const session = newSession(user, false, source)
  await db.session.create({ data: session.row })
  return { user, token: session.token, sessionId: session.row.id, cookie: `foyer-session=${session.token}` }
}

/** Whose cookie opens what a route declares. */
export const asWho = (access: Access) =>
  access === 'anyone' || access === 'guests'
    ? 'visitor'
    : ['staff', 'helpers', 'admins', 'deciders'].includes(access)
      ? 'admin'
      : 'member'

/** A visitor without a cookie and one of each kind of account. */
export async function addEveryone(db: Db) {
  return {
    visitor: { cookie: '' },
    member: await addPerson(db, 'mona.member'),
    support: await addPerson(db, 'sue.support', { role: 'support' }),
    admin: await addPerson(db, 'ada.admin', { role: 'admin' }),
    suspended: await addPerson(db, 'sam.suspended', { status: 'suspended' }),
  }
}
