import type { User } from '../../db/generated/sqlite/client.ts'
import { instant } from '../../http/instant.ts'

/** What of a person the lists read. */
export type Person = Pick<
  User,
  'id' | 'username' | 'name' | 'email' | 'role' | 'status' | 'createdAt' | 'lastSeenAt'
>

/** Initials for the drawn face: two in scripts that have capitals, else the first letter. */
function initials(name: string): string {
  const letters = name.split(/[\s._-]+/).flatMap((word) => word.match(/[\p{L}\p{N}]/u) ?? [])
  const [first = '?', ...rest] = letters.map((letter) => letter.toUpperCase())
  return /\p{Lu}/u.test(first) ? first + (rest.at(-1) ?? '') : first
}

/** What administrators see of a person: an allow-list, never the row. */
export const person = ({ id, username, name, email, role, status, createdAt, lastSeenAt }: Person) => ({
  id,
  username,
  name,
  email,
  role,
  status,
  face: initials(name ?? username),
  createdAt: instant(createdAt),
  lastSeenAt: lastSeenAt && instant(lastSeenAt),
})
