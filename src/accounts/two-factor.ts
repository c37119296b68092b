import type { Config } from '../config.ts'
import type { Db } from '../db/client.ts'
import type { User } from '../db/generated/sqlite/client.ts'

/**
 * Whether this member has to have a second factor here and has none. A passkey is two factors at once, if there is
 * no password to go round it by (ASVS 5.0 6.3.3).
 */
export async function mustEnrol(db: Db, { requireTwoFactor }: Config, { id, role, passwordHash }: User) {
  if (requireTwoFactor === 'off' || (requireTwoFactor === 'admins' && role !== 'admin')) return false
  const where = { userId: id }
  if ((await db.authenticator.count({ where })) > 0) return false
  return passwordHash !== '' || (await db.passkey.count({ where })) === 0
}
