import { z } from 'zod'
import { record } from '../../accounts/audit/audit.ts'
import { type EventGroup, eventGroups, eventsOf } from '../../accounts/audit/event-groups.ts'
import { eventText } from '../../accounts/audit/event-words.ts'
import { findEvents } from '../../accounts/audit/find-events.ts'
import { noteOnce } from '../../accounts/audit/note-once.ts'
import { InvalidInput } from '../../errors.ts'
import type { App } from '../../http/forms.ts'
import { listAddress, pageKeys, pageOf, pagesBeside, TO_READ } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { sendFile } from '../../http/send-file.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { hours } from '../../time.ts'
import { type AuditQuery, auditFilter, dayTyped, readFilter } from './read-query.ts'
import { eventsInWords } from './rows.ts'
import { writeEvents } from './write-events.ts'

const Audit = z.object({ ...auditFilter, ...pageKeys })

const filterOf = ({ who, by, about, action, from, to }: AuditQuery) => ({ who, by, about, action, from, to })

/** What may be chosen under “Action”: everything of a kind, or one thing. */
const actions = [
  { options: [{ value: '', text: 'Any' }] },
  ...(Object.entries(eventGroups) as [EventGroup, string][]).map(([group, label]) => ({
    label,
    options: [
      { value: group as string, text: `${label}, all` },
      ...eventsOf(group).map((value) => ({ value, text: eventText(value) })),
    ],
  })),
]

/** `/admin/audit`, for administrators. */
export function audit(app: App) {
  async function found(query: z.output<typeof Audit>) {
    const filter = await readFilter(app.db, query)
    const { rows, stoppedAt } = await findEvents(app.db, filter, { ...query, take: TO_READ })
    const { newer, older, ...list } = pageOf(rows, query)
    const goOn = stoppedAt && (query.before ? { newer: stoppedAt } : { older: stoppedAt })
    return {
      events: await eventsInWords(app.db, list.rows),
      stopped: Boolean(stoppedAt),
      newer,
      older,
      ...goOn,
    }
  }
  const nothing = { events: [], stopped: false, newer: undefined, older: undefined }

  const auditPage = (shown: Awaited<ReturnType<typeof found>>) =>
    page(
      'audit/audit',
      (request) => {
        const query = request.query as z.output<typeof Audit>
        const filter = filterOf(query)
        return {
          title: 'Audit log',
          events: shown.events,
          stopped: shown.stopped,
          ...pagesBeside('/admin/audit', shown, filter),
          drawn: {
            query: filter,
            days: { from: dayTyped(query.from), to: dayTyped(query.to) },
            actions,
            narrowed: Object.values(filter).some(Boolean),
            download: listAddress('/admin/audit.csv', filter),
          },
        }
      },
      { json: true },
    )

  app.get('/admin/audit', { schema: { querystring: Audit } }, async (request, reply) => {
    try {
      const shown = await found(request.query)
      await noteOnce(app.db, hours(1), 'audit.viewed', {
        actor: signedIn(request).user.id,
        source: sourceOf(request),
      })
      return await reply.show(auditPage(shown))
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error
      return reply.show(auditPage(nothing), { rejected: error, status: 422 })
    }
  })
}

/** `/admin/audit.csv`, for administrators who have just confirmed who they are. It is not made for a HEAD. */
export function auditExport(app: App) {
  const config = { offeredOn: '/admin/audit' }
  const querystring = z.object({ ...auditFilter, after: pageKeys.after })
  const options = { schema: { querystring }, config, exposeHeadRoute: false }
  app.get('/admin/audit.csv', options, async (request, reply) => {
    const filter = await readFilter(app.db, request.query)
    const [actor, source] = [signedIn(request).user.id, sourceOf(request)]
    // Who was asked for may be an address, and the trail keeps nobody's: erasure couldn't find it here.
    const { after } = request.query
    const { who, by, about, ...asked } = filterOf(request.query)
    const people = { who: who && '*', by: by && '*', about: about && '*' }
    const detail = { file: listAddress('audit.csv', { ...people, ...asked, after }) }
    await record(app.db, 'audit.downloaded', { actor, source, detail })
    return sendFile(reply, 'audit', 'csv', writeEvents(app.db, filter, after))
  })
}
