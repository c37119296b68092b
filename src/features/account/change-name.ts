import { record, type Source } from '../../accounts/audit/audit.ts'
import { prepareLine } from '../../accounts/line.ts'
import { accept } from '../../accounts/text.ts'
import type { Db } from '../../db/client.ts'

/** Sets the name a member is shown by; an empty one takes it away. Throws InvalidInput. */
export async function changeName(db: Db, userId: string, typed: string, source: Source): Promise<void> {
  const { name } = accept({ name: prepareLine(typed, 100) })
  const data = { name: name || null, nameKey: name.toLowerCase() || null }
  await db.$transaction([
    db.user.update({ where: { id: userId }, data }),
    record(db, 'user.name-changed', { actor: userId, subjectId: userId, source }),
  ])
}
