import { describe, expect, test } from 'vitest'
import { post } from '../src/mail/outbox.ts'
import { fromNow, hours } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { beforeEachPerson, errorLog } from './support/meanwhile.ts'
import { addPerson, source } from './support/people.ts'
import { expectNoInsides, expectOurHeaders, FORM, send } from './support/requests.ts'

const NOBODY = '01a203fd-6d9f-7c5e-91f8-b8b21bca1089'

async function withAdmin() {
  const { app, db } = await startApp()
  const errors = errorLog(app)
  const { cookie } = await addPerson(db, 'ada.admin', { role: 'admin' })
  /** A form with a field that it doesn't have: it is rejected, and the page is to be drawn again. */
  const rejected = async (id: string) => {
    const url = `/admin/users/${id}/suspend`
    const answer = await send(app, { method: 'POST', url, type: FORM, body: 'reason=&wrong=1', cookie })
    expectOurHeaders(answer.headers)
    expectNoInsides(answer.body)
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    return answer
  }
  return { app, db, errors, rejected }
}

describe('what can’t be done any more', () => {
  test.each([
    ['/admin/users/ANA/suspend', 409, '/admin/users/ANA'],
    ['/admin/users/ANA/restore', 409, '/admin/users/ANA'],
    ['/admin/users/ANA/sessions/ANA/end', 404, '/admin/users/ANA'],
    ['/admin/mail/MAIL/send-again', 409, '/admin/mail/MAIL'],
    ['/admin/invites/INVITATION/cancel', 409, '/admin/invites'],
  ])('of %s leads to the page that shows what is so', async (path, status, page) => {
    const { app, db } = await startApp()
    const { cookie, user } = await addPerson(db, 'ada.admin', { role: 'admin' })
    const { user: ana } = await addPerson(db, 'ana.silva', { status: 'closing' })
    const mail = await post(db, 'password-changed', { address: 'ana@example.org', userId: ana.id }, source)
    const invited = { role: 'member', createdBy: user.id, expiresAt: fromNow(hours(1)), usesLeft: 0 } as const
    const invitation = await db.invitation.create({ data: invited })
    const named = (text: string) =>
      text.replaceAll('ANA', ana.id).replace('MAIL', mail.id).replace('INVITATION', invitation.id)
    const { statusCode, body: html } = await send(app, {
      ...{ method: 'POST', url: named(path), type: FORM, body: '', cookie },
      headers: { accept: 'text/html' },
    })
    expect(statusCode).toBe(status)
    expect(html).toMatch(new RegExp(`href="${named(page)}">See what is so now`))
  })
})

describe('the page of a rejected form', () => {
  test('about a person who is not there is a 404', async () => {
    const { errors, rejected } = await withAdmin()
    const answer = await rejected(NOBODY)
    expect(answer.statusCode).toBe(404)
    expect(answer.body).toContain('There is no such person, or the account is gone.')
    expect(errors).toEqual([])
  })

  test('is a 503 that says when to come back, while the database is away', async () => {
    const { app, errors, rejected } = await withAdmin()
    const away = new Error('Connection terminated unexpectedly')
    beforeEachPerson(app, () => Promise.reject(away))
    const answer = await rejected(NOBODY)
    expect(answer.statusCode).toBe(503)
    expect(answer.headers['retry-after']).toBe('5')
    expect(answer.body).toContain('We’ll be right back')
    expect(errors).toEqual([away])
  })

  test('is a 500 with a reference, if it can’t be drawn for a mistake of ours', async () => {
    const { app, db, errors, rejected } = await withAdmin()
    beforeEachPerson(app, () => db.$queryRawUnsafe('SELECT "nothing" FROM "Nowhere"'))
    const answer = await rejected(NOBODY)
    expect(answer.statusCode).toBe(500)
    expect(answer.body).toMatch(/\b[0-9a-f]{12}\b/)
    expect(answer.body).not.toContain('Nowhere')
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('Nowhere') })])
  })

  test('is not drawn for a program, which is told what is wrong all the same', async () => {
    const { app, db } = await withAdmin()
    const { cookie } = await addPerson(db, 'bea.admin', { role: 'admin' })
    beforeEachPerson(app, () => Promise.reject(new Error('Connection terminated unexpectedly')))
    const post = (body: string) =>
      send(app, {
        ...{ method: 'POST', url: `/admin/users/${NOBODY}/suspend`, type: 'application/json' },
        ...{ body, cookie },
      })
    const rejected = await post('{"wrong":1}')
    expect(rejected.statusCode).toBe(422)
    expect(rejected.json()).toMatchObject({ status: 'error', codes: { wrong: 'field.unknown' } })
    const failed = await post('{"reason":""}')
    expect(failed.statusCode).toBe(503)
    expect(failed.json()).toMatchObject({
      status: 'error',
      reference: expect.stringMatching(/^[0-9a-f]{12}$/),
    })
    for (const { headers, body } of [rejected, failed]) {
      expectOurHeaders(headers)
      expectNoInsides(body)
    }
  })
})
