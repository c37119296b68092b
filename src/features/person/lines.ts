import { peopleAfter } from '../../accounts/people/find-people.ts'
import type { Services } from '../../accounts/services.ts'
import type { Db } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { person } from '../../http/person.ts'
import { describePerson } from './describe-person.ts'

const BATCH = 500

/** Everybody, the newest first, a line each, for the command line: in words or as JSON. */
export async function* linesOfPeople(db: Db, json: boolean): AsyncGenerator<string> {
  for (let after: string | undefined; ; ) {
    const people = await peopleAfter(db, { q: '' }, after, BATCH)
    for (const one of people) {
      const { username, status, role, email } = one
      yield json ? JSON.stringify(person(one)) : [username, status, role, email ?? ''].join('  ').trim()
    }
    after = people.at(-1)?.id
    if (people.length < BATCH) return
  }
}

/** What is known of one person: a line for each fact, or all of it as JSON. */
export async function linesOfPerson(services: Services, user: User, json: boolean): Promise<string[]> {
  const about = await describePerson(services, user)
  if (json) return [JSON.stringify(about)]
  const { failedTries, invitation, request, ...facts } = about.person
  const lines = Object.entries(facts).flatMap(([label, fact]) => {
    if (fact === null) return []
    return `${label}: ${typeof fact === 'object' ? fact.iso : fact}`
  })
  return [...lines, `sessions: ${about.sessions.length}`]
}
