// npm run bench -- [sqlite | postgresql] [start | signUps | waits | pages | memory …] [--quick]
// Measures the service beside a bare Fastify and plain argon2 on the same machine, on a new database.
// Figures say little on a busy machine, ratios more; --quick gives a first idea in a fraction of the time.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { migrate } from '../src/db/migrate.ts'
import { startPostgres } from '../tests/support/postgres.ts'
import { type Figure, parts } from './parts.ts'

const QUICK = 0.1

const databases = {
  async sqlite() {
    const folder = mkdtempSync(join(tmpdir(), 'foyer-bench-'))
    return { url: `file:${folder}/foyer.db`, remove: async () => rmSync(folder, { recursive: true }) }
  },
  async postgresql() {
    const server = await startPostgres(18, { durable: true })
    return { url: server.url('postgres'), remove: server.stop }
  },
}

const isIn = <Names extends object>(names: Names, name: string): name is keyof Names & string =>
  Object.hasOwn(names, name)

function line({ name, value, limit = '', met }: Figure): string {
  const verdict = met === undefined ? '' : met ? 'PASS' : 'over the limit'
  return `${name.padEnd(42)}${value.padStart(10)}   ${limit.padEnd(12)}${verdict}`.trimEnd()
}

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const unknown = positionals.filter((name) => !isIn(databases, name) && !isIn(parts, name))
if (unknown.length)
  throw new Error(`${unknown}: not one of ${Object.keys({ ...databases, ...parts }).join(', ')}`)

const provider = positionals.find((name) => isIn(databases, name)) ?? 'sqlite'
const chosen = positionals.filter((name) => isIn(parts, name))
const database = await databases[provider]()
try {
  await migrate(database.url)
  console.log(`Foyer on ${provider}, Node ${process.versions.node}\n`)
  for (const name of chosen.length ? chosen : Object.keys(parts).filter((name) => isIn(parts, name)))
    for (const figure of await parts[name](database.url, values.quick ? QUICK : 1)) console.log(line(figure))
} finally {
  await database.remove()
}
