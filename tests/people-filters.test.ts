import { randomUUIDv7 } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Db } from '../src/db/client.ts'
import { withAdmin } from './support/admins.ts'
import type { Visitor } from './support/visitor.ts'

afterEach(() => vi.restoreAllMocks())

type Row = Parameters<Db['user']['create']>[0]['data']

/** Somebody who was never seen; the more days ago, the longer. */
const row = (username: string, days: number, more: Partial<Row> = {}) => {
  const createdAt = new Date(Date.now() - days * 86_400_000)
  const time = createdAt.getTime().toString(16).padStart(12, '0')
  return {
    id: `${time.slice(0, 8)}-${time.slice(8)}${randomUUIDv7().slice(13)}`,
    ...{ username, usernameSkeleton: username, passwordHash: '', passwordChangedAt: createdAt },
    ...{ createdAt, lastSeenAt: createdAt },
    ...more,
  } as Row
}

const shown = ({ document }: Visitor) =>
  [...document.querySelectorAll('tbody .person a')].map((link) => link.textContent?.trim())
const pager = (visitor: Visitor) => visitor.text('.pager').replace(/\s+/g, ' ')

async function withPeople(...rows: Row[]) {
  const services = await withAdmin()
  for (const data of rows) await services.db.user.create({ data })
  return services
}

