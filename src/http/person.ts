import { type Person, wasSeen } from '../accounts/find-people.ts'
import { instant } from './instant.ts'

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
