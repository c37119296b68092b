import { expect, test } from 'vitest'
import { addPerson } from './support/people.ts'
import { addWaiting, withApproval } from './support/requests-waiting.ts'

/** The words beside each name in the list. */
async function hints(mira: Awaited<ReturnType<typeof withApproval>>['mira']) {
  await mira.visit('/admin/requests')
  const rows = [...mira.document.querySelectorAll('tbody tr')]
  const words = (row: Element, selector: string) =>
    row.querySelector(selector)?.textContent?.replace(/\s+/g, ' ').trim() ?? ''
  return Object.fromEntries(rows.map((row) => [words(row, '.first a'), words(row, 'td:last-child')]))
}

test('sign-ups of one network stand out, of one /24 or one /64', async () => {
  const { db, mira } = await withApproval()
  await addWaiting(db, 'ana.silva', { ip: '198.51.100.1' })
  await addWaiting(db, 'kwame', { ip: '198.51.100.200' })
  await addWaiting(db, 'noor.h', { ip: '2001:db8:1:2::3' })
  await addWaiting(db, 'misaki', { ip: '2001:db8:1:2:ffff::9' })
  await addWaiting(db, 'tomas', { ip: '2001:db8:1:2:abc::9' })
  await addWaiting(db, 'lucia', { ip: '198.51.101.1' })
  expect(await hints(mira)).toEqual({
    'ana.silva': 'Same network 1 other from 198.51.100.0/24',
    kwame: 'Same network 1 other from 198.51.100.0/24',
    'noor.h': 'Same network 2 others from 2001:db8:1:2::/64',
    misaki: 'Same network 2 others from 2001:db8:1:2::/64',
    tomas: 'Same network 2 others from 2001:db8:1:2::/64',
    lucia: 'Nothing',
  })
})

test('a name one slip away from another stands out, of a member or of somebody who waits', async () => {
  const { db, mira } = await withApproval()
  await addPerson(db, 'ana.silva')
  await addWaiting(db, 'anna.silva', { ip: '198.51.100.1' })
  await addWaiting(db, 'ana-silva', { ip: '198.51.101.1' })
  await addWaiting(db, 'kwame', { ip: '198.51.102.1' })
  await addWaiting(db, 'kwame2', { ip: '198.51.103.1' })
  await addWaiting(db, 'mira.okafro', { ip: '198.51.104.1' })
  expect(await hints(mira)).toEqual({
    'anna.silva': 'Looks like ana.silva',
    'ana-silva': 'Looks like ana.silva',
    kwame: 'Looks like kwame2',
    kwame2: 'Looks like kwame',
    'mira.okafro': 'Looks like mira.okafor',
  })
})

test('an address of a mailbox that is known, or kept for minutes, or not confirmed, stands out', async () => {
  const { db, mira } = await withApproval()
  await addPerson(db, 'known.person', { email: 'ana@example.org' })
  await addPerson(db, 'somebody.else', { email: 'ana+x@example.com' })
  await addPerson(db, 'third.party', { email: 'anabel@example.org' })
  await addWaiting(db, 'noor.h', { email: 'ana+new@example.org', ip: '198.51.100.1' })
  await addWaiting(db, 'kwame', { email: 'ana+other@example.org', ip: '198.51.101.1' })
  await addWaiting(db, 'tomas', { email: 'tomas@eu.mailinator.com', ip: '198.51.102.1' })
  const lucia = await addWaiting(db, 'lucia', { ip: '198.51.103.1' })
  const claimed = { email: 'Lucia@example.org', emailKey: 'lucia@example.org' }
  await db.user.update({ where: { id: lucia.id }, data: claimed })
  const found = await hints(mira)
  const words = (name: string) => found[name]?.split(/,? /).sort()
  expect(words('noor.h')).toEqual(['Same', 'as', 'known.person', 'kwame', 'mailbox'])
  expect(words('kwame')).toEqual(['Same', 'as', 'known.person', 'mailbox', 'noor.h'])
  expect(found.tomas).toBe('Throw-away address')
  expect(found.lucia).toBe('Address not confirmed')
})
