import { actNames, wordsOf } from '../../accounts/acts/act-words.ts'
import { signUpAddress } from '../../accounts/admission.ts'
import { countPeople } from '../../accounts/tally.ts'
import type { App } from '../../http/forms.ts'
import { listAddress } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { filterQuery } from '../../http/people-filter.ts'
import { listPeople } from './list-people.ts'
import { narrowing, pagerWords } from './narrowing.ts'
import { People, type PeopleQuery, peopleAddress } from './query.ts'

/** `/admin/users`, for administrators and support. */
export function people(app: App) {
  const usersPage = page(
    'people/people',
    async (request) => {
      const query = request.query as PeopleQuery
      const [list, counts] = await Promise.all([listPeople(app.db, query), countPeople(app.db)])
      const { people, looked, newer, older } = list
      const { q, status } = query.filter
      const { matches, ...ways } = narrowing(query, counts, list.matches, app.config)
      return {
        title: 'People',
        counts,
        ...{ people, matches, looked, newer, older },
        drawn: {
          ...ways,
          ...pagerWords(query, { shown: people.length, looked, matches }),
          query: { ...filterQuery(query.filter), sort: query.sort },
          onlyYou: counts.all === 1 && !q && !status && !ways.narrowed,
          here: queryFor(query),
          download: listAddress('/admin/users.csv', filterQuery(query.filter)),
          downloadLines: listAddress('/admin/users.jsonl', filterQuery(query.filter)),
          byInvitation: app.config.signUp === 'invite',
          signUpAddress: signUpAddress(app.config),
          acts: actNames(app.config).map((name) => ({ name, text: wordsOf(name).label })),
          everyMatch: listAddress('/admin/jobs/new', filterQuery(query.filter)),
        },
      }
    },
    { json: true },
  )
  app.get('/admin/users', { schema: { querystring: People } }, async (_request, reply) =>
    reply.show(usersPage),
  )
}

/** So many characters of what is asked for have room in an address beside a page of ids, encoded twice over. */
const ROOM = 600

/** What is asked of the list, so that an act on people of it leads back there; nothing if it is very long. */
function queryFor(query: PeopleQuery): string {
  const [, asked = ''] = peopleAddress(query).split('?')
  return encodeURIComponent(encodeURIComponent(asked)).length > ROOM ? '' : asked
}
