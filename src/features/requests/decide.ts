import type { Ask } from '../../accounts/as-admin.ts'
import type { Db } from '../../db/client.ts'
import { Refusal } from '../../errors.ts'

/**
 * Decides on several sign-ups, each in a transaction of its own; answers the names of those whom it was not too late
 * for. What is refused for the only one is thrown, and so is what would be refused for each.
 */
export async function decideOn(
  db: Db,
  decide: (db: Db, ask: Ask) => Promise<string>,
  userIds: string[],
  ask: Omit<Ask, 'userId'>,
): Promise<string[]> {
  const names: string[] = []
  for (const userId of userIds)
    try {
      names.push(await decide(db, { ...ask, userId }))
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 409) || userIds.length === 1) throw error
    }
  return names
}
