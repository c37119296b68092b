import { Readable } from 'node:stream'
import { z } from 'zod'
import { record } from '../../accounts/audit.ts'
import type { App } from '../../http/forms.ts'
import { id, listAddress } from '../../http/lists.ts'
import { filterQuery, peopleFilter } from '../../http/people-filter.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { minutes } from '../../time.ts'
import { writePeople } from './write-people.ts'

const Export = z.strictObject({ ...peopleFilter, after: id.optional() })

const LONGEST_SILENCE = minutes(5)

const TYPES = { csv: 'text/csv; charset=utf-8', jsonl: 'application/jsonl; charset=utf-8' } as const

/**
 * `/admin/users.csv` and `/admin/users.jsonl`: the list of people as a file, for administrators who have just
 * confirmed who they are. Neither is made for a HEAD.
 */
export function peopleExport(app: App) {
  for (const format of ['csv', 'jsonl'] as const) {
    const config = { offeredOn: '/admin/users' }
    const options = { schema: { querystring: Export }, config, exposeHeadRoute: false }
    app.get(`/admin/users.${format}`, options, async (request, reply) => {
      const { after, ...filter } = request.query
      const [actor, source] = [signedIn(request).user.id, sourceOf(request)]
      // What was searched for may be somebody's address, and the trail keeps nobody's: erasure couldn't find it here.
      const asked = { ...filterQuery(filter), q: filter.q && '*', after }
      const detail = { file: listAddress(`users.${format}`, asked) }
      await record(app.db, 'people.exported', { actor, source, detail })
      // Until it comes to the next who fit, nothing is sent; the usual limit is for who doesn't read.
      reply.raw.setTimeout(LONGEST_SILENCE, () => reply.raw.destroy())
      const people = writePeople(app.db, { format, filter, after, actor, source })
      return reply
        .type(TYPES[format])
        .header('content-disposition', `attachment; filename="people.${format}"`)
        .send(Readable.from(people))
    })
  }
}
