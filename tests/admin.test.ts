import { describe, expect, test } from 'vitest'
import { startApp } from './support/app.ts'

/** An app with an administrator who is signed in. */
async function withAdmin() {
  const services = await startApp()
  const mira = services.visitor()
  await mira.signUp('mira.okafor')
  await services.db.user.update({ where: { username: 'mira.okafor' }, data: { role: 'admin' } })
  const person = async (username: string) => services.db.user.findUniqueOrThrow({ where: { username } })
  return { ...services, mira, person }
}

const names = (document: Document) =>
  [...document.querySelectorAll('tbody .person a')].map((link) => link.textContent?.trim())

describe('who is not an administrator', () => {
  test('is told so, and may sign in as someone else', async () => {
    const { visitor } = await startApp()
    const ana = visitor()
    await ana.signUp('ana.silva')
    await ana.visit('/admin/users')
    expect(ana.answer.statusCode).toBe(403)
    expect(ana.headline).toBe('You can’t open this page')
    expect(ana.text()).toContain('ana.silva')
    await ana.press('Sign in as someone else')
    expect(ana.path).toBe('/login')
  })
})

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
    ['_', []],
    ['ben_', ['Zoë Ben']],
    ['benxokri', []],
    ["'; DROP TABLE", []],
  ])('finds by the start of a name, username or address: %j', async (q, found) => {
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
    await db.user.update({ where: { id: ana.id }, data: { status: 'suspended' } })
    await mira.visit('/admin/users?status=suspended')
    expect(names(mira.document)).toEqual(['ana.silva'])
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
      people: [{ ...person, ...known }],
      counts: { all: 1, active: 1, pending: 0, suspended: 0, closing: 0 },
    })
    expect(answer.body).not.toMatch(/argon2|hash|token/i)
  })

  test('counts by status those who match the search', async () => {
    const { visitor, mira, db } = await withAdmin()
    for (const name of ['ana.silva', 'ana.souza', 'ben.okri']) await visitor().signUp(name)
    await db.user.update({ where: { username: 'ana.silva' }, data: { status: 'suspended' } })
    const chips = () =>
      [...mira.document.querySelectorAll('.chip')].map((chip) => chip.textContent?.replace(/\s+/g, ' '))
    await mira.visit('/admin/users')
    expect(chips()).toEqual(['All 4', 'Active 3', 'Not confirmed 0', 'Suspended 1', 'Closing 0'])
    await mira.fill({ Search: 'ana' }).press('Search')
    expect(chips()).toEqual(['All 2', 'Active 1', 'Not confirmed 0', 'Suspended 1', 'Closing 0'])
    await mira.click('Suspended 1')
    expect(names(mira.document)).toEqual(['ana.silva'])
    expect(chips()).toEqual(['All 2', 'Active 1', 'Not confirmed 0', 'Suspended 1', 'Closing 0'])
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

describe('a person', () => {
  test('is shown with sessions and history', async () => {
    const { visitor, person, mira } = await withAdmin()
    const ana = visitor({ ip: '203.0.113.7' })
    await ana.signUp('ana.silva')
    await ana.press('Sign out')
    await ana.logIn('ana.silva')
    await mira.visit(`/admin/users/${(await person('ana.silva')).id}`)
    expect(mira.headline).toBe('ana.silva')
    expect(mira.text()).toContain('203.0.113.7')
    const history = [...mira.document.querySelectorAll('.timeline li p:first-child')].map((p) =>
      p.textContent?.trim(),
    )
    expect(history).toEqual(['Signed in', 'Signed out', 'Account created'])
  })

  test('is there as JSON, without what only the page needs', async () => {
    const { person, mira } = await withAdmin()
    const { id } = await person('mira.okafor')
    const answer = (await mira.json('GET', `/admin/users/${id}`)).json()
    const names = 'history mails moreHistory person sessions status'
    expect(Object.keys(answer).sort().join(' ')).toBe(names)
    expect(answer.person).toMatchObject({ id, username: 'mira.okafor', emailProven: false })
    const overview = (await mira.json('GET', '/admin')).json()
    expect(Object.keys(overview).join(' ')).toBe('status counts stuckMails latest')
  })

  test('is suspended: out at once, and can’t sign in until it is lifted', async () => {
    const { visitor, person, mira, db } = await withAdmin()
    const ana = visitor()
    await ana.signUp('ana.silva')
    const { id } = await person('ana.silva')
    await mira.visit(`/admin/users/${id}/suspend`)
    expect(mira.headline).toBe('Suspend ana.silva?')
    await mira.fill({ Reason: 'Reported for spam' }).press('Suspend ana.silva')
    expect(mira.text('[role=status]')).toBe('ana.silva is suspended.')
    expect(mira.text()).toContain('Account suspended. Reason: “Reported for spam”')

    await ana.visit('/account')
    expect(ana.path).toContain('/login')
    await ana.logIn('ana.silva')
    expect(ana.answer.statusCode).toBe(422)
    expect(await db.session.count({ where: { userId: id } })).toBe(0)

    await mira.visit(`/admin/users/${id}/restore`)
    await mira.press('Lift the suspension of ana.silva')
    expect(mira.text('[role=status]')).toBe('Suspension lifted for ana.silva.')
    await ana.logIn('ana.silva')
    expect(ana.path).toBe('/account')
  })

  test('is not there: 404, whatever is asked', async () => {
    const { mira } = await withAdmin()
    for (const id of ['01a203fd-6d9f-7c5e-91f8-b8b21bca1089', 'x', '%00', '..%2f'])
      expect([id, (await mira.request('GET', `/admin/users/${id}`)).statusCode]).toEqual([id, 404])
  })
})

describe('the last administrator', () => {
  test('can’t suspend themselves', async () => {
    const { mira, person } = await withAdmin()
    const { id } = await person('mira.okafor')
    await mira.request('POST', `/admin/users/${id}/suspend`, { reason: '' })
    expect(mira.answer.statusCode).toBe(403)
    expect(mira.text()).toContain('You can’t do that to your own account.')
  })

  test('stays when two suspend each other, 50 times over', async () => {
    const { mira, visitor, person, db } = await withAdmin()
    const tom = visitor()
    await tom.signUp('tom.bauer')
    const ids = [(await person('mira.okafor')).id, (await person('tom.bauer')).id] as const
    const [miraId, tomId] = ids
    for (let round = 0; round < 50; round++) {
      await db.user.updateMany({ data: { role: 'admin', status: 'active' } })
      for (const who of [mira, tom])
        if (!(await db.session.count({ where: { userId: who === mira ? miraId : tomId } }))) {
          who.cookies.clear()
          await who.logIn(who === mira ? 'mira.okafor' : 'tom.bauer')
        }
      const answers = await Promise.all([
        mira.request('POST', `/admin/users/${tomId}/suspend`, { reason: '' }),
        tom.request('POST', `/admin/users/${miraId}/suspend`, { reason: '' }),
      ])
      expect(answers.map(({ statusCode }) => statusCode).filter((status) => status >= 500)).toEqual([])
      expect(await db.user.count({ where: { role: 'admin', status: 'active' } })).toBeGreaterThanOrEqual(1)
    }
  })
})
