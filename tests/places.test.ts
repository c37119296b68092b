import { expect, test } from 'vitest'
import { startApp } from './support/app.ts'
import { mailOf } from './support/mailbox.ts'
import { addPerson } from './support/people.ts'
import { keepPlaces, place } from './support/places.ts'

test('devices, mails and histories say roughly where, if there is a database of places', async () => {
  const { path } = keepPlaces({ '203.0.113.0/24': place('Lisbon', 'Portugal') })
  const { app, db, visitor } = await startApp({ GEOIP_DATABASE: path })
  const { user } = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
  const admin = await addPerson(db, 'ada.admin', { role: 'admin' })
  const here = visitor()
  await here.logIn('ana.silva')
  await visitor({ ip: '203.0.113.7' }).logIn('ana.silva')

  const [mail] = await mailOf(app)
  expect(mail?.subject).toBe('New sign-in from Firefox on Linux near Lisbon, Portugal')
  expect(mail?.text.replace(/\s+/g, ' ')).toContain('from 203.0.113.7 near Lisbon, Portugal.')

  await here.visit('/account')
  expect(here.text()).toContain('Firefox on Linux Lisbon, Portugal · 203.0.113.7 · Active')
  const { sessions } = (await here.json('GET', '/account')).json()
  expect(sessions.map(({ place }: { place: string | null }) => place)).toEqual([
    null,
    'Lisbon, Portugal',
    null,
  ])

  const ada = visitor()
  ada.cookies.set('foyer-session', admin.token)
  await ada.visit(`/admin/users/${user.id}`)
  expect(ada.text('[aria-labelledby=sessions]')).toContain('203.0.113.7 Lisbon, Portugal')
  expect(ada.text('.timeline')).toContain('Firefox on Linux, 203.0.113.7, near Lisbon, Portugal')
  const shown = (await ada.json('GET', `/admin/users/${user.id}`)).json()
  expect(shown.sessions.map(({ place }: { place: string | null }) => place)).toContain('Lisbon, Portugal')
})
