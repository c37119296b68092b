// Also a program: node write-load.ts URL NAME MS writes and prints what it was promised.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Db, openDb } from '../../src/db/client.ts'

export type Promises = {
  /** Keys of writes that were acknowledged. */
  kept: string[]
  /** Keys of writes whose transaction was undone. */
  undone: string[]
}

/**
 * Writes for `ms`, and until there is something to judge by, in every way the product does, from 20 sides at once,
 * under keys that begin with `name`.
 */
export async function writeLoad(db: Db, name: string, ms: number): Promise<Promises> {
  const promises: Promises = { kept: [], undone: [] }
  const end = performance.now() + ms
  let count = 0
  const side = async (index: number) => {
    const ways = [single, batch, interactive, failing, late]
    while (performance.now() < end || promises.kept.length <= 100 || promises.undone.length <= 20) {
      const way = ways[(index + count) % ways.length] ?? single
      await way(db, `${name}-${count++}`, promises)
    }
  }
  await Promise.all(Array.from({ length: 20 }, (_, index) => side(index)))
  return promises
}

const row = (key: string) => ({ data: { key, tat: 0n } })

async function single(db: Db, key: string, { kept }: Promises) {
  await db.throttle.create(row(key))
  kept.push(key)
}

async function batch(db: Db, key: string, { kept }: Promises) {
  await db.$transaction([db.throttle.create(row(key)), db.throttle.create(row(`${key}b`))])
  kept.push(key, `${key}b`)
}

async function interactive(db: Db, key: string, { kept }: Promises) {
  await db.$transaction(async (tx) => {
    await tx.throttle.create(row(key))
    await sleep(1)
    await tx.throttle.create(row(`${key}b`))
  })
  kept.push(key, `${key}b`)
}

async function failing(db: Db, key: string, { undone }: Promises) {
  undone.push(key)
  const mistake = new Error('mistake')
  const work = db.$transaction(async (tx) => {
    await tx.throttle.create(row(key))
    await sleep(1)
    throw mistake
  })
  await work.catch((error: unknown) => {
    if (error !== mistake) throw error
  })
}

async function late(db: Db, key: string, { kept, undone }: Promises) {
  const work = db.$transaction(
    async (tx) => {
      await tx.throttle.create(row(key))
      await sleep(40)
      await tx.throttle.create(row(`${key}b`))
    },
    { timeout: 20 },
  )
  await work.then(
    // Where there is much to do, its time may be up later than it is to be.
    () => kept.push(key, `${key}b`),
    (error: { code?: string }) => {
      if (error.code !== 'P2028') throw error
      undone.push(key, `${key}b`)
    },
  )
}

if (import.meta.main) {
  const [url, name, ms] = process.argv.slice(2) as [string, string, string]
  const db = await openDb(url)
  process.stdout.write(JSON.stringify(await writeLoad(db, name, Number(ms))))
  await db.$disconnect()
}
