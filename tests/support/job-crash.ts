import { randomUUIDv7 } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../../src/db/client.ts'
import { fromNow } from '../../src/time.ts'
import { addJob } from './jobs.ts'
import { launch } from './launch.ts'
import { addPerson } from './people.ts'

const PEOPLE = 150

/**
 * Kills a server, `kills` times, while it suspends everybody, and lets the last one come to the end. Answers how many
 * it had suspended before that, and everybody whom it left out or came to twice: none, if all is well.
 */
export async function crashAmidJob(db: Db, url: string, kills: number) {
  const { user } = await addPerson(db, 'ada.admin', { role: 'admin' })
  const names = Array.from({ length: PEOPLE }, (_, n) => `person${n}x`)
  const rows = names.map((username) => ({
    ...{ id: randomUUIDv7(), username, usernameSkeleton: username, passwordHash: '' },
    passwordChangedAt: new Date(),
  }))
  await db.user.createMany({ data: rows })
  const id = await addJob(db, { actorId: user.id, filter: { q: 'person' } })
  const job = () => db.job.findUniqueOrThrow({ where: { id } })

  let before = 0
  for (let round = 0; round <= kills; round++) {
    // As it falls due by itself two minutes after a death.
    await db.job.update({ where: { id }, data: { dueAt: fromNow(0) } })
    const server = await launch({ DATABASE_URL: url, LOG_LEVEL: 'silent' })
    const isLast = round === kills
    const goesOn = async () =>
      isLast ? (await job()).state === 'running' : (await job()).done <= before + round
    while ((await goesOn()) && server.running()) await sleep(1)
    await server.stop(isLast ? 'SIGTERM' : 'SIGKILL')
    if (!isLast) before = (await job()).done
  }
  const events = await db.auditEvent.findMany({ where: { event: 'user.suspended' } })
  const results = await db.jobResult.findMany({ where: { jobId: id, problem: null } })
  const { state, done, refused } = await job()
  const violations = rows.flatMap(({ id: userId, username }) => {
    const times = [
      events.filter(({ subjectId }) => subjectId === userId),
      results.filter((r) => r.userId === userId),
    ]
    return times.every(({ length }) => length === 1)
      ? []
      : [`${username} was come to ${times.map((t) => t.length)} times`]
  })
  if (state !== 'done' || done !== PEOPLE || refused)
    violations.push(`the job is ${state}: ${done}, ${refused}`)
  return { before, people: PEOPLE, violations }
}
