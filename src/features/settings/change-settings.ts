import { createHash } from 'node:crypto'
import type { Deed } from '../../accounts/acts/as-admin.ts'
import { requireRole } from '../../accounts/acts/require-admin.ts'
import { record } from '../../accounts/audit/audit.ts'
import type { Services } from '../../accounts/services.ts'
import { loadSettings, readSettings } from '../../accounts/settings.ts'
import type { Config } from '../../config.ts'
import type { Tx } from '../../db/client.ts'
import { serializable } from '../../db/transaction.ts'
import { InvalidInput } from '../../errors.ts'
import { type Message, message } from '../../messages.ts'
import { fromNow } from '../../time.ts'
import { prepareSetting } from './prepare-setting.ts'
import { defaultOf, isLongText, type Name, variableOf } from './sections.ts'

/** `seen` is the mark of what their page showed, empty if they didn't look. */
export type Change = Deed & { seen: string }

/** What tells of texts whether they are still those that a page showed. */
export const markOf = (texts: readonly string[]) =>
  createHash('sha256').update(JSON.stringify(texts)).digest('base64url').slice(0, 16)

/** Of two who change the same at once, the later one is told, and sees what holds now. Throws InvalidInput. */
export function refuseStale(seen: string, texts: readonly string[], field: string): void {
  if (seen && seen !== markOf(texts)) throw new InvalidInput({ [field]: message('setting.changed') })
}

/** The form's field of a setting. */
export const fieldOf = (name: Name) => name.toLowerCase()

/**
 * Sets what was typed, and what was left empty back to its default. What was left out stays, and so does what the
 * environment decides. It holds in this process at once, in others within seconds. Throws InvalidInput with every
 * problem, or Refusal 403.
 */
export async function changeSettings(
  { config, db }: Pick<Services, 'config' | 'db'>,
  names: readonly Name[],
  typed: Record<string, string | undefined>,
  { actor, source, seen }: Change,
): Promise<void> {
  await serializable(db, async (tx) => {
    await requireRole(tx, actor, ['admin'])
    const stored = await readSettings(tx, names)
    const textOf = (name: Name) => stored.get(name)?.text ?? ''
    // Before what else is wrong: the form that comes back of that bears the mark of what holds now.
    refuseStale(seen, names.map(textOf), fieldOf(names[0] as Name))
    for (const [name, text] of readTyped(config, names, typed)) {
      if (text === textOf(name)) continue
      await write(tx, name, text)
      const detail = { setting: name, from: inShort(name, textOf(name)), to: inShort(name, text) }
      await record(tx, 'setting.changed', { actor: actor.id, source, detail })
    }
  })
  await loadSettings({ config, db })
}

function readTyped(config: Config, names: readonly Name[], typed: Record<string, string | undefined>) {
  const wanted: [Name, string][] = []
  const problems: Record<string, Message> = {}
  for (const name of names) {
    const text = typed[fieldOf(name)]
    if (text === undefined) continue
    const variable = variableOf(name)
    const prepared = prepareSetting(name, text)
    if (Object.hasOwn(config.given, variable)) {
      if (text) problems[fieldOf(name)] = message('setting.fixed', { variable })
    } else if (!prepared.ok) problems[fieldOf(name)] = prepared.problem
    else if (name === 'ALLOWED_EMAIL_DOMAINS' && prepared.value && config.email !== 'required')
      problems[fieldOf(name)] = message('domains.need-email')
    else wanted.push([name, prepared.value])
  }
  if (Object.keys(problems).length) throw new InvalidInput(problems)
  return wanted
}

async function write(tx: Tx, name: Name, text: string) {
  const value = { value: text, updatedAt: fromNow(0) }
  if (text) await tx.setting.upsert({ where: { name }, create: { name, ...value }, update: value })
  else await tx.setting.deleteMany({ where: { name } })
}

/** For the audit trail: what held, or holds; of long texts only whether there is one. */
function inShort(name: Name, text: string): string {
  const usual = defaultOf(name)
  if (!text) return usual ? `${usual} (default)` : 'none'
  return isLongText(name) ? `${text.length} characters` : text.slice(0, 200)
}
