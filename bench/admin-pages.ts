import type { Db } from '../src/db/client.ts'
import type { User } from '../src/db/generated/sqlite/client.ts'

/** What p95 may be, in ms, if not the limit of all pages. */
const RARE_LIMIT_MS = 300

/** A page: its addresses, asked for one after the other and over again, and what p95 may be at most, in ms. */
export type AdminPage = { name: string; addresses: string[]; limit?: number }

/** How many different people pages about somebody are asked for. */
const SAMPLE = 25

const FILTERS = [
  ...['status=active', 'status=pending', 'status=suspended', 'status=closing'],
  ...['role=member', 'role=support', 'role=admin', 'joined=1', 'joined=7', 'joined=30'],
  ...['twoFactor=on', 'twoFactor=off', 'unconfirmed=1', 'imported=1'],
  ...['status=suspended&twoFactor=off', 'role=member&imported=1', 'unconfirmed=1&joined=30'],
]

const list = (query = '') => `/admin/users${query && '?'}${query}`

/** The pages of administrators that read people, on a database that is full of made-up ones. */
export async function adminPages(db: Db): Promise<AdminPage[]> {
  const some = await sample(db)
  /** Near the end of each order, as a page there is asked for. */
  const [oldest, newest] = [await near(db, { id: 'asc' }), await near(db, { id: 'desc' })]
  const [longAgo, justNow] = [await near(db, { lastSeenAt: 'asc' }), await near(db, { lastSeenAt: 'desc' })]
  const [first, last] = [await near(db, { username: 'asc' }), await near(db, { username: 'desc' })]
  const deep = {
    '-joined': oldest.id,
    joined: newest.id,
    '-seen': `${longAgo.id}~${longAgo.lastSeenAt.getTime()}`,
    seen: `${justNow.id}~${justNow.lastSeenAt.getTime()}`,
    username: `${last.id}~${last.username}`,
    '-username': `${first.id}~${first.username}`,
  }
  const of = (name: string, query: string, more: Partial<AdminPage> = {}) => ({
    name,
    addresses: [list(query)],
    ...more,
  })
  const search = (name: string, ...terms: string[]) => ({
    name: `Search for ${name}`,
    addresses: terms.map((q) => list(`${new URLSearchParams({ q })}`)),
  })
  return [
    of('First page', ''),
    { name: 'A page anywhere', addresses: some.map(({ id }) => list(`after=${id}`)) },
    ...Object.entries(deep).flatMap(([sort, after]) => [
      of(`Order ${sort}, first page`, `sort=${sort}`),
      of(`Order ${sort}, last page`, `${new URLSearchParams({ sort, after })}`),
    ]),
    ...FILTERS.map((filter) => of(`Filter ${filter}`, filter)),
    of('Filter status=suspended by username', 'status=suspended&sort=username'),
    of('Filter status=pending by last seen', 'status=pending&sort=-seen'),
    search('the start of a name', ...some.map(({ username }) => username.slice(0, 5))),
    search('the end of a username', ...some.map(({ username }) => username.slice(2))),
    search('an address', ...some.flatMap(({ emailKey }) => emailKey ?? [])),
    search('an id', ...some.map(({ id }) => id)),
    search('what many have', 'example.org', 'an', 'silva', 'mar'),
    search('two letters of few', '佐藤', '민준', '丽', 'zh'),
    search('what nobody has', 'qzxjvq', 'xxqqzz'),
    search('what nobody has, of common parts', 'mplexa', 'ple.orgex'),
  ]
    .map((page) => (/(end of a|address)/.test(page.name) ? { ...page, limit: RARE_LIMIT_MS } : page))
    .concat([
      { name: 'A person', addresses: some.map(({ id }) => `/admin/users/${id}`) },
      { name: 'Overview', addresses: ['/admin'] },
      { name: 'Audit log', addresses: ['/admin/audit'] },
      { name: 'Mail', addresses: ['/admin/mail'] },
    ])
}

/** People from all over the list. */
async function sample(db: Db): Promise<User[]> {
  const [first, last] = await Promise.all([near(db, { id: 'asc' }), near(db, { id: 'desc' })])
  const [from, to] = [first.createdAt.getTime(), last.createdAt.getTime()]
  const found = []
  for (let i = 0; i < SAMPLE; i++) {
    const at = Math.floor(from + ((to - from) * (i + 0.5)) / SAMPLE)
    const time = at.toString(16).padStart(12, '0')
    const gte = `${time.slice(0, 8)}-${time.slice(8)}`
    found.push(await db.user.findFirstOrThrow({ where: { id: { gte } }, orderBy: { id: 'asc' } }))
  }
  return found
}

/** Somebody a page away from the beginning of an order. */
const near = (db: Db, order: Partial<Record<'id' | 'lastSeenAt' | 'username', 'asc' | 'desc'>>) =>
  db.user.findFirstOrThrow({
    orderBy: Object.entries(order).map(([name, way]) => ({ [name]: way })),
    skip: 40,
  })
