import type { User } from '../../db/generated/sqlite/client.ts'
import { instant } from '../../http/instant.ts'

/** What of a person the lists read. */
export type Person = Pick<
  User,
  'id' | 'username' | 'name' | 'email' | 'role' | 'status' | 'createdAt' | 'lastSeenAt'
>

/** What administrators see of a person: an allow-list, never the row. */
export const person = ({ id, username, name, email, role, status, createdAt, lastSeenAt }: Person) => ({
  id,
  username,
  name,
  email,
  role,
  status,
  createdAt: instant(createdAt),
  lastSeenAt: lastSeenAt && instant(lastSeenAt),
})
