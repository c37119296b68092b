// node bench/seed-people.ts --users 1000000 --database file:people.db
// Fills an empty database, of either kind, with people who signed up over the last three years.
import { parseArgs } from 'node:util'
import { migrate } from '../src/db/migrate.ts'
import { now } from '../src/time.ts'
import { madeUpPeople } from './made-up-people.ts'
import { fillPostgresql } from './seed-postgresql.ts'
import { fillSqlite } from './seed-sqlite.ts'

/** Answers how many people a second were put there, with everything that the service finds them by. */
export async function seedPeople(url: string, users: number): Promise<number> {
  await migrate(url)
  const startedAt = performance.now()
  const until = now()
  if (url.startsWith('file:')) await fillSqlite(url, users, until)
  else await fillPostgresql(url, madeUpPeople(users, until))
  return users / ((performance.now() - startedAt) / 1000)
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { users: { type: 'string' }, database: { type: 'string' } } })
  const users = Number(values.users)
  if (!values.database || !Number.isInteger(users) || users < 100)
    throw new Error('Say how many, 100 or more, and where: --users 1000000 --database file:people.db')
  const perSecond = await seedPeople(values.database, users)
  console.log(`${users.toLocaleString('en')} people, ${Math.round(perSecond).toLocaleString('en')} a second`)
}
