import { z } from 'zod'
import { record } from '../../accounts/audit/audit.ts'
import type { App } from '../../http/forms.ts'
import { id, listAddress } from '../../http/lists.ts'
import { filterQuery, peopleFilter } from '../../http/people-filter.ts'
import { sendFile } from '../../http/send-file.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { minutes } from '../../time.ts'
import { writePeople } from './write-people.ts'

const Export = z.strictObject({ ...peopleFilter, after: id.optional() })

const LONGEST_SILENCE = minutes(5)

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
      return sendFile(reply, 'people', format, writePeople(app.db, { format, filter, after, actor, source }))
    })
  }
}
