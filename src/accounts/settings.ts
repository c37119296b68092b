import { applySettings, type Config } from '../config.ts'
import type { Db } from '../db/client.ts'
import { type Log, repeat } from '../repeat.ts'
import { seconds } from '../time.ts'

const LOOK_EVERY = seconds(2)

/** What administrators have set, by name: the texts of variables, and `LOGO` and `PRIVACY`, which have none. */
export async function readSettings(db: Pick<Db, 'setting'>, names?: readonly string[]) {
  const rows = await db.setting.findMany(names && { where: { name: { in: [...names] } } })
  return new Map(rows.map(({ name, value, updatedAt }) => [name, { text: String(value), updatedAt }]))
}

/** Lets what administrators have set hold in this process from now on. */
export async function loadSettings({ config, db }: { config: Config; db: Db }): Promise<void> {
  const [settings, terms] = await Promise.all([
    readSettings(db),
    db.terms.findFirst({ orderBy: { version: 'desc' } }),
  ])
  const texts = {
    logo: settings.get('LOGO')?.text,
    privacy: settings.get('PRIVACY')?.text,
    // Without a text they are taken back: nobody is asked any more.
    terms: terms?.text ? { version: terms.version, text: terms.text } : undefined,
  }
  applySettings(config, Object.fromEntries([...settings].map(([name, { text }]) => [name, text])), texts)
}

/** What tells, without their texts, whether any have changed. */
async function marksOf(db: Db): Promise<string> {
  const [settings, terms] = await Promise.all([
    db.setting.findMany({ select: { name: true, updatedAt: true }, orderBy: { name: 'asc' } }),
    db.terms.aggregate({ _max: { version: true } }),
  ])
  return JSON.stringify([settings, terms])
}

/**
 * Looks every other second whether another process has changed the settings, and loads them then. Answers how to
 * stop it.
 */
export function watchSettings(services: { config: Config; db: Db }, log: Log): () => Promise<void> {
  let known = ''
  const look = async () => {
    const marks = await marksOf(services.db)
    if (marks === known) return
    await loadSettings(services)
    known = marks
  }
  return repeat(async () => {
    await look().catch((error) => log.error(error))
    return LOOK_EVERY
  })
}
