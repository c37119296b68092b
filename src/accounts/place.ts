import { readFile, stat } from 'node:fs/promises'
import type { CityResponse, Reader } from 'maxmind'
import { BadConfiguration, type Config } from '../config.ts'
import { minutes, now } from '../time.ts'

/** Roughly where an IP address is used: `Lisbon, Portugal`, `Portugal`, or undefined where nobody knows. */
export type PlaceOf = (ip: string) => string | undefined

/** How often the file is looked at again, in ms, when places are asked for. */
const LOOK_EVERY = minutes(1)

/**
 * Opens the database of places, of cities or of countries, if there is one; a newer file in its place is read
 * within a minute of use, and one that can't be read leaves the older in use. Throws BadConfiguration.
 */
export async function openPlaces({ geoipDatabase: path }: Config): Promise<PlaceOf | undefined> {
  if (!path) return undefined
  let version = await versionOf(path)
  let database = await read(path).catch((cause: Error) => {
    throw new BadConfiguration([`GEOIP_DATABASE: ${cause.message}`], { cause })
  })
  let lookedAt = now()

  async function lookAgain(file: string) {
    const found = await versionOf(file)
    if (found === version) return
    version = found
    try {
      database = await read(file)
    } catch (error) {
      process.emitWarning(`GEOIP_DATABASE: ${(error as Error).message}. The one before stays in use`)
    }
  }
  return (ip) => {
    if (Math.abs(now() - lookedAt) >= LOOK_EVERY) {
      lookedAt = now()
      void lookAgain(path)
    }
    return inWords(database, ip)
  }
}

/** What is different once the file is another; of none, `undefined`. */
async function versionOf(path: string): Promise<string | undefined> {
  const file = await stat(path).catch(() => undefined)
  return file && [file.ino, file.size, file.mtimeMs].join()
}

async function read(path: string): Promise<Reader<CityResponse>> {
  // Loaded only where there is a database.
  const { Reader } = await import('maxmind')
  const file = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`${path} can’t be read (${cause.code})`, { cause })
  })
  let database: Reader<CityResponse> | undefined
  try {
    database = new Reader<CityResponse>(file)
  } catch {}
  // City, Country and those that hold more of the same, by whoever makes them.
  if (database && /city|country|enterprise/i.test(database.metadata.databaseType)) return database
  throw new Error(`${path} is no MaxMind database (.mmdb) of cities or countries`)
}

function inWords(database: Reader<CityResponse>, ip: string): string | undefined {
  try {
    const { city, country } = database.get(ip) ?? {}
    const names = [city?.names?.en, country?.names?.en].filter((name) => typeof name === 'string')
    // Singapore is in Singapore.
    return [...new Set(names)].join(', ') || undefined
  } catch {
    // No address, or a page of the file that makes no sense: whoever asked goes on without a place.
    return undefined
  }
}
