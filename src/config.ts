import { accessSync, constants, readFileSync } from 'node:fs'
import type { z } from 'zod'
import { Environment, LOOPBACK, MAILBOX } from './environment.ts'
import { days, hours } from './time.ts'

/** What administrators may set too, as the text that the variable would hold; a link stands for a text of theirs. */
const Settable = Environment.pick({
  ...{ SIGN_UP: true, ALLOWED_EMAIL_DOMAINS: true, BLOCKED_EMAIL_DOMAINS: true },
  ...{ BRAND_NAME: true, BRAND_COLOR: true, LAMP_COLOR: true, BRAND_URL: true },
  ...{ TERMS_URL: true, PRIVACY_URL: true },
  ...{ KEEP_MAILS_DAYS: true, CONFIRM_WITHIN_HOURS: true, ERASE_AFTER_DAYS: true, HOLD_NAMES_DAYS: true },
  KEEP_ADDRESSES_DAYS: true,
  KEEP_AUDIT_DAYS: true,
})

export type SettingName = keyof typeof Settable.shape

/** What administrators write that no variable could hold. Whoever agrees to terms agrees to a version of them. */
type Texts = {
  logo?: string | undefined
  privacy?: string | undefined
  terms?: { version: number; text: string } | undefined
}

/** What may change while the service runs: `applySettings` replaces these, and whoever reads them reads them anew. */
function changeable(values: z.output<typeof Settable>, { logo, terms, privacy }: Texts) {
  return {
    signUp: values.SIGN_UP,
    emailDomains: { allowed: values.ALLOWED_EMAIL_DOMAINS, blocked: values.BLOCKED_EMAIL_DOMAINS },
    /**
     * How long things are kept, in ms: mails, sign-ups to be confirmed, closed accounts, names of who is gone, whole
     * network addresses, rows of the audit trail.
     */
    periods: {
      mails: days(values.KEEP_MAILS_DAYS),
      confirm: hours(values.CONFIRM_WITHIN_HOURS),
      erase: days(values.ERASE_AFTER_DAYS),
      names: days(values.HOLD_NAMES_DAYS),
      addresses: days(values.KEEP_ADDRESSES_DAYS),
      audit: days(values.KEEP_AUDIT_DAYS),
    },
    brand: {
      name: values.BRAND_NAME,
      url: values.BRAND_URL,
      /** `#0d5c63`, or as foyer.css has it. */
      color: values.BRAND_COLOR,
      lamp: values.LAMP_COLOR,
      /** An SVG. */
      logo,
      terms: values.TERMS_URL ?? (terms && '/terms'),
      privacy: values.PRIVACY_URL ?? (privacy && '/privacy'),
    },
    /** The texts that are shown here and not elsewhere. */
    texts: {
      terms: values.TERMS_URL === undefined ? terms : undefined,
      privacy: values.PRIVACY_URL === undefined ? privacy : undefined,
    },
  }
}

/** Whether a setting could hold this text. */
export const isSettable = (name: string, text: string): name is SettingName =>
  Object.hasOwn(Settable.shape, name) && Settable.shape[name as SettingName].safeParse(text).success

/**
 * Lets what administrators have set hold from now on: the environment wins over it, and it over the defaults. What
 * could not be set, as an older or newer Foyer wrote it, counts as unset.
 */
export function applySettings(config: Config, stored: Record<string, string>, texts: Texts): void {
  const fitting = Object.entries(stored).filter(([name, text]) => isSettable(name, text))
  const values = Settable.parse({ ...Object.fromEntries(fitting), ...config.given })
  Object.assign(config, changeable(values, texts))
  if (!config.mail.hasName) config.mail.from.name = config.brand.name
}

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

/** Whether the database of places may be read; what is in it, whoever opens it says. */
function checkPlaces(path: string, problems: string[]) {
  try {
    accessSync(path, constants.R_OK)
  } catch (error) {
    problems.push(`GEOIP_DATABASE: ${path} can’t be read (${(error as NodeJS.ErrnoException).code})`)
  }
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
  if (given.GEOIP_DATABASE) checkPlaces(given.GEOIP_DATABASE, problems)
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
    ...changeable(values, {}),
    /** What the environment says of what administrators could set. */
    given: Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(Settable.shape, name))),
    /** Whether an address must be given and proven before an account can be used. */
    email: values.EMAIL ?? (values.SMTP_URL ? 'required' : 'optional'),
    secretKeys: values.SECRET_KEY,
    mail: {
      /** Where mails go: to a mail server, into the log of who develops here, or nowhere yet. */
      way: values.SMTP_URL
        ? ('server' as const)
        : origin.startsWith('https:')
          ? ('none' as const)
          : ('log' as const),
      /** Whether they reach people: else what pages promise by mail stays here, and they say so. */
      arrives: values.SMTP_URL !== undefined,
      smtpUrl: values.SMTP_URL,
      /** Links are secrets: over a network they go encrypted, unless SMTP_URL itself says `?requireTLS=false`. */
      requireTls: values.SMTP_URL !== undefined && !LOOPBACK.test(new URL(values.SMTP_URL).hostname),
      from: { name: sender?.name ?? values.BRAND_NAME, address: sender?.address ?? '' },
      /** Whether MAIL_FROM says the name; else it is the brand's. */
      hasName: sender?.name !== undefined,
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
    returnOrigins: values.RETURN_ORIGINS,
    argon2: { memoryCost: values.ARGON2_MEMORY_KIB, timeCost: values.ARGON2_PASSES, parallelism: 1 },
    logLevel: values.LOG_LEVEL,
  }
}

export type Config = ReturnType<typeof readConfig>
