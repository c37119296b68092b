import { Refusal } from '../../errors.ts'
import { NotStaffAnyMore } from './require-admin.ts'

/** To whom it was done, with what came of it, and who else was refused, with the sentence that says why. */
type Outcome<Result> = { done: { id: string; result: Result }[]; refused: { id: string; problem: string }[] }

/**
 * Does something to one person after another, each in a transaction of their own: who was changed meanwhile keeps no
 * other from it. Throws what `act` throws for one alone, what isn't about the person, and Refusal 403 to whoever is no
 * administrator any more.
 */
export async function actOnMany<Result>(
  ids: string[],
  act: (userId: string) => Promise<Result>,
): Promise<Outcome<Result>> {
  const outcome: Outcome<Result> = { done: [], refused: [] }
  const { done, refused } = outcome
  for (const id of ids) {
    try {
      done.push({ id, result: await act(id) })
    } catch (error) {
      if (!(error instanceof Refusal) || ids.length === 1) throw error
      if (error instanceof NotStaffAnyMore) throw done.length ? new NotStaffAnyMore(done.length) : error
      refused.push({ id, problem: error.message })
    }
  }
  return outcome
}
