import { describe, expect, test } from 'vitest'
import { listMails, type MailsQuery } from '../src/features/outbox/list-mails.ts'
import { startApp } from './support/app.ts'
import { row, SMTP, withMail } from './support/mails.ts'
import { addPerson } from './support/people.ts'
import { expectIndexes } from './support/query-plan.ts'

const addresses = (document: Document) =>
  [...document.querySelectorAll('tbody td[data-label=To]')].map((cell) => cell.textContent?.trim())

describe('the list of mails', () => {
  test('is newest first, 50 to a page, two ways', async () => {
    const { db, mira } = await withMail()
    for (let i = 0; i < 119; i++) await db.mail.create({ data: row(i) })
    await mira.visit('/admin')
    await mira.click('Mail')
    expect(mira.headline).toBe('Mail')
    const first = addresses(mira.document)
    expect(first).toHaveLength(50)
    expect(first.slice(0, 2)).toEqual(['person-118@example.org', 'person-117@example.org'])
    expect(mira.document.querySelector('a[rel=prev]')).toBeNull()
    await mira.click('Older')
    expect(addresses(mira.document)[0]).toBe('person-68@example.org')
    await mira.click('Older')
    expect(addresses(mira.document)).toHaveLength(20)
    expect(addresses(mira.document).at(-1)).toBe('ana@example.org')
    expect(mira.document.querySelector('a[rel=next]')).toBeNull()
    await mira.click('Newer')
    await mira.click('Newer')
    expect(addresses(mira.document)).toEqual(first)
  })

  test('says what each is, to whom, how far it came and why no further', async () => {
    const { mira, ana, change } = await withMail()
    await change({ state: 'failed', attempts: 3, lastError: '550 5.1.1 <No> such user' })
    await mira.visit('/admin/mail')
    expect(mira.text('tbody tr')).toMatch(
      /^Set a new password550 5\.1\.1 <No> such user ana@example\.org 3 \d+ \w+, \d\d:\d\d Failed$/,
    )
    await mira.click('ana@example.org')
    expect(mira.path).toBe(`/admin/users/${ana.id}`)
  })

  test('is narrowed to a state, and to one member, and to both', async () => {
    const { db, mira, ana } = await withMail()
    await db.mail.create({ data: row(1, { state: 'failed', userId: ana.id }) })
    await db.mail.create({ data: row(2, { state: 'failed' }) })
    await db.mail.create({ data: row(3, { state: 'withheld' }) })
    await mira.visit('/admin/mail')
    await mira.click('Not sent')
    expect(addresses(mira.document)).toEqual(['person-3@example.org'])
    await mira.click('Failed')
    expect(addresses(mira.document)).toEqual(['person-2@example.org', 'person-1@example.org'])

    await mira.visit(`/admin/mail?user=${ana.id}`)
    expect(mira.headline).toBe('Mail to ana.silva')
    expect(addresses(mira.document)).toEqual(['person-1@example.org', 'ana@example.org'])
    await mira.click('Failed')
    expect(addresses(mira.document)).toEqual(['person-1@example.org'])
    await mira.click('Sent')
    expect(mira.text()).toContain('You’re looking at “Sent” only.')
    await mira.click('Their account')
    expect(mira.path).toBe(`/admin/users/${ana.id}`)
  })

  test.each(['state=nowhere', 'user=x', 'after=x', "before='", 'state=sent&state=failed'])(
    'refuses the address ?%s',
    async (query) => {
      const { mira } = await withMail()
      await mira.visit(`/admin/mail?${query}`)
      expect(mira.answer.statusCode).toBe(400)
    },
  )

  test('of somebody who is not there is a 404', async () => {
    const { mira } = await withMail()
    await mira.visit('/admin/mail?user=01a203fd-6d9f-7c5e-91f8-b8b21bca1089')
    expect(mira.answer.statusCode).toBe(404)
  })

  test('is there as JSON, without what the mails are about', async () => {
    const { mira, mail } = await withMail()
    const answer = await mira.json('GET', '/admin/mail')
    const { id, createdAt } = await mail()
    expect(answer.json().mails).toEqual([
      {
        ...{ id, subject: 'Set a new password', address: 'ana@example.org', state: 'waiting' },
        ...{ userId: expect.any(String), attempts: 0, lastError: null, createdAt: createdAt.toISOString() },
      },
    ])
  })

  test('says what becomes of mails where there is no mail server', async () => {
    const warning = async (env: Record<string, string>) => {
      const { app, db } = await startApp(env)
      const { cookie } = await addPerson(db, 'mira.okafor', { role: 'admin' })
      const { host } = new URL(app.config.baseUrl)
      const secure = { host, accept: 'text/html', cookie: app.config.https ? `__Host-${cookie}` : cookie }
      const { body } = await app.inject({ url: '/admin/mail', headers: secure })
      expect(body).toContain('<h1 class="head">Mail</h1>')
      return /There is no mail server.*/.exec(body)?.[0]
    }
    expect(await warning(SMTP)).toBeUndefined()
    expect(await warning({})).toContain('on this machine mails go into the service’s log')
    expect(await warning({ BASE_URL: 'https://accounts.example.org' })).toContain('mails wait here')
  })
})

describe('the queries of the list', () => {
  const id = '01a203fd-6d9f-7c5e-91f8-b8b21bca1089'
  test.each<[MailsQuery, RegExp]>([
    [{}, /Mail_pkey|sqlite_autoindex_Mail_1/],
    [{ after: id }, /Mail_pkey|sqlite_autoindex_Mail_1/],
    [{ state: 'failed' }, /Mail_state_id_idx/],
    [{ state: 'failed', after: id }, /Mail_state_id_idx/],
    [{ state: 'failed', before: id }, /Mail_state_id_idx/],
    [{ user: id }, /Mail_userId_id_idx/],
    [{ user: id, before: id }, /Mail_userId_id_idx/],
  ])('read %j in the order of an index', async (query, index) => {
    await expectIndexes((db) => listMails(db, query), [index])
  })
})
