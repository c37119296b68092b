import { z } from 'zod'
import type { PeopleFilter } from '../accounts/people/people-filter.ts'
import { Role, UserStatus } from '../db/generated/sqlite/enums.ts'

/** What a form sends empty is not asked for. */
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.union([z.literal('').transform(() => undefined), schema]).optional()

const yes = optional(z.literal('1').transform(() => true))

/** By what addresses narrow a list of people down: a PeopleFilter, as text. */
export const peopleFilter = {
  // PostgreSQL has no NUL in a text; nobody types the others.
  q: z
    .string()
    .max(254)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u)
    .trim()
    .default(''),
  status: optional(z.enum(UserStatus)),
  role: optional(z.enum(Role)),
  joined: optional(z.enum(['1', '7', '30']).transform(Number)),
  twoFactor: optional(z.enum(['on', 'off']).transform((typed) => typed === 'on')),
  unconfirmed: yes,
  imported: yes,
}

/** A filter as an address has it. */
export const filterQuery = ({
  q,
  status,
  role,
  joined,
  twoFactor,
  unconfirmed,
  imported,
}: PeopleFilter): Record<string, string | undefined> => ({
  ...{ q, status, role },
  joined: joined ? String(joined) : undefined,
  twoFactor: twoFactor === undefined ? undefined : twoFactor ? 'on' : 'off',
  unconfirmed: unconfirmed ? '1' : undefined,
  imported: imported ? '1' : undefined,
})
