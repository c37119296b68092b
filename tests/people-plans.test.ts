import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { beforeAll, expect, inject, test, vi } from 'vitest'
import {
  findPeople,
  type Person,
  peopleAfter,
  type Sort,
  spotOf,
} from '../src/accounts/people/find-people.ts'
import type { PeopleFilter } from '../src/accounts/people/people-filter.ts'
import { type Db, openDb } from '../src/db/client.ts'
import { sqlitePath } from '../src/db/sqlite.ts'
import { SqliteStatements } from '../src/db/sqlite-statements.ts'
import { freshDatabase } from './support/database.ts'

const onSqlite = inject('provider') === 'sqlite'
const byId = onSqlite ? 'sqlite_autoindex_User_1' : 'User_pkey'
const bySeen = 'User_lastSeenAt_id_idx'
const byUsername = 'User_username_key'
const byWords = onSqlite ? byId : 'User_search_idx'
const byLetters = onSqlite ? byId : 'User_letters_idx'

/** The index of an order that has only those who aren't active. */
const rare = (ordered: string | undefined) =>
  ordered && (ordered === bySeen ? 'User_rare_status_lastSeenAt_idx' : 'User_rare_status_username_idx')

/** What is asked for, and the index that has it by id; what most are may be found among all by id as well. */
const FILTERS: [Partial<PeopleFilter>, string, (string | undefined)?][] = [
  [{ status: 'suspended' }, 'User_status_id_idx', onSqlite ? undefined : rare(byUsername)],
  [{ status: 'active' }, 'User_status_id_idx', byId],
  [{ role: 'support' }, 'User_role_id_idx'],
  [{ twoFactor: true }, 'User_twoFactor_id_idx'],
  [{ twoFactor: false }, 'User_twoFactor_id_idx', byId],
  [{ unconfirmed: true }, 'User_unconfirmed_idx'],
  [{ imported: true }, 'User_imported_idx'],
  [{ joined: 30 }, byId],
  [{ status: 'suspended', joined: 30 }, 'User_status_id_idx'],
]
const SORTS: [Sort, string | undefined][] = [
  ['-joined', undefined],
  ['joined', undefined],
  ['-seen', bySeen],
  ['seen', bySeen],
  ['username', byUsername],
  ['-username', byUsername],
]

const patient = { patience: Number.POSITIVE_INFINITY, indexPatience: 5000, first: 60 }
const whole = { ...patient, told: 100_000, small: 100_000 }
const windows = { ...patient, told: -1, small: -1 }

type Statement = { sql: string; args: unknown[] }
/** What the planner does with "User": the indexes it uses, whether it reads all of it or sorts what it reads. */
type Plan = { indexes: string[]; full: boolean; sorted: boolean }

let db: Db
let explain: (statement: Statement) => Promise<Plan>
const sent: Statement[] = []

beforeAll(async () => {
  const database = await freshDatabase()
  db = await openDb(database.url)
  for (let batch = 0; batch < 20; batch++) await db.user.createMany({ data: thousand(batch) })
  if (!onSqlite) await db.$executeRaw`ANALYZE "User"`
  const close = onSqlite ? explainOnSqlite(database.url) : await explainOnPostgresql(database.url)
  return async () => {
    await close()
    await db.$disconnect()
    await database.remove()
  }
})

const thousand = (batch: number) =>
  Array.from({ length: 1000 }, (_, index) => {
    const i = batch * 1000 + index
    const at = new Date(Date.now() - (20_000 - i) * 600_000)
    const time = at.getTime().toString(16).padStart(12, '0')
    const email = i % 3 ? `person.${i}@example.org` : null
    return {
      id: `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${i.toString(16).padStart(12, '0')}`,
      ...{
        username: `person-${i}`,
        usernameSkeleton: `person-${i}`,
        name: `Person ${i}`,
        nameKey: `person ${i}`,
      },
      ...{ email, emailKey: email, provenEmailKey: i % 50 ? email : null },
      passwordHash: i % 40 ? '$argon2id$x' : '$2b$10$x',
      passwordChangedAt: at,
      status: i % 50 ? ('active' as const) : ('suspended' as const),
      role: i % 60 ? ('member' as const) : ('support' as const),
      twoFactor: i % 40 === 1,
      ...{ createdAt: at, lastSeenAt: new Date(at.getTime() + (i % 100) * 60_000) },
    }
  })

function explainOnSqlite(url: string) {
  const query = SqliteStatements.prototype.query
  vi.spyOn(SqliteStatements.prototype, 'query').mockImplementation(function (this: SqliteStatements, asked) {
    sent.push({ sql: asked.sql, args: [] })
    return query.call(this, asked)
  })
  const database = new DatabaseSync(sqlitePath(url))
  explain = async ({ sql }) => {
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as {
      id: number
      parent: number
      detail: string
    }[]
    const inWindow = new Set(steps.filter(({ detail }) => detail === 'CO-ROUTINE window').map(({ id }) => id))
    for (const { id, parent } of steps) if (inWindow.has(parent)) inWindow.add(id)
    if (sql.includes('"window"')) expect(inWindow.size).toBeGreaterThan(1)
    const used = steps.filter(({ detail }) => /^(SEARCH|SCAN) User\b/.test(detail))
    return {
      indexes: used.flatMap(({ detail }) => / INDEX (\w+)/.exec(detail)?.[1] ?? []),
      full: used.some(({ detail }) => !/ USING /.test(detail)),
      sorted: steps.some(({ id, detail }) => inWindow.has(id) && /TEMP B-TREE/.test(detail)),
    }
  }
  return async () => database.close()
}

