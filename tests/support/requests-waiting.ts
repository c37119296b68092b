import { askForApproval } from '../../src/accounts/admission.ts'
import type { Db } from '../../src/db/client.ts'
import { startApp } from './app.ts'
import { addPerson, source } from './people.ts'

/** Somebody who has signed up and waits for an administrator, without the story of it. */
export async function addWaiting(db: Db, username: string, { email = '', ip = '203.0.113.7' } = {}) {
  const { user } = await addPerson(db, username, { status: 'pending', ...(email && { email }) })
  await db.session.deleteMany({ where: { userId: user.id } })
  await db.$transaction((tx) => askForApproval(tx, user.id, { ...source, ip }))
  return user
}

/** An app whose administrators decide on sign-ups, and two of them signed in. */
export async function withApproval(env: Record<string, string> = {}) {
  const services = await startApp({ SIGN_UP: 'approval', ...env })
  const { db, visitor } = services
  const enter = async (username: string, email: string) => {
    const { token, user } = await addPerson(db, username, { role: 'admin', email })
    const admin = Object.assign(visitor(), { id: user.id })
    admin.cookies.set('foyer-session', token)
    return admin
  }
  const mira = await enter('mira.okafor', 'mira@example.org')
  const tom = await enter('tom.bauer', 'tom@example.org')
  return { ...services, mira, tom }
}
