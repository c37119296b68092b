import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { z } from 'zod'

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/** An address, or a name and an address: `Foyer <accounts@example.org>`. */
const MAILBOX = /^(?:(?<name>[^<>"\p{Cc}]+) <(?=.*>$)|(?!.*>$))(?<address>[^\s<>@"]+@[^\s<>@"]+)>?$/u
const DOMAIN = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/
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

/** An IP address, or a network in CIDR notation. */
function isNetwork(text: string): boolean {
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

const Environment = z.object({
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
  SIGN_UP: choice(['open', 'closed'], 'open'),
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
  LOG_LEVEL: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
})

/** Every problem of the environment at once, a line each. */
export class BadConfiguration extends Error {
  readonly problems: readonly string[]

  constructor(problems: string[], options?: ErrorOptions) {
    super(problems.join('\n'), options)
    this.problems = problems
  }
}

/** `NAME_FILE=/path` stands for `NAME`: secrets need not be in the environment. */
function withFiles(env: Record<string, string | undefined>, problems: string[]) {
  const values: Record<string, string> = {}
  for (const name of Object.keys(Environment.shape)) {
    const path = env[`${name}_FILE`]
    if (env[name] && path) {
      problems.push(`${name}: set either ${name} or ${name}_FILE, not both`)
      continue
    }
    try {
      const value = path ? readFileSync(path, 'utf8').trim() : env[name]
      if (value) values[name] = value
      else if (path) problems.push(`${name}_FILE: ${path} is empty`)
    } catch (error) {
      problems.push(`${name}_FILE: ${(error as Error).message}`)
    }
  }
  return values
}

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

/**
 * Reads the environment, the only place that does. Lengths are in characters, memory in KiB.
 * Throws BadConfiguration with every problem at once.
 */
export function readConfig(env: Record<string, string | undefined>) {
  const problems: string[] = []
  const given = withFiles(env, problems)
  const parsed = Environment.safeParse(given)
  for (const issue of parsed.error?.issues ?? []) problems.push(`${issue.path.join('.')}: ${issue.message}`)
  const email = given.EMAIL ?? (given.SMTP_URL ? 'required' : 'optional')
  if (given.ALLOWED_EMAIL_DOMAINS && email !== 'required')
    problems.push('ALLOWED_EMAIL_DOMAINS: needs EMAIL=required, or anybody could give such an address')
  if (!parsed.data || problems.length) throw new BadConfiguration(problems)

  const values = parsed.data
  const { origin, hostname, port } = new URL(values.BASE_URL ?? `http://localhost:${values.PORT}`)
  const sender = MAILBOX.exec(values.MAIL_FROM ?? `no-reply@${hostname}`)?.groups
  return {
    host: values.HOST,
    port: values.PORT,
    baseUrl: origin,
    https: origin.startsWith('https:'),
    /** The origins this service answers as; on this machine, every spelling of it. */
    origins: LOOPBACK.test(hostname)
      ? ['localhost', '127.0.0.1', '[::1]'].map((name) =>
          origin.replace(/\/\/.*/, `//${name}${port && `:${port}`}`),
        )
      : [origin],
    databaseUrl: values.DATABASE_URL,
    signUp: values.SIGN_UP,
    /** Whether an address must be given and proven before an account can be used. */
    email: values.EMAIL ?? (values.SMTP_URL ? 'required' : 'optional'),
    emailDomains: { allowed: values.ALLOWED_EMAIL_DOMAINS, blocked: values.BLOCKED_EMAIL_DOMAINS },
    secretKeys: values.SECRET_KEY,
    mail: {
      /** Where mails go: to a mail server, into the log of who develops here, or nowhere yet. */
      way: values.SMTP_URL
        ? ('server' as const)
        : origin.startsWith('https:')
          ? ('none' as const)
          : ('log' as const),
      smtpUrl: values.SMTP_URL,
      /** Links are secrets: over a network they go encrypted, unless SMTP_URL itself says `?requireTLS=false`. */
      requireTls: values.SMTP_URL !== undefined && !LOOPBACK.test(new URL(values.SMTP_URL).hostname),
      from: { name: sender?.name ?? values.BRAND_NAME, address: sender?.address ?? '' },
      perHour: values.MAIL_PER_HOUR,
    },
    passwordMinLength: values.PASSWORD_MIN_LENGTH,
    /** Who must have a second factor. */
    requireTwoFactor: values.REQUIRE_TWO_FACTOR,
    /** A MaxMind database of places, if the operator has one. */
    geoipDatabase: values.GEOIP_DATABASE,
    trustProxy: values.TRUST_PROXY,
    /** The networks that the administrators' pages are there for; of none, all are. */
    adminNetworks: values.ADMIN_NETWORKS,
    brand: {
      name: values.BRAND_NAME,
      url: values.BRAND_URL,
      terms: values.TERMS_URL,
      privacy: values.PRIVACY_URL,
    },
    returnOrigins: values.RETURN_ORIGINS,
    argon2: { memoryCost: values.ARGON2_MEMORY_KIB, timeCost: values.ARGON2_PASSES, parallelism: 1 },
    logLevel: values.LOG_LEVEL,
  }
}

export type Config = ReturnType<typeof readConfig>
