import { z } from 'zod'
import type { Sort, Spot } from '../../accounts/people/find-people.ts'
import { id } from '../../http/lists.ts'

const milliseconds = z.string().regex(/^\d{1,13}$/)
const username = z.string().regex(/^[^\p{Cc}]{1,64}$/u)

/** Somebody's place in the list as an address names it: their id, and what else the order is by. */
export function spotText(sort: Sort, { id, key }: Spot): string {
  if (sort === 'joined' || sort === '-joined') return id
  return `${id}~${key instanceof Date ? key.getTime() : key}`
}

/** Reads such a place; undefined if it isn't one of that order. */
export function readSpot(sort: Sort, text: string): Spot | undefined {
  const tilde = text.indexOf('~')
  const whose = tilde < 0 ? text : text.slice(0, tilde)
  const rest = tilde < 0 ? undefined : text.slice(tilde + 1)
  if (!id.safeParse(whose).success) return undefined
  if (sort === 'joined' || sort === '-joined')
    return rest === undefined ? { id: whose, key: whose } : undefined
  if (sort === 'username' || sort === '-username') {
    const name = username.safeParse(rest)
    return name.success ? { id: whose, key: name.data } : undefined
  }
  const at = milliseconds.safeParse(rest)
  return at.success ? { id: whose, key: new Date(Number(at.data)) } : undefined
}
