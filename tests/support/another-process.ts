import { onTestFinished } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { openDb } from '../../src/db/client.ts'
import type { App } from './requests.ts'

/** Another process of the same service: an app on its database, by connections of its own. */
export async function anotherProcess({ config, passwords, secretKeys }: App) {
  const db = await openDb(config.databaseUrl)
  const app = await buildApp({ config, db, passwords, secretKeys })
  onTestFinished(async () => {
    await app.close()
    await db.$disconnect()
  })
  return app
}
