import { findPeople } from '../../accounts/find-people.ts'
import { countPeople } from '../../accounts/tally.ts'
import type { App } from '../../http/forms.ts'
import { page } from '../../http/pages.ts'
import { person } from '../../http/person.ts'
import { countStuckMails } from './count-stuck-mails.ts'

const LATEST = 6

/** `/admin`, for administrators and support. */
export function overview(app: App) {
  const overviewPage = page(
    'overview/overview',
    async () => {
      const [counts, latest, stuckMails] = await Promise.all([
        countPeople(app.db),
        findPeople(app.db, { q: '' }, { take: LATEST }),
        countStuckMails(app.db),
      ])
      return {
        title: 'Overview',
        counts: { people: counts.all, active: counts.active, suspended: counts.suspended },
        stuckMails,
        latest: latest.rows.map(person),
        drawn: {
          signUpAddress: app.config.signUp === 'open' ? `${app.config.baseUrl}/register` : undefined,
        },
      }
    },
    { json: true },
  )
  app.get('/admin', async (_request, reply) => reply.show(overviewPage))
}
