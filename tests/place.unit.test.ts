import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { openPlaces } from '../src/accounts/place.ts'
import { readConfig } from '../src/config.ts'
import { minutes, now, seconds } from '../src/time.ts'
import { PATIENCE } from './support/patience.ts'
import { keepPlaces, place, placesFile } from './support/places.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const LISBON = { '203.0.113.0/24': place('Lisbon', 'Portugal') }
const PORTO = placesFile({ '203.0.113.0/24': place('Porto', 'Portugal') })

const open = (GEOIP_DATABASE: string) => openPlaces(readConfig({ GEOIP_DATABASE }))

describe('the place of an address', () => {
  test('is its city and country, as far as the database knows', async () => {
    const { path } = keepPlaces({
      ...LISBON,
      '198.51.100.0/25': place(undefined, 'Portugal'),
      '192.0.2.7/32': place('Singapore', 'Singapore'),
      '2001:db8:1::/48': place('Zürich', 'Switzerland'),
      '2001:db8:2::/48': { traits: { is_anycast: 1 } },
    })
    const placeOf = await open(path)
    expect(placeOf?.('203.0.113.7')).toBe('Lisbon, Portugal')
    expect(placeOf?.('198.51.100.127')).toBe('Portugal')
    expect(placeOf?.('192.0.2.7')).toBe('Singapore')
    expect(placeOf?.('2001:db8:1::9')).toBe('Zürich, Switzerland')
    const unknown = ['198.51.100.128', '192.0.2.8', '2001:db8:2::9', '2001:db8:3::9', '127.0.0.1', '::1']
    for (const ip of [...unknown, 'local', '', '1.2.3.4.5', 'fe80::1%eth0'])
      expect(placeOf?.(ip), ip).toBe(undefined)
  })

  test('is the country, in a database of countries', async () => {
    const { path } = keepPlaces({ '203.0.113.0/24': place(undefined, 'Portugal') }, 'DBIP-Country-Lite')
    expect((await open(path))?.('203.0.113.7')).toBe('Portugal')
  })

  test('is not looked for where there is no database', async () => {
    expect(await openPlaces(readConfig({}))).toBe(undefined)
  })
})

describe('a database that can’t be used stops the start with a line', () => {
  test('if it is no file', async () => {
    await expect(open(tmpdir())).rejects.toMatchObject({
      problems: [expect.stringMatching(/^GEOIP_DATABASE: .+ can’t be read \(EISDIR\)$/)],
    })
  })

  test('if it is something else, or of something else', async () => {
    const { path } = keepPlaces(LISBON, 'GeoLite2-ASN')
    const words = `GEOIP_DATABASE: ${path} is no MaxMind database (.mmdb) of cities or countries`
    await expect(open(path)).rejects.toMatchObject({ problems: [words] })
    for (const content of ['', 'places', placesFile(LISBON).subarray(0, -200)]) {
      writeFileSync(path, content)
      await expect(open(path)).rejects.toMatchObject({ problems: [words] })
    }
  })
})

describe('a newer file in its place', () => {
  test('is read within a minute of use, and not before', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { path, replace } = keepPlaces(LISBON)
    const placeOf = await open(path)
    replace(PORTO)
    vi.setSystemTime(now() + seconds(59))
    placeOf?.('203.0.113.7')
    await new Promise((later) => setTimeout(later, 50))
    expect(placeOf?.('203.0.113.7')).toBe('Lisbon, Portugal')
    vi.setSystemTime(now() + seconds(1))
    placeOf?.('203.0.113.7')
    await vi.waitFor(() => expect(placeOf?.('203.0.113.7')).toBe('Porto, Portugal'), PATIENCE)
  })

  test('that can’t be read leaves the older in use, and says so once', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const { path, replace } = keepPlaces(LISBON)
    const placeOf = await open(path)
    const lookAgain = () => {
      vi.setSystemTime(now() + minutes(1))
      return placeOf?.('203.0.113.7')
    }
    replace(PORTO.subarray(0, 100))
    lookAgain()
    await vi.waitFor(() => expect(warned).toHaveBeenCalledOnce(), PATIENCE)
    expect(warned.mock.calls[0]?.[0]).toMatch(/is no MaxMind database .* The one before stays in use$/)
    expect(lookAgain()).toBe('Lisbon, Portugal')
    rmSync(path)
    lookAgain()
    await vi.waitFor(() => expect(warned).toHaveBeenCalledTimes(2), PATIENCE)
    expect(lookAgain()).toBe('Lisbon, Portugal')
    replace(PORTO)
    lookAgain()
    await vi.waitFor(() => expect(placeOf?.('203.0.113.7')).toBe('Porto, Portugal'), PATIENCE)
    expect(warned).toHaveBeenCalledTimes(2)
  })
})
