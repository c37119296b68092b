import { z } from 'zod'
import type { App } from '../../http/forms.ts'
import { pageKeys, pagesBeside } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { signedIn } from '../../http/session.ts'
import { listEvents } from './list-events.ts'

const Pages = z.object(pageKeys)

/** `/account/activity`, for members: what happened to their account. */
export function activity(app: App) {
  const activityPage = page(
    'activity/activity',
    async (request) => {
      const keys = request.query as z.output<typeof Pages>
      const { events, ...beside } = await listEvents(app, signedIn(request).user.id, keys)
      return { title: 'Activity', events, ...pagesBeside('/account/activity', beside) }
    },
    { json: true },
  )
  app.get('/account/activity', { schema: { querystring: Pages } }, async (_request, reply) =>
    reply.show(activityPage),
  )
}
