import type { SettingName } from '../../config.ts'
import { Environment } from '../../environment.ts'

/** What is changed together, by one form. `LOGO` and `PRIVACY` are texts that no variable could hold. */
export const SECTIONS = {
  brand: ['BRAND_NAME', 'BRAND_COLOR', 'LAMP_COLOR', 'BRAND_URL'],
  logo: ['LOGO'],
  'sign-up': ['SIGN_UP'],
  domains: ['ALLOWED_EMAIL_DOMAINS', 'BLOCKED_EMAIL_DOMAINS'],
  privacy: ['PRIVACY'],
  retention: [
    'KEEP_MAILS_DAYS',
    'CONFIRM_WITHIN_HOURS',
    'ERASE_AFTER_DAYS',
    'HOLD_NAMES_DAYS',
    'KEEP_ADDRESSES_DAYS',
    'KEEP_AUDIT_DAYS',
  ],
} as const satisfies Record<string, readonly (SettingName | 'LOGO' | 'PRIVACY')[]>

export type Section = keyof typeof SECTIONS
export type Name = (typeof SECTIONS)[Section][number]

/** The variable that decides in place of a setting, if it is set. */
export const variableOf = (name: Name | 'TERMS') =>
  name === 'PRIVACY' || name === 'TERMS' ? (`${name}_URL` as const) : name

/** Whether it is one of the texts that no variable could hold. */
export const isLongText = (name: Name) => name === 'LOGO' || name === 'PRIVACY'

/** What holds if nothing is set. */
export const defaultOf = (name: Name) =>
  isLongText(name) ? '' : String(Environment.shape[name].parse(undefined) ?? '')
