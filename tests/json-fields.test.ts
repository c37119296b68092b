import { expect, test } from 'vitest'
import { withAdmin } from './support/admins.ts'
import { PASSWORD } from './support/people.ts'

test('a field that is a number or a box is one in JSON, too', async () => {
  const { mira, visitor, db, person } = await withAdmin()
  const link = await mira.json('POST', '/admin/invites/link', { uses: 2, days: 7 })
  expect([link.statusCode, link.json().uses]).toEqual([200, 2])
  const kept = { keep_mails_days: 14, confirm_within_hours: 48, erase_after_days: 5, keep_audit_days: 400 }
  expect((await mira.json('POST', '/admin/settings/retention', kept)).statusCode).toBe(200)
  const settings = (await mira.json('GET', '/admin/settings')).json().settings
  expect(settings.KEEP_AUDIT_DAYS.text).toBe('400')
  const few = await mira.json('POST', '/admin/settings/retention', {
    keep_audit_days: 5,
    erase_after_days: 90,
  })
  expect(few.json().codes).toEqual({ keep_audit_days: 'period.range', erase_after_days: 'period.range' })

  await mira.json('POST', '/admin/settings/terms', { terms: 'Be kind.' })
  const { version } = (await visitor().json('GET', '/terms')).json()
  const agreed = { username: 'ana.silva', password: PASSWORD, terms: version }
  expect((await visitor().json('POST', '/register', agreed)).statusCode).toBe(201)
  expect((await mira.json('POST', '/account/terms', { version })).statusCode).toBe(200)

  const { id: userId } = await person('ana.silva')
  for (const remember of [true, false]) {
    await db.session.deleteMany({ where: { userId } })
    const ana = { login: 'ana.silva', password: PASSWORD, remember }
    expect((await visitor().json('POST', '/login', ana)).statusCode).toBe(200)
    expect((await db.session.findFirstOrThrow({ where: { userId } })).remember).toBe(remember)
  }
})

test('whatever else is no text is named as that, with all the rest', async () => {
  const { mira, visitor } = await withAdmin()
  const both = await visitor().json('POST', '/register', { username: 12, password: true })
  expect(both.json().codes).toEqual({ username: 'field.text', password: 'field.text' })
  expect(both.json().errors.username).toBe('Send this once, as text; in JSON, between quotes')
  const broken = await mira.json('POST', '/admin/invites/link', { uses: 1.5, days: true })
  expect(broken.json().codes).toEqual({ uses: 'field.text', days: 'field.text' })
})

test('an unknown choice hears which there are, an id that is none what one is like', async () => {
  const { mira } = await withAdmin()
  const answer = await mira.json('POST', '/admin/users/selected', { id: 'nonsense', do: 'explode' })
  expect(answer.json()).toEqual({
    status: 'error',
    message: 'There are 2 things to fix',
    errors: {
      id: 'Send an id as it was told, like 01a2041c-1c21-76c9-aecb-6fc39fe8881d',
      do: 'Choose one of: confirm-again, send-reset, end-sessions, suspend, restore, delete',
    },
    codes: { id: 'id.form', do: 'choice.one-of' },
  })
  const several = await mira.json('POST', '/admin/users/selected', { id: ['nonsense'], do: 'suspend' })
  expect(several.json().codes).toEqual({ id: 'id.form' })
  const job = await mira.json('POST', '/admin/jobs/new', { do: 'explode', status: 'asleep', joined: '12' })
  expect(job.json().errors).toEqual({
    do: 'Choose one of: confirm-again, send-reset, end-sessions, suspend, restore, delete',
    status: 'Choose one of: pending, active, suspended, closing',
    joined: 'Choose one of: 1, 7, 30',
  })
})

test('a query that isn’t understood hears which part of it, not what it held', async () => {
  const { mira } = await withAdmin()
  const said = 'That has a part we don’t understand: “status”, “sort”. Nothing was changed.'
  const query = '/admin/users?status=nonsense&sort=nonsense'
  expect((await mira.json('GET', query)).json()).toEqual({ status: 'error', message: said })
  await mira.visit(query)
  expect([mira.answer.statusCode, mira.text()]).toEqual([400, expect.stringContaining(said)])
  expect(mira.text()).not.toContain('nonsense')
  const named = await mira.json('GET', '/admin/users?stat=active')
  expect(named.json().message).toContain('understand: “stat”.')
  const sentence = await mira.json('GET', '/admin/users?Your%20account%20is%20lost%2C%20call%20us=1')
  expect(sentence.json().message).toBe('That has a part we don’t understand. Nothing was changed.')
})
