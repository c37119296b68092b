import { onTestFinished } from 'vitest'
import { createPasswordHasher } from '../../src/accounts/password-hasher.ts'
import { openPlaces } from '../../src/accounts/place.ts'
import { openSecretKeys } from '../../src/accounts/secret-key.ts'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openDb } from '../../src/db/client.ts'
import { freshDatabase, SECRET_KEY } from './database.ts'
import { Visitor } from './visitor.ts'

/** One hasher for a test file: its gate and its thread priorities belong to the process, as in the server. */
let hasher: ReturnType<typeof createPasswordHasher> | undefined

/** The real app on a database of its own, closed when the test is over. `env` configures it. */
export async function startApp(env: Record<string, string> = {}) {
  const database = await freshDatabase()
  const config = readConfig({ LOG_LEVEL: 'silent', SECRET_KEY, ...env, DATABASE_URL: database.url })
  hasher ??= createPasswordHasher(config.argon2)
  const db = await openDb(database.url)
  const app = await buildApp({
    ...{ config, db, passwords: await hasher },
    ...{ secretKeys: openSecretKeys(config), placeOf: await openPlaces(config) },
  })
  onTestFinished(async () => {
    await app.close()
    await db.$disconnect()
    await database.remove()
  })
  return {
    app,
    db,
    config,
    visitor: (options?: { ip?: string; userAgent?: string }) => new Visitor(app, options),
  }
}
