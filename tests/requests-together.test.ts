import { expect, inject, test } from 'vitest'
import { approve } from '../src/accounts/admission.ts'
import { proveAndSignIn } from '../src/accounts/prove-address.ts'
import { issueToken } from '../src/accounts/token.ts'
import type { Db } from '../src/db/client.ts'
import { fromNow, hours } from '../src/time.ts'
import { mailOf } from './support/mailbox.ts'
import { addPerson, PASSWORD, source } from './support/people.ts'
import { addWaiting, withApproval } from './support/requests-waiting.ts'

test('of two administrators who decide at once, one does, and the other is told, 40 times over', async () => {
  const { app, db, mira, tom } = await withApproval()
  for (let round = 0; round < 40; round++) {
    const { id } = await addWaiting(db, 'ana.silva', { email: 'ana@example.org' })
    const answers = await Promise.all([
      mira.request('POST', '/admin/requests', { id, do: 'approve' }),
      round % 2
        ? tom.request('POST', '/admin/requests', { id, do: 'approve' })
        : tom.request('POST', '/admin/requests/reject', { id, reason: '' }),
    ])
    const statuses = answers.map(({ statusCode }) => statusCode)
    expect(statuses.toSorted(), `round ${round}`).toEqual([303, 409])
    const user = await db.user.findUnique({ where: { id } })
    expect(user?.status).toBe(round % 2 || statuses[0] === 303 ? 'active' : undefined)
    const decisions = await db.auditEvent.findMany({ where: { event: { startsWith: 'request.' } } })
    expect(decisions).toHaveLength(round + 1)
    const told = (await mailOf(app)).filter(({ to }) => to === 'ana@example.org')
    expect(told).toHaveLength(1)
    await db.user.deleteMany({ where: { id } })
  }
})

test('of several, those that somebody else has decided on are told of', async () => {
  const { db, mira, tom } = await withApproval()
  const ids = []
  for (const name of ['ana.silva', 'kwame', 'noor.h']) ids.push((await addWaiting(db, name)).id)
  await mira.visit('/admin/requests')
  await tom.request('POST', '/admin/requests', { id: ids[0] ?? '', do: 'approve' })
  await mira.tick('Select ana.silva', 'Select kwame', 'Select noor.h').press('Approve')
  expect(mira.text('[role=status]')).toBe(
    '2 of 3 people changed. The rest were changed by someone else meanwhile.',
  )
})

test('who is let in while they confirm their address, is in, and never waits again', async () => {
  const { app, db, mira, visitor } = await withApproval({ EMAIL: 'optional' })
  for (let round = 0; round < 10; round++) {
    const { id } = await addWaiting(db, 'ana.silva')
    await db.user.update({ where: { id }, data: { email: 'ana@example.org', emailKey: 'ana@example.org' } })
    const ana = visitor({ ip: `198.51.100.${round}` })
    await ana.request('POST', '/register/resend', { email: 'ana@example.org' })
    await db.throttle.deleteMany()
    const mail = (await mailOf(app)).find(({ subject }) => subject.startsWith('Confirm'))
    const [, path = ''] = /(\/verify-email\?token=\S+)/.exec(mail?.text ?? '') ?? []
    await ana.visit(path)
    const [approved, confirmed] = await Promise.all([
      mira.request('POST', '/admin/requests', { id, do: 'approve' }),
      ana.request('POST', '/login', { login: 'ana.silva', password: PASSWORD }),
    ])
    expect(approved.statusCode).toBe(303)
    expect(confirmed.statusCode).toBe(303)
    // Whoever was let in a moment sooner signs in as a member, and is led back to the link.
    if (confirmed.headers.location !== '/account') {
      expect(confirmed.headers.location).toBe('/verify-email')
      await ana.visit('/verify-email')
      await ana.press('Yes, confirm my address')
    }
    expect(await db.user.findUnique({ where: { id } })).toMatchObject({
      ...{ status: 'active', provenEmailKey: 'ana@example.org' },
    })
    expect(await db.signUpRequest.count()).toBe(0)
    await db.user.deleteMany({ where: { id } })
  }
})

// On SQLite nothing comes between two statements of a transaction.
test.runIf(inject('provider') === 'postgresql')(
  'who is let in between any two looks at a sign-up that is confirmed, never waits again',
  async () => {
    const { config, db, mira } = await withApproval({ EMAIL: 'optional' })
    const address = 'ana@example.org'
    for (let moment = 1; moment <= 4; moment++) {
      const { id: userId } = await addWaiting(db, 'ana.silva')
      await db.user.update({ where: { id: userId }, data: { email: address, emailKey: address } })
      await issueToken(db, 'verify-email', fromNow(hours(1)), { userId, address })
      const token = await db.token.findFirstOrThrow()
      let looks = 0
      const meanwhile = db.$extends({
        query: {
          async $allOperations({ args, query }) {
            if (++looks === moment) await approve(db, { actor: mira, userId, reason: '', source })
            return query(args)
          },
        },
      }) as unknown as Db
      const { entrance } = await proveAndSignIn({ db: meanwhile, config }, token, false, source)
      expect([moment, entrance.to]).toEqual([moment, 'session'])
      expect(await db.user.findUnique({ where: { id: userId } })).toMatchObject({
        ...{ status: 'active', provenEmailKey: address },
      })
      expect([moment, await db.signUpRequest.count()]).toEqual([moment, 0])
      await db.user.deleteMany({ where: { id: userId } })
    }
  },
)

test('an administrator who was demoted meanwhile decides nothing', async () => {
  const { db, mira } = await withApproval()
  const { id } = await addWaiting(db, 'ana.silva')
  const { token } = await addPerson(db, 'tim.demoted', { role: 'support' })
  mira.cookies.set('foyer-session', token)
  for (const [path, decision] of [
    ['/admin/requests', { do: 'approve' }],
    ['/admin/requests/reject', { reason: '' }],
  ] as const)
    expect((await mira.request('POST', path, { id, ...decision })).statusCode).toBe(403)
  expect(await db.signUpRequest.count()).toBe(1)
})
