import type { Services } from '../../accounts/services.ts'
import { readSettings } from '../../accounts/settings.ts'
import { isSettable } from '../../config.ts'
import { markOf } from './change-settings.ts'
import { defaultOf, isLongText, type Name, SECTIONS, type Section, variableOf } from './sections.ts'

/** A setting: its text, who has said so, and since when if it was an administrator. */
type Shown = { text: string; from: 'environment' | 'setting' | 'default'; changedAt: Date | undefined }

/** Every setting by name, and by section the mark of what is stored of it. */
export async function listSettings({ config, db }: Pick<Services, 'config' | 'db'>) {
  const stored = await readSettings(db)
  const show = (name: Name): Shown => {
    const given = config.given[variableOf(name)]
    const set = stored.get(name)
    if (given !== undefined) return { text: given, from: 'environment', changedAt: undefined }
    // What another version wrote may not hold in this one.
    return set && (isLongText(name) || isSettable(name, set.text))
      ? { text: set.text, from: 'setting', changedAt: set.updatedAt }
      : { text: defaultOf(name), from: 'default', changedAt: undefined }
  }
  const names = Object.values(SECTIONS).flat()
  const marks = Object.entries(SECTIONS).map(([section, its]) => [
    section,
    markOf(its.map((name) => stored.get(name)?.text ?? '')),
  ])
  return {
    settings: Object.fromEntries(names.map((name) => [name, show(name)])) as Record<Name, Shown>,
    marks: Object.fromEntries(marks) as Record<Section, string>,
  }
}

/** The terms that hold now, or would if `TERMS_URL` didn't stand for them, and when there were others before. */
export async function currentTerms({ config, db }: Pick<Services, 'config' | 'db'>) {
  const latest = await db.terms.findFirst({ orderBy: { version: 'desc' } })
  const { version = 0, text = '', createdAt } = latest ?? {}
  const earlier = await db.terms.findMany({
    where: { version: { lt: version }, text: { not: '' } },
    select: { version: true, createdAt: true },
    orderBy: { version: 'desc' },
  })
  return { version, text, createdAt, earlier, link: config.given.TERMS_URL, mark: markOf([text]) }
}
