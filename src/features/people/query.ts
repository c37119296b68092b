import { z } from 'zod'
import type { Sort, Spot } from '../../accounts/people/find-people.ts'
import { listAddress } from '../../http/lists.ts'
import { filterQuery, peopleFilter } from '../../http/people-filter.ts'
import { readSpot, spotText } from './list-spot.ts'

const DEFAULT_SORT = '-joined'
const SORTS = ['-joined', 'joined', '-seen', 'seen', 'username', '-username'] as const

/** What the list is asked for. A place in it is one in its order. */
export const People = z
  .strictObject({
    ...peopleFilter,
    sort: z.union([z.literal(''), z.enum(SORTS)]).optional(),
    after: z.string().optional(),
    before: z.string().optional(),
  })
  .transform(({ sort: typed, after: afterText, before: beforeText, ...filter }, context) => {
    const sort: Sort = typed || DEFAULT_SORT
    const spot = (name: 'after' | 'before', text: string | undefined): Spot | undefined => {
      const read = text === undefined ? undefined : readSpot(sort, text)
      if (text !== undefined && !read) context.addIssue({ code: 'custom', path: [name] })
      return read
    }
    return { filter, sort, after: spot('after', afterText), before: spot('before', beforeText) }
  })

export type PeopleQuery = z.output<typeof People>

/** The address of the list for a filter and an order, from its start or from a place on. */
export function peopleAddress({
  filter,
  sort,
  after,
  before,
}: Partial<PeopleQuery> & Pick<PeopleQuery, 'filter'>): string {
  const order = sort ?? DEFAULT_SORT
  return listAddress('/admin/users', {
    ...filterQuery(filter),
    sort: order === DEFAULT_SORT ? undefined : order,
    after: after && spotText(order, after),
    before: before && spotText(order, before),
  })
}
