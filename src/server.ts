import { setTimeout as sleep } from 'node:timers/promises'
import { clearTrail } from './accounts/audit/clear-trail.ts'
import { startSealing } from './accounts/audit/seal-trail.ts'
import { isKeyLost } from './accounts/audit/trail.ts'
import { openPlaces } from './accounts/place.ts'
import { openSecretKeys } from './accounts/secret-key.ts'
import { openServices } from './accounts/services.ts'
import { watchSettings } from './accounts/settings.ts'
import { startAddingUp } from './accounts/tally.ts'
import { buildApp } from './app.ts'
import { BadConfiguration, type Config } from './config.ts'
import { emptyLog } from './db/client.ts'
import { startJobs } from './features/jobs/run-jobs.ts'
import { PURGE_EVERY, purgeInTurn } from './features/operations/purge.ts'
import { noteHealth } from './features/overview/health.ts'
import { setupLink } from './features/setup/make-admin.ts'
import { startDelivery } from './mail/delivery.ts'
import { openTransport } from './mail/transport.ts'
import { seconds } from './time.ts'

const STOP_WITHIN = seconds(10)
/** Proxies see that readiness is off and send newcomers elsewhere; requests on their way arrive. */
const LAST_CALL = seconds(0.5)
const LAST_LINES = seconds(1)
const KEY_LOST =
  'The database was used with another SECRET_KEY: until that is back, codes of authenticator apps can’t be checked, and ' +
  'the audit trail can’t be sealed. If it is lost, see “A lost secret key” in the README.\n'

async function start(): Promise<void> {
  const opened = await openServices(process.env, { create: true })
  const { config, db } = opened
  const services = { ...opened, secretKeys: openSecretKeys(config), placeOf: await openPlaces(config) }
  const app = await buildApp(services)

  async function stop(code: number) {
    if (app.stopping) process.exit(1)
    app.stopping = true
    setTimeout(() => process.exit(1), STOP_WITHIN).unref()
    await sleep(LAST_CALL)
    await app.close()
    await db.$disconnect()
    app.log.info('Stopped')
    process.exitCode = code
    // The end waits for whoever reads the log, but not for one that has stalled.
    setTimeout(() => process.exit(), LAST_LINES).unref()
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      app.log.info(`Stopping: ${signal}`)
      void stop(0)
    })
  for (const failure of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(failure, (error) => {
      app.log.fatal(error)
      void stop(1)
    })

  const purgeNow = () =>
    purgeInTurn(db, config)
      .then(() => clearTrail(services))
      .then(() => emptyLog(db, config.databaseUrl))
      .catch((error) => app.log.error(error))
  const purging = setInterval(purgeNow, PURGE_EVERY)
  app.addHook('onClose', async () => clearInterval(purging))
  /** What goes on beside the requests, by how it is stopped. */
  const running: (() => Promise<void>)[] = []
  app.addHook('onClose', async () => void (await Promise.all(running.map((stop) => stop()))))

  await listen(app, config)
  // Only now: a process that can't listen must not take on mails.
  const transport = openTransport(config, app.log)
  if (transport) running.push(startDelivery(services, transport, app.log))
  running.push(watchSettings(services, app.log))
  running.push(startSealing(services, app.log))
  running.push(
    startAddingUp(
      db,
      () => takeTurnedAway(app),
      app.log,
      () => noteHealth(services),
    ),
  )
  running.push(startJobs(services, app.log))
  void purgeNow()
  process.stdout.write(`Foyer is at ${config.baseUrl}\n`)
  if (await isKeyLost(db, services.secretKeys)) process.stderr.write(KEY_LOST)
  const link = await setupLink({ config, db })
  if (link) process.stdout.write(`There is no administrator yet. This link makes one, once: ${link}\n`)
}

/** How many requests were turned away since it was asked last, by the name that is counted. */
function takeTurnedAway(app: Awaited<ReturnType<typeof buildApp>>) {
  const { throttled, refused, busy } = app.turnedAway
  app.turnedAway = { throttled: 0, refused: 0, busy: 0 }
  return { 'requests.throttled': throttled, 'requests.refused': refused, 'requests.busy': busy }
}

async function listen(app: Awaited<ReturnType<typeof buildApp>>, { host, port }: Config) {
  try {
    await app.listen({ host, port })
  } catch (error) {
    // Taken, reserved for root, not an address of this machine: the system's words say which.
    if (!(error instanceof Error && 'syscall' in error)) throw error
    throw new BadConfiguration([`HOST, PORT: ${error.message}`], { cause: error })
  }
}

/** What can't be written, as nobody reads it or the disk is full, costs its lines and not the service. */
function neverWaitForOutput() {
  for (const output of [process.stdout, process.stderr]) {
    output.on('error', () => {})
    // Node waits for a terminal, also for one that is held by Ctrl-S. It has no public way not to.
    const { _handle: handle } = output as typeof output & { _handle?: { setBlocking?(on: boolean): void } }
    handle?.setBlocking?.(false)
  }
}

/**
 * The process: configuration, database, app, listen; ends in order on SIGTERM and SIGINT. What an
 * operator can mend ends the start with a line for each problem and exit code 1.
 */
export async function serve(): Promise<void> {
  // Files the process makes are its owner's alone.
  process.umask(0o077)
  neverWaitForOutput()
  try {
    await start()
  } catch (error) {
    if (!(error instanceof BadConfiguration)) throw error
    process.stderr.write(`Foyer can’t start:\n${error.problems.map((line) => `  ${line}\n`).join('')}`)
    process.exit(1)
  }
}
