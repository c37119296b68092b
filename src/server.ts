import { createPasswordHasher } from './accounts/password-hasher.ts'
import { buildApp } from './app.ts'
import { BadConfiguration, readConfig } from './config.ts'
import { openDb } from './db/client.ts'
import { setupLink } from './features/setup/make-admin.ts'
import { seconds } from './time.ts'

const STOP_WITHIN = seconds(10)

function configured() {
  try {
    return readConfig(process.env)
  } catch (error) {
    if (!(error instanceof BadConfiguration)) throw error
    process.stderr.write(
      `Foyer can’t start. Mend the configuration:\n${error.problems.map((line) => `  ${line}\n`).join('')}`,
    )
    process.exit(1)
  }
}

/** The process: configuration, database, app, listen; ends in order on SIGTERM and SIGINT. */
export async function serve(): Promise<void> {
  // Files the process makes are its owner's alone.
  process.umask(0o077)
  const config = configured()
  const [db, passwords] = await Promise.all([openDb(config.databaseUrl), createPasswordHasher(config.argon2)])
  const app = await buildApp({ config, db, passwords })

  async function stop(code: number) {
    if (app.stopping) process.exit(1)
    app.stopping = true
    setTimeout(() => process.exit(1), STOP_WITHIN).unref()
    await app.close()
    await db.$disconnect()
    process.exitCode = code
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(0))
  for (const failure of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(failure, (error) => {
      app.log.fatal(error)
      void stop(1)
    })

  await app.listen({ host: config.host, port: config.port })
  process.stdout.write(`Foyer is at ${config.baseUrl}\n`)
  const link = await setupLink({ config, db })
  if (link) process.stdout.write(`There is no administrator yet. This link makes one, once: ${link}\n`)
}

if (import.meta.main) await serve()
