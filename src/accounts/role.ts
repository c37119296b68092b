import { Role } from '../db/generated/sqlite/enums.ts'
import { message } from '../messages.ts'
import type { Prepared } from './text.ts'

/** The role that was chosen from a list. */
export function prepareRole(typed: string): Prepared<Role> {
  const role = Object.values(Role).find((known) => known === typed)
  return role ? { ok: true, value: role } : { ok: false, problem: message('role.unknown') }
}
