import { Prisma } from '../../db/generated/sqlite/client.ts'
import { containing } from '../../db/like.ts'

/** A search term as the columns that are searched are written. */
export const searchTerm = (q: string) => q.trim().toLowerCase().normalize('NFC')

/** Whether a term is somebody's whole id. */
export const isId = (term: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(term)

/** Whoever has a term in their username, address or name, or is meant by a whole id. Each is looked at. */
export function matching(term: string): Prisma.Sql {
  if (!term) return Prisma.sql`TRUE`
  if (isId(term)) return Prisma.sql`"id" = ${term}`
  const part = containing(term)
  return Prisma.sql`("username" LIKE ${part} ESCAPE '\\' OR "emailKey" LIKE ${part} ESCAPE '\\' OR "nameKey" LIKE ${part} ESCAPE '\\')`
}

/** Whoever is called just so. */
export const exactly = (term: string): Prisma.Sql =>
  Prisma.sql`("username" = ${term} OR "emailKey" = ${term} OR "nameKey" = ${term})`
