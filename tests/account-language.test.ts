import { afterEach, describe, expect, test, vi } from 'vitest'
import { cityOf, inWords, regionOf, timeZones } from '../src/accounts/region.ts'
import { days, fromNow, minutes } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { mailOf } from './support/mailbox.ts'
import { addPerson } from './support/people.ts'

afterEach(() => void vi.useRealTimers())

/** Ana, who signs up at an hour that is another day in Auckland. */
async function withAna(env: Record<string, string> = {}) {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-07-22T21:41:00Z') })
  const services = await startApp(env)
  const { user, token } = await addPerson(services.db, 'ana.silva', { email: 'ana@example.org' })
  const ana = services.visitor()
  ana.cookies.set('foyer-session', token)
  return { ...services, ana, user }
}

describe('language and region', () => {
  test('are British English and UTC for who has chosen nothing', async () => {
    const { ana } = await withAna()
    await ana.visit('/account')
    expect(ana.text()).toContain('English (UK), UTC')
    expect(ana.text('#r-password time')).toBe('22 Jul, 21:41')
    expect(ana.document.documentElement.lang).toBe('en')
  })

  test('are chosen on a page that works without scripts, and every time is written so from then on', async () => {
    const { ana, db, user } = await withAna()
    await ana.visit('/account/language')
    const groups = [...ana.document.querySelectorAll('optgroup')].map((group) => group.getAttribute('label'))
    expect(groups.slice(0, 4)).toEqual(['Everywhere', 'Africa', 'America', 'Antarctica'])
    expect(ana.text('select[name=time_zone] option[selected]')).toBe('UTC')
    const choice = { Language: 'en-US', 'Time zone': 'Pacific/Auckland' }
    await ana.fill(choice).press('Save language and region')
    expect(ana.path).toBe('/account')
    expect(ana.text('[role=status]')).toBe('Language and region changed.')
    expect(ana.text()).toContain('English (US), Auckland')
    expect(ana.text('#r-password time')).toBe('Jul 23, 9:41 AM')
    expect(ana.document.documentElement.lang).toBe('en-US')
    // What programs read is as it was.
    const time = ana.document.querySelector('#r-password time')
    expect(time?.getAttribute('datetime')).toBe('2026-07-22T21:41:00.000Z')
    expect(await db.user.findUniqueOrThrow({ where: { id: user.id } })).toMatchObject({
      ...{ language: 'en-US', timeZone: 'Pacific/Auckland' },
    })
    await ana.visit('/account/language')
    expect(ana.text('select[name=time_zone] option[selected]')).toBe('Auckland')
    expect(ana.text('select[name=language] option[selected]')).toBe('English (US)')
  })

  test('are those of whoever looks: an administrator sees a member’s times in their own', async () => {
    const { db, visitor, user } = await withAna()
    await db.user.update({ where: { id: user.id }, data: { timeZone: 'Pacific/Auckland' } })
    const ada = await addPerson(db, 'ada.admin', { role: 'admin' })
    await db.user.update({ where: { id: ada.user.id }, data: { timeZone: 'Asia/Kolkata' } })
    const admin = visitor()
    admin.cookies.set('foyer-session', ada.token)
    await admin.visit(`/admin/users/${user.id}`)
    expect(admin.text('main time')).toBe('23 Jul, 03:11')
    expect(admin.text('main')).toContain('English (UK), Auckland')
    expect(admin.text('footer')).toBe('Time zone: Kolkata')
    await admin.visit('/admin/audit')
    expect(admin.text('.lead')).toContain('Times are UTC')
    expect(admin.document.querySelector('footer')).toBeNull()
  })

  test('are those of the mails too', async () => {
    const { ana, app } = await withAna()
    await ana.json('POST', '/account/language', { language: 'en-US', time_zone: 'America/New_York' })
    await ana.json('POST', '/account/password', {
      ...{ current: 'correct-horse-battery', password: 'another-horse-battery' },
    })
    const [mail] = await mailOf(app)
    expect(mail?.text.replace(/\s+/g, ' ')).toContain('changed at 5:41 PM EDT on July 22, 2026, using')
  })

  test.each([
    [{ language: 'tlh', time_zone: 'UTC' }, { language: 'Choose a language from the list' }],
    [{ language: 'en-GB', time_zone: 'Mars/Base' }, { time_zone: 'Choose a time zone from the list' }],
    [
      { language: 'constructor', time_zone: '' },
      { language: 'Choose a language from the list', time_zone: 'Choose a time zone from the list' },
    ],
  ])('%j are not to be had', async (typed, errors) => {
    const { ana, db } = await withAna()
    const answer = await ana.json('POST', '/account/language', typed)
    expect([answer.statusCode, answer.json().errors]).toEqual([422, errors])
    await ana.request('POST', '/account/language', typed)
    expect(ana.answer.statusCode).toBe(422)
    for (const [field, problem] of Object.entries(errors))
      expect(ana.text(`#${field}-error`)).toBe(`Error: ${problem}`)
    expect(await db.user.count({ where: { language: null, timeZone: null } })).toBe(1)
  })

  test('are read as JSON', async () => {
    const { ana } = await withAna()
    await ana.json('POST', '/account/language', { language: 'en-GB', time_zone: 'Europe/Lisbon' })
    const { account } = (await ana.json('GET', '/account')).json()
    expect(account).toMatchObject({ language: 'en-GB', timeZone: 'Europe/Lisbon' })
  })

  test('that the service speaks no longer are none', async () => {
    const { ana, db } = await withAna()
    await db.user.updateMany({ data: { language: 'tlh', timeZone: 'Mars/Base' } })
    await ana.visit('/account')
    expect(ana.text('#r-password time')).toBe('22 Jul, 21:41')
  })
})

test('every time zone that is offered can be used, and is offered once', () => {
  expect(timeZones.length).toBeGreaterThan(400)
  expect(new Set(timeZones).size).toBe(timeZones.length)
  expect(timeZones).toEqual(expect.arrayContaining(['UTC', 'Asia/Kolkata', 'Europe/Kyiv']))
  for (const timeZone of timeZones) expect(inWords(new Date(), { language: 'en-GB', timeZone })).toMatch(/:/)
  expect(cityOf('America/Argentina/Buenos_Aires')).toBe('Argentina, Buenos Aires')
})

test('what is long ago, or far ahead, is told by its day', () => {
  const day = /^\d+ \w+ \d{4}$/
  expect(inWords(fromNow(-days(301)), regionOf())).toMatch(day)
  expect(inWords(fromNow(days(301)), regionOf())).toMatch(day)
  expect(inWords(fromNow(minutes(1)), regionOf())).toMatch(/^\d+ \w+, \d\d:\d\d$/)
})
