import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { BadConfiguration, type Config, readConfig } from '../config.ts'
import { type Db, openDb } from '../db/client.ts'
import { sqlitePath } from '../db/sqlite.ts'
import { createPasswordHasher, type PasswordHasher } from './password-hasher.ts'
import type { PlaceOf } from './place.ts'
import type { SecretKeys } from './secret-key.ts'
import { loadSettings } from './settings.ts'

/** What has a life-cycle and every feature works with. The app carries them, and so does the command line. */
export type Services = { config: Config; db: Db; passwords: PasswordHasher }

/** The same with what the running service needs: the secrets outside the database and, if known, places. */
export type KeyedServices = Services & { secretKeys: SecretKeys; placeOf?: PlaceOf | undefined }

/**
 * Reads the environment and what administrators have set, and opens what they name; makes a database that isn't
 * there, or brings an older one up to date, only if told to `create`. Throws BadConfiguration, a line for each problem.
 */
export async function openServices(
  env: Record<string, string | undefined>,
  { create }: { create: boolean },
): Promise<Services> {
  const config = readConfig(env)
  if (!create) expectDatabase(config)
  const [db, passwords] = await Promise.all([
    openDb(config.databaseUrl, { migrates: create }).catch(cannotOpen),
    createPasswordHasher(config.argon2),
  ])
  await loadSettings({ config, db })
  return { config, db, passwords }
}

function expectDatabase({ databaseUrl }: Config) {
  if (!databaseUrl.startsWith('file:')) return
  const file = resolve(sqlitePath(databaseUrl))
  try {
    statSync(file)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const problem =
      code === 'ENOENT'
        ? `there is no database ${file}. Correct the path, or start the service, which makes it`
        : `the database ${file} can’t be read (${code}). Run this as the user of the service, or as root`
    throw new BadConfiguration([`DATABASE_URL: ${problem}`], { cause })
  }
}

function cannotOpen(cause: Error & { code?: string }): never {
  // Node's error has no message when it has tried several addresses of one host name.
  const problem = `DATABASE_URL: the database can’t be opened: ${cause.message || cause.code}`
  throw new BadConfiguration([problem], { cause })
}
