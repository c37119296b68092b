import { record, type Source } from '../../accounts/audit.ts'
import { prepareLine } from '../../accounts/line.ts'
import type { Db } from '../../db/client.ts'
import { InvalidInput } from '../../errors.ts'

/** Sets the name a member is shown by; an empty one takes it away. Throws InvalidInput. */
export async function changeName(db: Db, userId: string, typed: string, source: Source): Promise<void> {
  const name = prepareLine(typed, 100)
  if (!name.ok) throw new InvalidInput({ name: name.problem })
  const value = name.value || null
  await db.$transaction([
    db.user.update({ where: { id: userId }, data: { name: value, nameKey: value?.toLowerCase() ?? null } }),
    record(db, 'user.name-changed', { actor: userId, subjectId: userId, source }),
  ])
}
