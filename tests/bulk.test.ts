import { describe, expect, test } from 'vitest'
import { withAdmin } from './support/admins.ts'
import { SMTP } from './support/mails.ts'
import { beforeEachTransaction } from './support/meanwhile.ts'
import { addPerson, PASSWORD } from './support/people.ts'

const TO_SUSPEND = { 'With the people selected': 'suspend' }
const NAMES = ['ana.silva', 'ben.okri', 'carla.diaz', 'dan.lee'] as const

async function stage() {
  const services = await withAdmin({ EMAIL: 'optional', ...SMTP })
  for (const name of NAMES) await addPerson(services.db, name, { email: `${name}@example.org` })
  const suspended = async () => {
    const people = await services.db.user.findMany({ where: { status: 'suspended' } })
    return people.map(({ username }) => username).sort()
  }
  return { ...services, suspended }
}

const listed = (document: Document) =>
  [...document.querySelectorAll('ul.list .person')].map((one) => one.querySelector('strong, a')?.textContent)

describe('people who are selected', () => {
  test('are named, and suspended together for one reason', async () => {
    const { db, mira, suspended } = await stage()
    await mira.visit('/admin/users')
    await mira.tick('Select ana.silva', 'Select ben.okri', 'Select carla.diaz')
    await mira.fill(TO_SUSPEND).press('Continue')
    expect(mira.headline).toBe('Suspend 3 people?')
    expect(listed(mira.document)).toEqual(['carla.diaz', 'ben.okri', 'ana.silva'])
    await mira.fill({ Reason: 'Spam' }).press('Suspend 3 people')
    expect(mira.path).toBe('/admin/users')
    expect(mira.text('[role=status]')).toBe('3 people are suspended.')
    expect(await suspended()).toEqual(['ana.silva', 'ben.okri', 'carla.diaz'])
    const events = await db.auditEvent.findMany({ where: { event: 'user.suspended' } })
    expect(events.map(({ detail }) => detail)).toEqual(Array(3).fill({ reason: 'Spam' }))
    expect(new Set(events.map(({ subjectId }) => subjectId)).size).toBe(3)

    await mira.tick('Select ben.okri').fill({ 'With the people selected': 'restore' }).press('Continue')
    expect(mira.headline).toBe('Lift the suspension of ben.okri?')
    await mira.press('Lift the suspension of ben.okri')
    expect(mira.text('[role=status]')).toBe('Suspension lifted for ben.okri.')
  })

  test.each([
    ['end-sessions', 'Sign 2 people out everywhere', '2 people are signed out everywhere.'],
    ['delete', 'Delete 2 people', '2 people will be erased in 7 days.'],
    [
      'confirm-again',
      'Send 2 people the confirmation again',
      'Link to confirm the address sent to 2 people again.',
    ],
    ['send-reset', 'Send 2 people a password link', 'Password link sent to 2 people.'],
  ])('may be many for %s as well', async (deed, button, told) => {
    const { db, mira, person } = await stage()
    if (deed !== 'send-reset')
      await db.user.updateMany({
        where: { username: { in: ['ana.silva', 'ben.okri'] } },
        data: { provenEmailKey: null },
      })
    const { id } = await person('ana.silva')
    await mira.visit('/admin/users')
    await mira
      .tick('Select ana.silva', 'Select ben.okri')
      .fill({ 'With the people selected': deed })
      .press('Continue')
    await mira.press(button)
    expect(mira.text('[role=status]')).toBe(told)
    const { sessions, mails, status } = await db.user.findUniqueOrThrow({
      where: { id },
      include: { sessions: true, mails: true },
    })
    const left = {
      'end-sessions': [0, 0, 'active'],
      delete: [0, 0, 'closing'],
      'confirm-again': [1, 1, 'active'],
      'send-reset': [1, 1, 'active'],
    }
    expect([sessions.length, mails.length, status]).toEqual(left[deed as keyof typeof left])
  })

  test('are suspended until a day, and nothing else has an end', async () => {
    const { db, mira, person, suspended } = await stage()
    await mira.visit('/admin/users')
    await mira.tick('Select ana.silva', 'Select ben.okri').fill(TO_SUSPEND).press('Continue')
    await mira.fill({ 'Until (optional)': '2020-01-01' }).press('Suspend 2 people')
    expect(mira.errorAt('Until (optional)')).toBe('Choose a date in the future')
    expect(await suspended()).toEqual([])
    await mira.fill({ 'Until (optional)': '2999-12-24' }).press('Suspend 2 people')
    expect(await db.user.findMany({ where: { status: 'suspended' } })).toMatchObject(
      Array(2).fill({ suspendedUntil: new Date('2999-12-24') }),
    )
    const { id } = await person('ana.silva')
    const body = { do: 'restore', id: [id], until: '2999-12-24' }
    const answer = await mira.json('POST', '/admin/users/selected/confirm', body)
    expect([answer.statusCode, answer.json().errors]).toEqual([422, { until: 'This form has no such field' }])
    await mira.visit('/admin/users')
    await mira.tick('Select ana.silva').fill({ 'With the people selected': 'restore' }).press('Continue')
    expect(mira.text('main')).not.toContain('Until')
  })

  test('were found by something, which the list is asked for again afterwards', async () => {
    const { db, mira, suspended } = await stage()
    const list = '/admin/users?q=example.org&status=active&sort=username'
    await mira.visit(list)
    await mira.tick('Select ana.silva').fill(TO_SUSPEND).press('Continue')
    expect(mira.document.querySelector('.head .back')?.getAttribute('href')).toBe(list)
    await mira.fill({ Reason: 'x'.repeat(201) }).press('Suspend ana.silva')
    await mira.fill({ Reason: 'Spam' }).press('Suspend ana.silva')
    expect([mira.path, await suspended()]).toEqual([list, ['ana.silva']])
    expect(mira.text('[role=status]')).toBe('ana.silva is suspended.')
    // A very long one has no room in an address beside a page of people.
    for (let n = 0; n < 50; n++) await addPerson(db, `person${n}x`)
    const name = 'é'.repeat(100)
    await db.user.updateMany({ where: { username: { startsWith: 'person' } }, data: { name, nameKey: name } })
    for (const [n, q] of [
      [10, true],
      [60, false],
    ] as const) {
      await mira.visit(`/admin/users?q=${encodeURIComponent('é'.repeat(n))}&joined=30`)
      const boxes = [...mira.document.querySelectorAll('tbody .pick .vh')].map(
        (label) => label.textContent ?? '',
      )
      await mira.tick(...boxes).press('Continue')
      expect([boxes.length, mira.path.includes('list=')]).toEqual([50, q])
    }
    expect((await mira.request('GET', '/admin/users/selected/confirm?list=//evil.example')).statusCode).toBe(
      400,
    )
  })

  test('may be a whole page', async () => {
    const { db, mira, suspended } = await stage()
    for (let n = 0; n < 60; n++) await addPerson(db, `person${n}x`)
    await mira.visit('/admin/users')
    const boxes = [...mira.document.querySelectorAll('tbody .pick .vh')].map(
      (label) => label.textContent ?? '',
    )
    await mira
      .tick(...boxes)
      .fill(TO_SUSPEND)
      .press('Continue')
    expect(mira.headline).toBe('Suspend 50 people?')
    await mira.press('Suspend 50 people')
    expect(mira.text('[role=status]')).toBe('50 people are suspended.')
    expect(await suspended()).toHaveLength(50)
  })

  test('must be somebody, and a page of people at most', async () => {
    const { mira } = await stage()
    await mira.visit('/admin/users')
    await mira.press('Continue')
    expect(mira.answer.statusCode).toBe(400)
    expect(mira.headline).toBe('Select at least one person first')
    await mira.visit('/admin/users/selected/confirm')
    expect(mira.headline).toBe('Select at least one person first')
    const answer = await mira.json('POST', '/admin/users/selected/confirm', { do: 'suspend' })
    expect([answer.statusCode, answer.json().status]).toEqual([400, 'error'])
    const address = `/admin/users/selected?do=suspend&ids=${'A'.repeat(22)}`
    expect((await mira.request('GET', address)).statusCode).toBe(200)
    expect((await mira.request('GET', address + 'A'.repeat(22 * 50))).statusCode).toBe(400)
  })

  test('stay as they are where it makes no sense: you yourself, or who is suspended already', async () => {
    const { db, mira, suspended } = await stage()
    await db.user.update({ where: { username: 'ben.okri' }, data: { status: 'suspended' } })
    await mira.visit('/admin/users')
    await mira.tick('Select mira.okafor', 'Select ben.okri').fill(TO_SUSPEND).press('Continue')
    expect(mira.headline).toBe('This can be done to none of them')
    expect(mira.document.querySelector('main form')).toBeNull()
    await mira.visit('/admin/users')
    await mira
      .tick('Select mira.okafor', 'Select ana.silva', 'Select ben.okri')
      .fill(TO_SUSPEND)
      .press('Continue')
    expect(mira.headline).toBe('Suspend ana.silva?')
    expect(mira.text()).toMatch(/ben\.okri.*Isn’t active/)
    expect(mira.text()).toMatch(/mira\.okafor.*That’s you/)
    await mira.press('Suspend ana.silva')
    expect(await suspended()).toEqual(['ana.silva', 'ben.okri'])
  })

  test('that somebody else changed meanwhile are told, and keep no other from it', async () => {
    const { db, mira, person, suspended } = await stage()
    await mira.visit('/admin/users')
    await mira
      .tick('Select ana.silva', 'Select ben.okri', 'Select carla.diaz')
      .fill(TO_SUSPEND)
      .press('Continue')
    await db.user.update({ where: { username: 'ben.okri' }, data: { status: 'suspended' } })
    await mira.press('Suspend 3 people')
    const told = '2 of 3 people changed. The rest were changed by someone else meanwhile.'
    expect(mira.text('[role=status]')).toBe(told)
    expect(await suspended()).toEqual(['ana.silva', 'ben.okri', 'carla.diaz'])

    // As a program, with you among them.
    const ids = await Promise.all(['dan.lee', 'mira.okafor'].map(async (name) => (await person(name)).id))
    const body = { do: 'suspend', id: ids, reason: '' }
    const answer = await mira.json('POST', '/admin/users/selected/confirm', body)
    expect(answer.json()).toEqual({
      status: 'success',
      done: [ids[0]],
      refused: [{ id: ids[1], problem: 'You can’t do that to your own account.' }],
    })
  })

  test('that are gone meanwhile are said to be, and to nobody gone is anything done', async () => {
    const { db, mira, person } = await stage()
    const remove = async (name: string) => db.user.delete({ where: { id: (await person(name)).id } })
    const everywhere = { 'With the people selected': 'end-sessions' }
    await mira.visit('/admin/users')
    await mira
      .tick(...NAMES.map((name) => `Select ${name}`))
      .fill(everywhere)
      .press('Continue')
    expect(mira.text()).not.toContain('gone')
    const question = mira.path
    await remove('ana.silva')
    await mira.visit(question)
    expect(mira.headline).toBe('Sign 3 people out everywhere?')
    expect(mira.text()).toContain('One person you selected is gone.')
    await remove('ben.okri')
    await mira.press('Sign 3 people out everywhere')
    const told = '2 of 3 people changed. The rest were changed by someone else meanwhile.'
    expect(mira.text('[role=status]')).toBe(told)
    await remove('carla.diaz')
    await remove('dan.lee')
    await mira.visit(question)
    expect(mira.headline).toBe('This can be done to none of them')
    expect(mira.text()).toContain('4 people you selected are gone.')
  })

  test('that something else keeps from it are told why', async () => {
    const { db, mira } = await stage()
    await db.user.updateMany({ where: { username: { in: [...NAMES] } }, data: { provenEmailKey: null } })
    const toConfirm = { 'With the people selected': 'confirm-again' }
    const again = async (...names: string[]) => {
      await mira.visit('/admin/users')
      await mira
        .tick(...names.map((name) => `Select ${name}`))
        .fill(toConfirm)
        .press('Continue')
      await mira.press(`Send ${names.length} people the confirmation again`)
      return mira.text('[role=status]')
    }
    await again('ana.silva', 'ben.okri')
    expect(await again('ana.silva', 'ben.okri', 'carla.diaz')).toBe(
      '1 of 3 people changed. About the rest: That mail is waiting to be sent already. Nothing was changed.',
    )
  })

  test('are kept after a reason that is too long, and while you confirm who you are', async () => {
    const { db, mira, suspended } = await stage()
    await mira.visit('/admin/users')
    await mira.tick('Select ana.silva', 'Select ben.okri').fill(TO_SUSPEND).press('Continue')
    await mira.fill({ Reason: 'x'.repeat(201) }).press('Suspend 2 people')
    expect([mira.answer.statusCode, mira.headline]).toEqual([422, 'Suspend 2 people?'])
    expect(mira.errorAt('Reason')).toBe('Make it 200 characters or fewer')
    expect(await suspended()).toEqual([])

    await db.session.updateMany({ data: { provenAt: new Date(Date.now() - 11 * 60_000) } })
    await mira.fill({ Reason: 'Spam' }).press('Suspend 2 people')
    expect(await suspended()).toEqual([])
    await mira.fill({ 'Your password': PASSWORD }).press('Continue')
    expect(mira.text('[role=status]')).toBe('2 people are suspended.')
    expect(await suspended()).toEqual(['ana.silva', 'ben.okri'])
  })

  test('are for administrators: support sees no boxes', async () => {
    const { db, mira } = await stage()
    await mira.visit('/admin/users')
    expect(mira.document.querySelectorAll('.bulk, [name=id]').length).toBeGreaterThan(4)
    await db.user.update({ where: { username: 'mira.okafor' }, data: { role: 'support' } })
    await mira.visit('/admin/users')
    expect(mira.text()).toContain('ana.silva')
    expect(mira.document.querySelectorAll('.bulk, [name=id]')).toHaveLength(0)
  })

  test.each([
    ['suspend', 'Suspend 4 people', 'member', 'user.suspended'],
    ['end-sessions', 'Sign 4 people out everywhere', 'support', 'session.all-revoked'],
  ] as const)('are safe from whoever may not %s any more, who reads so', async (act, button, role, event) => {
    const { app, db, mira, person } = await stage()
    const { id } = await person('mira.okafor')
    const done = () => db.auditEvent.count({ where: { event } })
    beforeEachTransaction(app, async () => {
      if ((await done()) === 2) await db.user.update({ where: { id }, data: { role } })
    })
    await mira.visit('/admin/users')
    await mira.tick(...NAMES.map((name) => `Select ${name}`))
    await mira.fill({ 'With the people selected': act }).press('Continue')
    await mira.press(button)
    expect(mira.answer.statusCode).toBe(403)
    expect(mira.text('main')).toContain('You may not do that any more. 2 people were changed before that.')
    expect(await done()).toBe(2)
  })
})
