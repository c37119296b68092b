import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { noteOnce } from '../accounts/audit/note-once.ts'
import { type Person, wasSeen } from '../accounts/people/find-people.ts'
import type { User } from '../db/generated/sqlite/client.ts'
import { noSuchPerson } from '../errors.ts'
import { hours } from '../time.ts'
import { instant } from './instant.ts'
import { id } from './lists.ts'
import { signedIn, sourceOf } from './session.ts'

/** What administrators see of a person: an allow-list, never the row. */
export const person = ({ id, username, name, email, role, status, createdAt, lastSeenAt }: Person) => ({
  id,
  username,
  name,
  email,
  role,
  status,
  createdAt: instant(createdAt),
  lastSeenAt: wasSeen(lastSeenAt) ? instant(lastSeenAt) : null,
})

/** What every question about a person shows besides its words, and where its answer goes. */
export const questionAbout = (user: User, action: string) => {
  const path = `/admin/users/${user.id}`
  return { back: { href: path, text: 'Their account' }, people: [person(user)], action: `${path}/${action}` }
}

/** The parameters of an address that names a person. */
export const PersonParams = z.object({ id })

/** The person whom the address names. Throws Refusal 404. */
export async function findPerson(request: FastifyRequest): Promise<User> {
  const { id } = request.params as z.output<typeof PersonParams>
  const user = await request.server.db.user.findUnique({ where: { id } })
  if (!user) throw noSuchPerson()
  return user
}

/** Puts on record, for them to read, that somebody looked at what is kept about another: once an hour. */
export async function noteLook(request: FastifyRequest, subjectId: string): Promise<void> {
  const { id: actor } = signedIn(request).user
  if (actor !== subjectId)
    await noteOnce(request.server.db, hours(1), 'user.viewed', {
      actor,
      subjectId,
      source: sourceOf(request),
    })
}