type Node = { [fact: string]: unknown; Plans?: Node[] }
const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)]

async function explainOnPostgresql(url: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  // So small a table would be read whole, and sorted.
  await client.query('SET enable_seqscan = off; SET enable_sort = off')
  const query = pg.Client.prototype.query as (this: pg.Client, ...all: unknown[]) => unknown
  vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...all: unknown[]) {
    const [asked] = all as [pg.QueryConfig | string]
    if (typeof asked === 'object' && this !== client) sent.push({ sql: asked.text, args: asked.values ?? [] })
    return query.apply(this, all)
  } as never)
  explain = async ({ sql, args }) => {
    const { rows } = (await client.query(`EXPLAIN (FORMAT JSON) ${sql}`, args)) as {
      rows: { 'QUERY PLAN': { Plan: Node }[] }[]
    }
    const nodes = nodesOf(rows[0]?.['QUERY PLAN'][0]?.Plan ?? {})
    // Where all of it is only counted, its limit is all there is of it.
    const window =
      nodes.find((node) => node.Alias === 'window') ?? nodes.find((node) => node['Node Type'] === 'Limit')
    if (sql.includes('"window"')) expect(window).toBeDefined()
    return {
      indexes: nodes.flatMap((node) => (typeof node['Index Name'] === 'string' ? [node['Index Name']] : [])),
      full: nodes.some((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] === 'User'),
      sorted:
        sql.includes('"window"') &&
        nodesOf(window ?? {}).some((node) => /Sort/.test(String(node['Node Type']))),
    }
  }
  return () => client.end()
}

/** The plans of what some work asks of "User". */
async function plansOf(work: () => Promise<unknown>): Promise<Plan[]> {
  sent.length = 0
  await work()
  const statements = sent.filter(({ sql }) => sql.includes('"User"'))
  return Promise.all(statements.map(explain))
}

async function expectIndexes(
  work: () => Promise<unknown>,
  indexes: (string | undefined)[],
  other?: string | undefined,
) {
  const plans = await plansOf(work)
  expect(plans.filter(({ full, sorted }) => full || sorted)).toEqual([])
  const namesOf = (all: (string | undefined)[]) =>
    [...new Set(all.map((index) => (index === other ? indexes[0] : index)).filter(Boolean))].sort()
  expect(namesOf(plans.flatMap((plan) => plan.indexes))).toEqual(namesOf(indexes))
}

/** Somebody in the middle. */
const [middle] = thousand(5)
const spot = (sort: Sort) => spotOf(sort, middle as Person)
const places = (sort: Sort) => [{}, { after: spot(sort) }, { before: spot(sort) }]

test.each(SORTS)('everybody by %s, from the index of that order', async (sort, index) => {
  for (const place of places(sort))
    await expectIndexes(() => findPeople(db, { q: '' }, { sort, ...place, take: 51 }, whole), [index ?? byId])
})

test.each(FILTERS)(
  'those with %o, few or many, by their index or that of the order',
  async (filter, index, other) => {
    for (const [sort, ordered] of SORTS)
      for (const place of places(sort)) {
        const find = (limits: typeof whole) => () =>
          findPeople(db, { q: '', ...filter }, { sort, ...place, take: 51 }, limits)
        await expectIndexes(find(whole), [index], other)
        await expectIndexes(
          find(windows),
          [index, filter.status === 'suspended' ? rare(ordered) : ordered],
          other,
        )
      }
    await expectIndexes(() => peopleAfter(db, { q: '', ...filter }, undefined, 51), [index], other)
  },
)

test.each(SORTS)(
  'a search by %s, from the index of parts of words, or that of the order',
  async (sort, index) => {
    for (const place of places(sort)) {
      const find = (q: string, limits: typeof whole) => () =>
        findPeople(db, { q }, { sort, ...place, take: 51 }, limits)
      const first = [byId, index ?? byId]
      await expectIndexes(find('son-1234', whole), [...first, byWords])
      await expectIndexes(find('nobody', whole), [...first, byWords])
      await expectIndexes(find('ирина', whole), [...first, byLetters])
      await expectIndexes(find('zz', whole), first)
    }
    const named = [byUsername, 'User_emailKey_idx', 'User_nameKey_idx']
    const stopped = { ...windows, patience: -1, indexPatience: 1 }
    await expectIndexes(
      () => findPeople(db, { q: 'zz' }, { sort, take: 51 }, stopped),
      [byId, index ?? byId, ...named],
    )
  },
)

test('everybody who has something rare, from the index of parts of words', async () => {
  await expectIndexes(() => peopleAfter(db, { q: 'nobody' }, undefined, 51), [byId, byWords])
  // Not by going through all of them.
  expect(sent.filter(({ sql }) => sql.includes('"window"'))).toHaveLength(4)
})