describe('the list of people', () => {
  test('is put in order by its headings, and by the choice beside the search', async () => {
    const seen = { lastSeenAt: new Date('2026-01-01') }
    const { mira } = await withPeople(row('cleo', 9), row('bela', 5), row('anton', 2, seen))
    await mira.visit('/admin/users')
    expect(shown(mira)).toEqual(['mira.okafor', 'anton', 'bela', 'cleo'])
    await mira.click('Signed up ↓')
    expect(shown(mira)).toEqual(['cleo', 'bela', 'anton', 'mira.okafor'])
    await mira.click('Person')
    expect(shown(mira)).toEqual(['anton', 'bela', 'cleo', 'mira.okafor'])
    expect(mira.document.querySelector('th[aria-sort=ascending]')?.textContent).toContain('Person')
    await mira.click('Person ↑')
    expect(shown(mira)).toEqual(['mira.okafor', 'cleo', 'bela', 'anton'])
    expect(mira.text('caption')).toBe('People, by username, from the end')
    await mira.fill({ 'Order by': '-seen' }).press('Search')
    expect(shown(mira)).toEqual(['mira.okafor', 'bela', 'cleo', 'anton'])
    expect(mira.text('caption')).toBe('People, last seen first')
  })

  test('is narrowed down by what is chosen, and keeps that from page to page', async () => {
    const email = (address: string, proven = false) => ({
      ...{ email: address, emailKey: address, provenEmailKey: proven ? address : null },
    })
    const { mira } = await withPeople(
      row('sam', 40, { role: 'support' }),
      row('una', 20, email('una@example.org')),
      row('pia', 3, email('pia@example.org', true)),
      row('ivo', 2, { passwordHash: '$2b$10$x' }),
      row('tom', 1.5, { twoFactor: true }),
    )
    const choose = async (choice: Record<string, string>) => {
      await mira.visit('/admin/users')
      await mira.fill(choice).press('Search')
      return shown(mira)
    }
    expect(await choose({ Role: 'support' })).toEqual(['sam'])
    expect(await choose({ 'Signed up': '7' })).toEqual(['mira.okafor', 'tom', 'ivo', 'pia'])
    expect(await choose({ 'Email address': '1' })).toEqual(['una'])
    expect(await choose({ Password: '1' })).toEqual(['ivo'])
    expect(await choose({ 'Two-step sign-in': 'on' })).toEqual(['tom'])
    expect(await choose({ 'Two-step sign-in': 'off', 'Signed up': '1' })).toEqual(['mira.okafor'])
    await mira.click('Suspended')
    expect(mira.text()).toContain('You’re looking at “Suspended” only. Other filters are set, too.')
    await mira.click('Show everyone')
    expect(shown(mira)).toHaveLength(6)
  })

  test('goes from page to page in any order, and says how many there are', async () => {
    const crowd = Array.from({ length: 60 }, (_, i) => row(`user-${String(i).padStart(2, '0')}`, 90 - i))
    const { mira } = await withPeople(...crowd)
    for (const [sort, first, last] of [
      ['username', 'mira.okafor', 'user-59'],
      ['joined', 'user-00', 'mira.okafor'],
      ['-username', 'user-59', 'mira.okafor'],
      ['-seen', 'mira.okafor', 'user-00'],
    ] as const) {
      await mira.visit(`/admin/users?sort=${sort}`)
      expect(pager(mira)).toBe('50 shown, of 61 Next')
      const before = shown(mira)
      expect(before[0]).toBe(first)
      await mira.click('Next')
      expect(shown(mira)).toHaveLength(11)
      expect(shown(mira).at(-1)).toBe(last)
      await mira.click('Previous')
      expect(shown(mira)).toEqual(before)
    }
    await mira.visit('/admin/users?q=user&joined=30')
    expect(shown(mira)).toEqual([])
    await mira.visit('/admin/users?q=user')
    expect(pager(mira)).toBe('50 shown, of 60 Older')
  })

  test('says how far it looked where that takes too long, and goes on from there', async () => {
    const { mira, db } = await withPeople(row('zo', 300), row('quinn', 299, { name: 'Zo', nameKey: 'zo' }))
    for (let i = 0; i < 17; i++)
      await db.user.createMany({
        data: Array.from({ length: 1000 }, (_, n) => row(`user-${i}-${n}`, 200 - i)),
      })
    let time = 0
    vi.spyOn(performance, 'now').mockImplementation(() => (time += 100))
    // Whoever is called just so is there, however long ago they signed up.
    await mira.visit('/admin/users?q=zo')
    expect(shown(mira)).toEqual(['Zo', 'zo'])
    expect(pager(mira)).toBe('2 shown so far, of 8,000 people looked through Go on looking')
    await mira.click('Go on looking')
    expect(mira.text('h2')).toBe('Nobody so far')
    await mira.visit('/admin/users?q=zz')
    expect(mira.text('h2')).toBe('Nobody so far')
    expect(mira.text('.lead')).toBe('Looked through 8,000 people. There are more.')
    await mira.click('Go on looking')
    expect(mira.text('.lead')).toBe('Looked through 8,000 people. There are more.')
  })

  test.each([
    'sort=created',
    'sort=username&after=01900000-0000-7000-8000-000000000000',
    'sort=username&after=01900000-0000-7000-8000-000000000000~',
    'sort=username&after=01900000-0000-7000-8000-000000000000~a%09b',
    'sort=-seen&after=01900000-0000-7000-8000-000000000000~yesterday',
    'sort=-seen&after=01900000-0000-7000-8000-000000000000~99999999999999',
    'sort=seen&before=x~1',
    'after=01900000-0000-7000-8000-000000000000~1',
    'role=owner',
    'joined=31',
    'twoFactor=maybe',
    'unconfirmed=yes',
  ])('refuses the address ?%s', async (query) => {
    const { mira } = await withAdmin()
    await mira.visit(`/admin/users?${query}`)
    expect(mira.answer.statusCode).toBe(400)
  })

  test('leads back from where nobody is left, and from an address that was cut', async () => {
    const { mira } = await withPeople(row('anton', 2))
    for (const [way, place] of [
      ['after', '00000000-0000-7000-8000-000000000000'],
      ['before', 'ffffffff-ffff-7fff-bfff-ffffffffffff'],
    ]) {
      await mira.visit(`/admin/users?q=an&${way}=${place}`)
      expect(mira.text('.empty h2')).toBe('Nobody from here on')
      await mira.click('Go to its start')
      expect([mira.path, shown(mira)]).toEqual(['/admin/users?q=an', ['anton']])
    }
    await mira.visit('/admin/users?after=0000')
    await mira.click('Open the page without it')
    expect(mira.path).toBe('/admin/users')
    await mira.visit('//elsewhere.example/?after=%zz')
    await mira.click('Open the page without it')
    expect(mira.path).toBe('/account')
    // Not to the file, which would be of everybody.
    await mira.visit('/admin/users.csv?q=an&sort=seen')
    await mira.click('Open the page without it')
    expect(mira.path).toBe('/admin/users')
  })

  test('takes a search for nothing but spaces as none', async () => {
    const { mira } = await withPeople(row('anton', 2))
    await mira.visit('/admin/users?q=++&status=active')
    const [everybody] = mira.document.querySelectorAll('.chip')
    expect(everybody?.textContent?.replace(/\s+/g, ' ').trim()).toBe('All 2')
    await mira.visit('/admin/users?q=+anton+')
    expect(shown(mira)).toEqual(['anton'])
  })

  test('takes any place in the list that is one, whoever made it up', async () => {
    const { mira } = await withPeople(row('anton', 2))
    for (const after of ['~%27;--', '~zzz', '~%F0%9F%98%80']) {
      await mira.visit(`/admin/users?sort=username&before=ffffffff-ffff-ffff-ffff-ffffffffffff${after}`)
      expect(mira.answer.statusCode).toBe(200)
    }
    await mira.visit('/admin/users?sort=seen&after=00000000-0000-0000-0000-000000000000~0')
    expect(shown(mira)).toEqual(['anton', 'mira.okafor'])
    await mira.visit(`/admin/users?q=${'a%25_%22%5C'.repeat(40)}`)
    expect(mira.answer.statusCode).toBe(200)
  })
})
