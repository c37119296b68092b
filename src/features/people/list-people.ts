import { whoWaits } from '../../accounts/admission.ts'
import { findPeople, type Person, spotOf } from '../../accounts/people/find-people.ts'
import type { Db } from '../../db/client.ts'
import { pageOf, TO_READ } from '../../http/lists.ts'
import { person } from '../../http/person.ts'
import { type PeopleQuery, peopleAddress } from './query.ts'

/**
 * A page of the list, with the addresses of those beside it. Where looking took too long, the one beside it begins
 * where it stopped; `looked` is how many were looked at.
 */
export async function listPeople(db: Db, query: PeopleQuery) {
  const { filter, sort, after, before } = query
  const found = await findPeople(db, filter, { sort, after, before, take: TO_READ })
  const { rows, newer, older } = pageOf(found.rows, { after: after?.id, before: before?.id })
  const [first, last] = [rows[0], rows.at(-1)]
  const start = { filter, sort }
  // From a page without anybody no way leads back but to the start.
  const back = (person: Person | undefined) =>
    peopleAddress(person ? { ...start, before: spotOf(sort, person) } : start)
  const on = (person: Person | undefined) =>
    peopleAddress(person ? { ...start, after: spotOf(sort, person) } : start)
  const { stopped } = found
  // Where all who match are on this page, they are as many.
  const isAll = !stopped && !after && !before && !older
  const waiting = await whoWaits(db, rows)
  return {
    people: rows.map((row) => ({ ...person(row), waits: waiting.has(row.id) })),
    matches: found.matches ?? (isAll ? { count: rows.length, orMore: false } : undefined),
    looked: stopped?.looked,
    newer:
      stopped && before
        ? peopleAddress({ ...start, before: stopped.at })
        : newer || (after && !first)
          ? back(first)
          : undefined,
    older:
      stopped && !before
        ? peopleAddress({ ...start, after: stopped.at })
        : older || (before && !last)
          ? on(last)
          : undefined,
  }
}
