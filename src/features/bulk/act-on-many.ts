import { acts } from '../../accounts/acts.ts'
import type { Ask } from '../../accounts/as-admin.ts'
import type { Services } from '../../accounts/services.ts'
import { Refusal } from '../../errors.ts'
import type { DeedName } from './deeds.ts'

/** To whom it was done, and who else was refused, with the sentence that says why. */
type Outcome = { done: string[]; refused: { id: string; problem: string }[] }

/**
 * Does something to one person after another, each in a transaction of its own: who was changed meanwhile keeps no
 * other from it. Throws InvalidInput for the reason, before anything is done; and for one alone what it was refused by.
 */
export async function actOnMany(
  services: Pick<Services, 'config' | 'db'>,
  deed: DeedName,
  ids: string[],
  asked: Omit<Ask, 'userId'>,
): Promise<Outcome> {
  const outcome: Outcome = { done: [], refused: [] }
  for (const id of ids) {
    try {
      await acts[deed](services, { ...asked, userId: id })
      outcome.done.push(id)
    } catch (error) {
      if (!(error instanceof Refusal) || ids.length === 1) throw error
      outcome.refused.push({ id, problem: error.message })
    }
  }
  return outcome
}
