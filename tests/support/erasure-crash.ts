import { setTimeout as sleep } from 'node:timers/promises'
import { record } from '../../src/accounts/audit/audit.ts'
import type { Db } from '../../src/db/client.ts'
import { addMemberWithEverything, letTimePass } from './closing.ts'
import { dump } from './dump.ts'
import { launch } from './launch.ts'
import { source } from './people.ts'

const PEOPLE = 15

/** Closed accounts whose time is up, with all there can be of a member, by all that identifies them. */
async function addClosed(db: Db, round: number) {
  const people = []
  for (let n = 0; n < PEOPLE; n++) {
    const { user, identifiers } = await addMemberWithEverything(db, `round${round}n${n}x`)
    const { id } = user
    await record(db, 'user.closing', { actor: id, subjectId: id, source })
    await db.user.update({ where: { id }, data: { status: 'closing' } })
    people.push({ id, identifiers })
  }
  await letTimePass(db)
  return people
}

/**
 * Kills a server, `kills` times, while it erases accounts. Answers how many of how many were erased by then, and every
 * account of which there was a part: none, if all is well.
 */
export async function crashAmidErasure(db: Db, url: string, kills: number) {
  const violations: string[] = []
  const people: Awaited<ReturnType<typeof addClosed>> = []
  const onRecord = () => db.auditEvent.count({ where: { event: 'user.erased' } })
  for (let round = 0; round < kills; round++) {
    people.push(...(await addClosed(db, round)))
    const before = await onRecord()
    await db.throttle.deleteMany({ where: { key: 'purge' } })
    const server = await launch({ DATABASE_URL: url, LOG_LEVEL: 'silent' })
    // After the first in the first round, after some more in others.
    while ((await onRecord()) <= before + round && server.running()) await sleep(1)
    await server.stop('SIGKILL')
    const lines = await dump(db, url)
    const left = new Set((await db.user.findMany({ select: { id: true } })).map(({ id }) => id))
    // The last mail is on its way.
    const others = lines.filter((line) => !line.startsWith('Mail.address:'))
    for (const { id, identifiers } of people) {
      const isIn = (some: string[]) => (word: string) => some.some((line) => line.includes(word))
      const lost = identifiers.filter((word) => !isIn(lines)(word))
      const kept = identifiers.filter(isIn(others))
      if (left.has(id) && lost.length) violations.push(`${id} is there, but for ${lost}`)
      if (!left.has(id) && kept.length) violations.push(`${id} is gone, but for ${kept}`)
    }
    const gone = people.filter(({ id }) => !left.has(id)).length
    if ((await onRecord()) !== gone)
      violations.push(`${gone} are gone, and ${await onRecord()} are on record`)
  }
  return { erased: await onRecord(), people: people.length, violations }
}
