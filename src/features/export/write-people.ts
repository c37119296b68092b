import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Source } from '../../accounts/audit/audit.ts'
import { record } from '../../accounts/audit/audit.ts'
import { type Person, peopleAfter, wasSeen } from '../../accounts/people/find-people.ts'
import type { PeopleFilter } from '../../accounts/people/people-filter.ts'
import type { Db } from '../../db/client.ts'
import { csvHead, csvLine } from '../../http/csv.ts'

const BATCH = 500

const COLUMNS = [
  ...['username', 'name', 'email', 'role', 'status', 'createdAt', 'lastSeenAt'],
  ...['emailProven', 'twoFactor', 'id'],
]

/** What goes out of a person: an allow-list, with the key last, so that a record that was cut off shows it. */
const cells = (person: Person) => {
  const { username, name, email, role, status, createdAt, lastSeenAt, provenEmailKey, twoFactor, id } = person
  return [
    ...[username, name, email, role, status, createdAt.toISOString()],
    ...[wasSeen(lastSeenAt) ? lastSeenAt.toISOString() : null, provenEmailKey !== null, twoFactor, id],
  ]
}

/** How the file of a format begins, and a person in it. */
export const formats = {
  csv: { head: csvHead(COLUMNS), write: (person: Person) => csvLine(cells(person)) },
  jsonl: {
    head: '',
    write: (person: Person) => {
      const values = cells(person)
      return `${JSON.stringify(Object.fromEntries(COLUMNS.map((column, i) => [column, values[i]])))}\n`
    },
  },
}

type Export = {
  format: keyof typeof formats
  filter: PeopleFilter
  /** Whom the part before this ended with. */
  after: string | undefined
  actor: string
  source: Source
}

/**
 * Exactly the people a filter lets through, newest first, as text, some hundred at a time and others served
 * in between. How many went out is noted at the end, also where whoever reads goes away.
 */
export async function* writePeople(db: Db, { format, filter, after, actor, source }: Export) {
  const { head, write } = formats[format]
  let count = 0
  let whole = false
  try {
    if (!after) yield head
    for (let last = after; ; await nextTurn()) {
      const people = await peopleAfter(db, filter, last, BATCH)
      if (people.length) yield people.map(write).join('')
      count += people.length
      last = people.at(-1)?.id
      if (people.length < BATCH) break
    }
    whole = true
  } finally {
    const detail = { people: String(count), whole: whole ? 'yes' : 'no' }
    await record(db, 'people.export-ended', { actor, source, detail })
  }
}
