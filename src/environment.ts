import { isIP } from 'node:net'
import { z } from 'zod'

export const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/** An address, or a name and an address: `Foyer <accounts@example.org>`. */
export const MAILBOX = /^(?:(?<name>[^<>"\p{Cc}]+) <(?=.*>$)|(?!.*>$))(?<address>[^\s<>@"]+@[^\s<>@"]+)>?$/u
const DOMAIN = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/
const SIGN_UP_MODES = ['open', 'approval', 'invite', 'closed'] as const
const EMAIL_MODES = ['required', 'optional', 'off'] as const

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  )

const domains = list
  .transform((items) => items.map((item) => item.toLowerCase()))
  .refine(
    (items) => items.every((item) => DOMAIN.test(item)),
    'must be domains, like example.org (xn--… where it isn’t ASCII), with commas between',
  )

const link = z
  .url({ protocol: /^https?$/, error: 'must be a full web address, like https://example.org/terms' })
  .optional()

const whole = (min: number, max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .default(String(fallback))
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be from ${min} to ${max}`)

const choice = <const Values extends readonly [string, ...string[]]>(
  values: Values,
  fallback: Values[number],
) => z.enum(values, { error: `must be one of: ${values.join(', ')}` }).default(fallback as never)

const color = z
  .string()
  .regex(/^#[0-9a-f]{6}$/i, 'must be a colour, like #0d5c63')
  .optional()

/** How long things are kept: the least and the most that may be set, and what holds if nothing is. */
export const PERIODS = {
  KEEP_MAILS_DAYS: [3, 365, 30],
  CONFIRM_WITHIN_HOURS: [1, 168, 72],
  ERASE_AFTER_DAYS: [1, 30, 7],
  HOLD_NAMES_DAYS: [30, 3650, 90],
  KEEP_ADDRESSES_DAYS: [7, 365, 30],
  KEEP_AUDIT_DAYS: [90, 36_500, 730],
} as const

/** An IP address, or a network in CIDR notation. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix = '32', ...more] = text.split('/')
  const longest = isIP(address) === 4 ? 32 : 128
  return isIP(address) > 0 && !more.length && /^[1-9]\d*$/.test(prefix) && Number(prefix) <= longest
}

const networks = list.refine(
  (items) => items.every(isNetwork),
  'must be IP addresses or networks, like 10.0.0.5 or 10.0.0.0/8, with commas between',
)

/** A plain origin, for it also stands in the Content-Security-Policy; over https, except on this machine. */
function isReturnOrigin(text: string): boolean {
  if (!/^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d+)?$/.test(text) || !URL.canParse(text)) return false
  const { origin, protocol, hostname } = new URL(text)
  return origin === text && (protocol === 'https:' || LOOPBACK.test(hostname))
}

/** Every variable, as the text it holds, with what holds if it is unset. */
export const Environment = z.object({
  HOST: z.string().min(1, 'must not be empty').default('127.0.0.1'),
  PORT: whole(1, 65535, 3000),
  BASE_URL: z
    .string()
    .superRefine((value, context) => {
      const problem = baseUrlProblem(value)
      if (problem) context.addIssue(problem)
    })
    .optional(),
  DATABASE_URL: z
    .string()
    .regex(/^(file:.|postgres(ql)?:\/\/.)/, 'must start with file: or postgresql://')
    .default('file:./data/foyer.db'),
  SECRET_KEY: z
    .string()
    .transform((text) =>
      text
        .split('\n')
        .map((key) => key.trim())
        .filter(Boolean),
    )
    .refine(
      (keys) => keys.length > 0 && keys.every((key) => key.length >= 32),
      'must be 32 characters or more, as `openssl rand -base64 32` makes; of several, a line each, the first is used anew',
    )
    .optional(),
  SMTP_URL: z
    .string()
    .refine(
      (url) => /^smtps?:\/\/./.test(url) && URL.canParse(url),
      'must be an address, like smtp://user:password@mail.example.org:587',
    )
    .optional(),
  MAIL_FROM: z
    .string()
    .regex(MAILBOX, 'must be an address, like accounts@example.org or Foyer <accounts@example.org>')
    .optional(),
  MAIL_PER_HOUR: whole(1, 1_000_000, 3600),
  SIGN_UP: choice(SIGN_UP_MODES, 'open'),
  EMAIL: z.enum(EMAIL_MODES, { error: `must be one of: ${EMAIL_MODES.join(', ')}` }).optional(),
  ALLOWED_EMAIL_DOMAINS: domains,
  BLOCKED_EMAIL_DOMAINS: domains,
  PASSWORD_MIN_LENGTH: whole(8, 64, 12),
  REQUIRE_TWO_FACTOR: choice(['off', 'admins', 'all'], 'off'),
  GEOIP_DATABASE: z.string().optional(),
  TRUST_PROXY: networks,
  ADMIN_NETWORKS: networks,
  BRAND_NAME: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(60, 'must be 60 characters or fewer')
    .default('Foyer'),
  BRAND_COLOR: color,
  LAMP_COLOR: color,
  BRAND_URL: link,
  TERMS_URL: link,
  PRIVACY_URL: link,
  RETURN_ORIGINS: list.refine(
    (items) => items.every(isReturnOrigin),
    'must be origins, like https://app.example.org (no path, no *), with commas between',
  ),
  // The floor is OWASP's argon2id minimum (Password Storage Cheat Sheet; ASVS 5.0 11.4.2).
  ARGON2_MEMORY_KIB: whole(19456, 1_048_576, 19456),
  ARGON2_PASSES: whole(2, 16, 2),
  KEEP_MAILS_DAYS: whole(...PERIODS.KEEP_MAILS_DAYS),
  CONFIRM_WITHIN_HOURS: whole(...PERIODS.CONFIRM_WITHIN_HOURS),
  ERASE_AFTER_DAYS: whole(...PERIODS.ERASE_AFTER_DAYS),
  HOLD_NAMES_DAYS: whole(...PERIODS.HOLD_NAMES_DAYS),
  KEEP_ADDRESSES_DAYS: whole(...PERIODS.KEEP_ADDRESSES_DAYS),
  KEEP_AUDIT_DAYS: whole(...PERIODS.KEEP_AUDIT_DAYS),
  LOG_LEVEL: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
})

function baseUrlProblem(baseUrl: string): string | undefined {
  if (!URL.canParse(baseUrl)) return 'must be a web address, like https://accounts.example.org'
  const { protocol, hostname, origin } = new URL(baseUrl)
  if (protocol !== 'https:' && protocol !== 'http:')
    return 'must start with https:// (or http:// on this machine)'
  if (origin !== baseUrl.replace(/\/$/, '')) return 'must be an origin: scheme, host and port, without a path'
  // Session cookies need a secure context (ASVS 5.0 3.3.1).
  if (protocol === 'http:' && !LOOPBACK.test(hostname))
    return 'must start with https://, except on this machine'
  return undefined
}
