import { z } from 'zod'
import type { MessageCode } from '../messages.ts'

const PAGE_SIZE = 50

/** How many rows to read for a page: one more than it shows tells whether there is another page. */
export const TO_READ = PAGE_SIZE + 1

/** The id of a row, as an address names it. */
export const id = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'id.form' satisfies MessageCode)

/** What is typed to narrow a list down, of so many characters at most. PostgreSQL has no NUL in a text. */
export const asked = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\0]*$/)
    .default('')

/** The boxes that are ticked, each of which sends its row’s id: of a page, all of them at most. */
export const ids = z
  .union([id.transform((one) => [one]), z.array(id).max(PAGE_SIZE)])
  .default([])
  .transform((all) => [...new Set(all)])

/**
 * Which page of a list an address asks for. Lists are newest first, and ids are made in order of time, so the id
 * is the key of the page: `after` asks for those after that id in the list (older), `before` for those before.
 */
export const pageKeys = { after: id.optional(), before: id.optional() }

export type PageKeys = { after?: string | undefined; before?: string | undefined }

/** The part of a query that reads the rows of a page, by id, of those that are as `where` says. */
export const newestFirst = <Where extends object>({ after, before }: PageKeys, where?: Where) => ({
  where: { ...where, ...(after ? { id: { lt: after } } : before && { id: { gt: before } }) },
  orderBy: { id: before ? ('asc' as const) : ('desc' as const) },
  take: TO_READ,
})

/** The page made of the rows that were read, from its key on, and the keys of the pages beside it. */
export function pageOf<Row extends { id: string }>(read: Row[], { after, before }: PageKeys) {
  const more = read.length > PAGE_SIZE
  const rows = before ? read.slice(0, PAGE_SIZE).reverse() : read.slice(0, PAGE_SIZE)
  return {
    rows,
    newer: (before ? more : after !== undefined) ? rows[0]?.id : undefined,
    older: (before ? true : more) ? rows.at(-1)?.id : undefined,
  }
}

/** The addresses of the pages beside one, by their keys. */
export const pagesBeside = (
  path: string,
  { newer, older }: { newer: string | undefined; older: string | undefined },
  query: Record<string, string | undefined> = {},
) => ({
  newer: newer && listAddress(path, { ...query, before: newer }),
  older: older && listAddress(path, { ...query, after: older }),
})

/** The address of a list with what is asked of it, leaving out what isn't. */
export function listAddress(path: string, query: Record<string, string | undefined>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]))
  return given.length ? `${path}?${new URLSearchParams(given)}` : path
}
