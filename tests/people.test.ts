import { describe, expect, test } from 'vitest'
import { withAdmin } from './support/admins.ts'
import { addPerson } from './support/people.ts'
import { addWaiting, withApproval } from './support/requests-waiting.ts'

const names = (document: Document) =>
  [...document.querySelectorAll('tbody .person a')].map((link) => link.textContent?.trim())

describe('the list of people', () => {
  test('is newest first, 50 to a page, two ways', async () => {
    const { db, mira } = await withAdmin()
    const rows = Array.from({ length: 120 }, (_, i) => `person-${String(i).padStart(3, '0')}`)
    for (const username of rows)
      await db.user.create({
        data: { username, usernameSkeleton: username, passwordHash: '', passwordChangedAt: new Date() },
      })
    await mira.visit('/admin/users')
    expect(names(mira.document).slice(0, 2)).toEqual(['person-119', 'person-118'])
    expect(names(mira.document)).toHaveLength(50)
    const first = names(mira.document)
    await mira.click('Older')
    expect(names(mira.document)[0]).toBe('person-069')
    await mira.click('Older')
    expect(names(mira.document)).toHaveLength(21)
    expect(names(mira.document).at(-1)).toBe('mira.okafor')
    expect(mira.document.querySelector('a[rel=next]')).toBeNull()
    await mira.click('Newer')
    await mira.click('Newer')
    expect(names(mira.document)).toEqual(first)
    expect(mira.document.querySelector('a[rel=prev]')).toBeNull()
  })

  test.each([
    ['ana.s', ['ana.silva']],
    ['ANA@', ['ana.silva']],
    ['zoë', ['Zoë Ben']],
    ['%', []],
    ['_', ['Zoë Ben']],
    ['ben_', ['Zoë Ben']],
    ['benxokri', []],
    ["'; DROP TABLE", []],
  ])('finds by a part of a name, username or address: %j', async (q, found) => {
    const { visitor, db, mira } = await withAdmin()
    await visitor().signUp('ana.silva', { email: 'ana@example.org' })
    await visitor().signUp('ben_okri')
    await db.user.update({ where: { username: 'ben_okri' }, data: { name: 'Zoë Ben', nameKey: 'zoë ben' } })
    await mira.visit('/admin/users')
    await mira.fill({ Search: q }).press('Search')
    expect(names(mira.document)).toEqual(found)
    if (!found.length) expect(mira.text()).toContain(`Nobody matches “${q}”`)
  })

  test('finds by id, and filters by status', async () => {
    const { visitor, person, mira, db } = await withAdmin()
    await visitor().signUp('ana.silva')
    await visitor().signUp('ben.okri')
    const ana = await person('ana.silva')
    await mira.visit(`/admin/users?q=${ana.id}`)
    expect(names(mira.document)).toEqual(['ana.silva'])
    await db.user.update({ where: { id: ana.id }, data: { status: 'suspended', role: 'support' } })
    await mira.visit('/admin/users?status=suspended')
    expect(names(mira.document)).toEqual(['ana.silva'])
    expect(mira.text('tbody .person .meta')).toMatch(/Support$/)
  })

  test.each(['status=nobody', 'status=erased', 'after=x', "before='", 'q=a&q=b', 'page=2'])(
    'refuses the address ?%s',
    async (query) => {
      const { mira } = await withAdmin()
      await mira.visit(`/admin/users?${query}`)
      expect(mira.answer.statusCode).toBe(400)
    },
  )

  test('is there as JSON, without secrets', async () => {
    const { mira } = await withAdmin()
    const answer = await mira.json('GET', '/admin/users')
    const person = { username: 'mira.okafor', name: null, email: null, role: 'admin', status: 'active' }
    const known = { id: expect.any(String), createdAt: expect.any(String), lastSeenAt: expect.any(String) }
    expect(answer.json()).toEqual({
      status: 'success',
      people: [{ ...person, ...known, waits: false }],
      matches: { count: 1, orMore: false },
      counts: { all: 1, confirmed: 0, active: 1, pending: 0, suspended: 0, closing: 0 },
    })
    expect(answer.body).not.toMatch(/argon2|hash|token/i)
  })

  test('counts everybody by status', async () => {
    const { visitor, mira, db } = await withAdmin()
    for (const name of ['ana.silva', 'ana.souza', 'ben.okri']) await visitor().signUp(name)
    await db.user.update({ where: { username: 'ana.silva' }, data: { status: 'suspended' } })
    const chips = () =>
      [...mira.document.querySelectorAll('.chip')].map((chip) => chip.textContent?.replace(/\s+/g, ' '))
    await mira.visit('/admin/users')
    expect(chips()).toEqual(['All 4', 'Active 3', 'Not confirmed 0', 'Suspended 1', 'Closing 0'])
    await mira.fill({ Search: 'ana' }).press('Search')
    // Of those who are called so, only how many are shown is known.
    expect(chips()).toEqual(['All 2', 'Active', 'Not confirmed', 'Suspended', 'Closing'])
    await mira.click('Suspended')
    expect(names(mira.document)).toEqual(['ana.silva'])
    expect(chips()).toEqual(['All', 'Active', 'Not confirmed', 'Suspended 1', 'Closing'])
  })

  test('tells who waits for an administrator from who has not confirmed', async () => {
    const { mira, db } = await withApproval({ SMTP_URL: 'smtp://127.0.0.1:9' })
    await addWaiting(db, 'ana.silva')
    await addPerson(db, 'ben.okri', { status: 'pending' })
    await mira.visit('/admin/users?status=pending')
    const states = [...mira.document.querySelectorAll('tbody td.end')].map((state) =>
      state.textContent?.trim(),
    )
    expect([names(mira.document), states]).toEqual([
      ['ben.okri', 'ana.silva'],
      ['Not confirmed', 'Waiting'],
    ])
    expect(mira.text('.chip[aria-current]')).toBe('Waiting or not confirmed 2')
    const { people } = (await mira.json('GET', '/admin/users?status=pending')).json()
    expect(people).toMatchObject([{ waits: false }, { waits: true }])
  })

  test('draws a face from the initials of a name', async () => {
    const { visitor, mira, db } = await withAdmin()
    for (const name of ['ana.silva', 'ben', 'wang.li']) await visitor().signUp(name)
    await db.user.update({ where: { username: 'wang.li' }, data: { name: '王 丽' } })
    await mira.visit('/admin/users')
    const faces = [...mira.document.querySelectorAll('tbody .face')].map((face) => face.textContent)
    expect(faces).toEqual(['王', 'B', 'AS', 'MO'])
  })
})
