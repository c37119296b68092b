import { expect, test } from 'vitest'
import { addPerson } from './support/people.ts'
import { answeringRoutes, send } from './support/requests.ts'
import { stage } from './support/stage.ts'

const PERSON = 'id username name email role status createdAt lastSeenAt'
const NUMBERS = `people signUps confirmed seen signIns failed throttled refused busy databaseBytes
  mostMailsWaiting mostHashesWaiting now before`
const JOB = 'id what action people reason until state done refused total createdAt finishedAt'
const ONE_JOB = `job ${JOB} pace perMinute minutesLeft by username results problem`
const INVITES = `invitations id address role state usesLeft joined createdAt expiresAt lastJoined problem`
const MAIL = 'id subject address userId state attempts lastError createdAt'

/** What programs may read of each page, by name: an allow-list, so that nothing a template needs gets in. */
const READ: Record<string, string> = {
  '/admin': `numbers ${NUMBERS} days day signUps confirmed stuckMails failed waiting latest ${PERSON}
    health database answeredInMs bytes mails andMore hashing running width version`,
  '/admin/users': `people ${PERSON} waits matches count orMore
    counts pending active suspended closing confirmed all`,
  '/admin/users/:id': `person ${PERSON} emailProven newEmail language timeZone passwordChangedAt
    imported termsVersion closesAt
    suspendedUntil twoFactor codesLeft passkeys devices failedTries count orMore invitation request
    sessions device ip place mails subject state history event kind text from by at`,
  '/admin/audit': `events id event kind text via ip userAgent requestId at by name about invitation address job
    detail reason role file uses setting from to stopped older`,
  '/admin/invites': INVITES,
  '/admin/invites/new': INVITES,
  '/admin/jobs': `jobs ${JOB}`,
  '/admin/jobs/:id': ONE_JOB,
  '/admin/jobs/:id/cancel': ONE_JOB,
  '/admin/jobs/:id/pause': ONE_JOB,
  '/admin/jobs/:id/results': ONE_JOB,
  '/admin/jobs/:id/resume': ONE_JOB,
  '/admin/mail': `mails ${MAIL}`,
  '/admin/mail/:id': `mail ${MAIL} dueAt sentAt text withheld`,
  '/admin/mail/:id/open': `mail ${MAIL} dueAt sentAt text withheld`,
  '/admin/requests': `requests person ${PERSON} emailProven askedAt ip hints`,
  '/admin/settings': 'settings text from changedAt terms version link earlier createdAt',
}

/** The names of all that is in an answer, however deep, but for those of settings. */
function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn)
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([name, part]) => [name, ...namesIn(part)])
}

test('programs read of the administrators’ pages what they tell, and nothing of how it is drawn', async () => {
  const { app, db, mona, invitation, jobs, mail } = await stage()
  const { cookie } = await addPerson(db, 'ada.admin', { role: 'admin' })
  const ids: Record<string, string> = {
    ...{ users: mona.user.id, invites: invitation.id, jobs: jobs.running, mail: mail.id },
  }
  await app.ready()
  const read: string[] = []
  for (const { method, url } of answeringRoutes(app)) {
    if (method !== 'GET' || !/^\/admin(\/[\w/:-]+)?$/.test(url)) continue
    const path = url.replace(/(\w+)\/:id/, (_all, of: string) => `${of}/${ids[of]}`)
    const answer = await send(app, { url: path, cookie, headers: { accept: 'application/json' } })
    if (answer.statusCode !== 200) continue
    const { status: _, ...told } = answer.json()
    const names = namesIn(told).filter((name) => name !== name.toUpperCase())
    const unknown = new Set(names).difference(new Set(READ[url]?.split(/\s+/)))
    expect([...unknown], url).toEqual([])
    read.push(url)
  }
  expect(read.sort()).toEqual(Object.keys(READ).sort())
})
