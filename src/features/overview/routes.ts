import { signUpAddress } from '../../accounts/admission.ts'
import { findPeople } from '../../accounts/people/find-people.ts'
import { clockAndDay, regionOf } from '../../accounts/region.ts'
import type { App } from '../../http/forms.ts'
import { page } from '../../http/pages.ts'
import { person } from '../../http/person.ts'
import { signedIn } from '../../http/session.ts'
import { fromNow } from '../../time.ts'
import { version } from '../../version.ts'
import { barChart } from './chart.ts'
import { countStuckMails } from './count-stuck-mails.ts'
import { health } from './health.ts'
import { overviewNumbers } from './numbers.ts'
import { drawOverview } from './words.ts'

const LATEST = 6

/** `/admin`, for administrators and support. */
export function overview(app: App) {
  const overviewPage = page(
    'overview/overview',
    async (request) => {
      const [{ days, ...numbers }, latest, stuckMails, parts] = await Promise.all([
        overviewNumbers(app.db),
        findPeople(app.db, { q: '' }, { take: LATEST }),
        countStuckMails(app.db),
        health(app),
      ])
      const region = regionOf(signedIn(request).user)
      return {
        title: 'Overview',
        numbers,
        days,
        stuckMails,
        health: { ...parts, version },
        latest: latest.rows.map(person),
        drawn: {
          ...drawOverview({ numbers, days, health: parts, stuckMails }, region.language),
          asOf: clockAndDay(fromNow(0), region),
          chart: barChart(days),
          approval: app.config.signUp === 'approval',
          byInvitation: app.config.signUp === 'invite',
          signUpAddress: signUpAddress(app.config),
        },
      }
    },
    { json: true },
  )
  app.get('/admin', async (_request, reply) => reply.show(overviewPage))
}
