import { domainToASCII } from 'node:url'
import { prepareLine } from '../../accounts/line.ts'
import { codePoints, type Prepared } from '../../accounts/text.ts'
import { isSettable, type SettingName } from '../../config.ts'
import { PERIODS } from '../../environment.ts'
import { type Message, message } from '../../messages.ts'
import { cleanSvg } from './clean-svg.ts'
import type { Name } from './sections.ts'

/** So that a form with it stays below the limit of its route, however its characters are encoded. */
const MAX_TEXT = 60_000
/** Of many domains that are none, so many are named. */
const MOST_NAMED = 10

/**
 * A text of paragraphs: its lines end in \n, and there are no control or bidirectional-control characters. Empty is
 * fine.
 */
export function prepareText(typed: string): Prepared<string> {
  const text = typed.replace(/\r\n?/g, '\n').trim()
  if (codePoints(text) > MAX_TEXT)
    return { ok: false, problem: message('field.too-long', { max: MAX_TEXT.toLocaleString('en') }) }
  if (!text.isWellFormed() || /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u.test(text))
    return { ok: false, problem: message('field.characters') }
  return { ok: true, value: text.normalize('NFC') }
}

/** One that the variable of that name could hold. */
const fitting =
  (name: SettingName, problem: Message, written = (typed: string) => typed) =>
  (typed: string): Prepared<string> => {
    const text = written(typed.trim())
    return isSettable(name, text) ? { ok: true, value: text } : { ok: false, problem }
  }

const line =
  (name: SettingName, max: number, problem: Message) =>
  (typed: string): Prepared<string> => {
    const prepared = prepareLine(typed, max)
    return prepared.ok && prepared.value ? fitting(name, problem)(prepared.value) : prepared
  }

const color = (name: SettingName) =>
  fitting(name, message('color.form'), (typed) => typed.toLowerCase().replace(/^(?=[0-9a-f]{6}$)/, '#'))

/** Letters and digits alone go on to domainToASCII: it would decode %61, and leave a path out. */
const domainOf = (typed: string) => (/^[\p{L}\p{M}\p{N}.-]+$/u.test(typed) && domainToASCII(typed)) || typed

/** However they are put apart; in letters of any alphabet. */
const domains = (name: SettingName) => (typed: string) => {
  if (typed.length > 4000) return { ok: false as const, problem: message('field.too-long', { max: 4000 }) }
  const items = typed.split(/[\s,;]+/).filter(Boolean)
  const wrong = items.filter((item) => !isSettable(name, domainOf(item))).slice(0, MOST_NAMED)
  return wrong.length
    ? { ok: false as const, problem: message('domains.form', { text: wrong.join('”, “') }) }
    : { ok: true as const, value: items.map(domainOf).join(', ') }
}

const period = (name: keyof typeof PERIODS) => {
  const [min, max] = PERIODS[name]
  return fitting(name, message('period.range', { min, max }))
}

const prepare: Record<Name, (typed: string) => Prepared<string>> = {
  BRAND_NAME: line('BRAND_NAME', 60, message('field.too-long', { max: 60 })),
  BRAND_COLOR: color('BRAND_COLOR'),
  LAMP_COLOR: color('LAMP_COLOR'),
  BRAND_URL: line('BRAND_URL', 300, message('link.form')),
  LOGO: cleanSvg,
  SIGN_UP: fitting('SIGN_UP', message('choice.unknown')),
  ALLOWED_EMAIL_DOMAINS: domains('ALLOWED_EMAIL_DOMAINS'),
  BLOCKED_EMAIL_DOMAINS: domains('BLOCKED_EMAIL_DOMAINS'),
  PRIVACY: prepareText,
  KEEP_MAILS_DAYS: period('KEEP_MAILS_DAYS'),
  CONFIRM_WITHIN_HOURS: period('CONFIRM_WITHIN_HOURS'),
  ERASE_AFTER_DAYS: period('ERASE_AFTER_DAYS'),
  HOLD_NAMES_DAYS: period('HOLD_NAMES_DAYS'),
  KEEP_ADDRESSES_DAYS: period('KEEP_ADDRESSES_DAYS'),
  KEEP_AUDIT_DAYS: period('KEEP_AUDIT_DAYS'),
}

/** What was typed for a setting, as it is stored, or what is wrong with it. Empty takes it back. */
export const prepareSetting = (name: Name, typed: string): Prepared<string> =>
  typed.trim() ? prepare[name](typed) : { ok: true, value: '' }
