import { userInfo } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { acts } from './accounts/acts.ts'
import type { Ask } from './accounts/as-admin.ts'
import { localSource } from './accounts/audit.ts'
import { resealAuthenticators } from './accounts/authenticator.ts'
import { noteOnce } from './accounts/note-once.ts'
import { resealTrail } from './accounts/reseal-trail.ts'
import { makeResetLink } from './accounts/reset-link.ts'
import { resetTwoFactor } from './accounts/reset-two-factor.ts'
import { openSecretKeys } from './accounts/secret-key.ts'
import { openServices, type Services } from './accounts/services.ts'
import { suspendUntil } from './accounts/suspend.ts'
import { findAccount } from './accounts/user.ts'
import { verifyTrail } from './accounts/verify-trail.ts'
import { BadConfiguration } from './config.ts'
import type { Db } from './db/client.ts'
import { InvalidInput, Refusal } from './errors.ts'
import { readHead, verdictAsJson, verdictInWords } from './features/audit/verdict.ts'
import { linesOfPeople, linesOfPerson } from './features/person/lines.ts'
import { makeAdmin } from './features/setup/make-admin.ts'
import { inWords } from './messages.ts'
import { hours, now, seconds } from './time.ts'
import { version } from './version.ts'

const options = {
  username: { type: 'string' },
  email: { type: 'string' },
  expect: { type: 'string' },
  reason: { type: 'string', default: '' },
  until: { type: 'string', default: '' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'v', default: false },
} as const

type Options = ReturnType<typeof parseArgs<{ options: typeof options }>>['values']

const HELP = `foyer COMMAND [OPTIONS]

  serve           serve the pages, as npm start does
  admin create    make an administrator: asks for username, email and password
                  --username NAME, --email ADDRESS; the password is asked for, or
                  read from standard input when that is not a terminal
  admin list      list the administrators
  user list       list everybody, the newest first
  user show NAME  what is known of the person of this username or address
  user suspend NAME, user restore NAME, user delete NAME
                  what administrators do on a person's page: suspend them (--until
                  2026-12-24), lift that or keep what was deleted, close the account
                  and erase it after some days; --reason TEXT, which they can read
  user reset-link NAME
                  make a link for a new password, for the person of this username or
                  address; it works once, for an hour, and is shown here only
  user reset-two-factor NAME
                  remove the authenticator, recovery codes and passkeys of a person who
                  has lost them: from then on the password alone gets them in;
                  --reason TEXT
  audit verify    walk the chain over the audit trail, and say where it breaks
                  --expect SEQ:LINK  a head that was printed or logged earlier: tells also
                  if the end was cut off since, or the trail written anew
  secret-key reseal
                  seal with the first secret key what others of its lines have sealed,
                  so that those lines can go

  --json          print the result as JSON
  --help, -h, --version, -v

The configuration comes from the environment, as for the server.
Exits with 0, with 1 when something was refused, with 2 for a wrong call.
`

/** How often a long walk says how far it is. */
const TELL_EVERY = seconds(5)

const source = localSource('cli')

/** Asks at the terminal; a hidden answer is not shown. Prompts go to stderr, so that stdout is only the result. */
async function ask(question: string, { hidden = false } = {}): Promise<string> {
  process.stderr.write(`${question}: `)
  const output = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr
  const terminal = createInterface({ input: process.stdin, output, terminal: true })
  try {
    return await terminal.question('')
  } finally {
    terminal.close()
    if (hidden) process.stderr.write('\n')
  }
}

/** Who runs the command: a name, or the number of a user without one, as containers have them. */
function operator(): string {
  try {
    return userInfo().username
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== 'uv_os_get_passwd') throw error
    return String(process.getuid?.())
  }
}

async function createAdmin(services: Services, { username, email, json }: Options) {
  const atTerminal = process.stdin.isTTY
  const typed = {
    username: username ?? (atTerminal ? await ask('Username') : ''),
    email: email ?? (atTerminal ? await ask('Email address (optional)') : ''),
    password: atTerminal
      ? await ask('Password', { hidden: true })
      : (await text(process.stdin)).replace(/\r?\n$/, ''),
  }
  const { id, username: name } = await makeAdmin(services, typed, source, {
    actor: `cli:${operator()}`,
  })
  process.stdout.write(
    json ? `${JSON.stringify({ id, username: name })}\n` : `${name} is an administrator.\n`,
  )
}

async function listAdmins({ db }: Services, { json }: Options) {
  const admins = await db.user.findMany({
    where: { role: 'admin' },
    orderBy: { id: 'asc' },
    select: { id: true, username: true, status: true },
  })
  if (json) process.stdout.write(`${JSON.stringify(admins)}\n`)
  else for (const { username, status } of admins) process.stdout.write(`${username}  ${status}\n`)
}

async function accountOf(db: Db, name: string) {
  const user = await findAccount(db, name)
  if (user) return user
  throw new Refusal(404, `There is no account with the username or confirmed address “${name}”.`)
}

async function listUsers({ db }: Services, { json }: Options) {
  for await (const line of linesOfPeople(db, json)) process.stdout.write(`${line}\n`)
}

async function showUser(services: Services, { json }: Options, name: string) {
  const user = await accountOf(services.db, name)
  const entry = { actor: `cli:${operator()}`, subjectId: user.id, source }
  await noteOnce(services.db, hours(1), 'user.viewed', entry)
  const lines = await linesOfPerson(services, user, json)
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** Does what administrators do on a person's page, and says how the account is then. */
const acting =
  (act: (services: Services, ask: Ask, values: Options) => Promise<unknown>): Command =>
  async (services, values, name) => {
    const { id } = await accountOf(services.db, name)
    const actor = { operator: operator() }
    await act(services, { actor, userId: id, reason: values.reason, source }, values)
    const { username, status } = await services.db.user.findUniqueOrThrow({ where: { id } })
    const said = values.json ? JSON.stringify({ id, username, status }) : `${username} is ${status}.`
    process.stdout.write(`${said}\n`)
  }

async function printResetLink({ config, db }: Services, { json }: Options, name: string) {
  const user = await accountOf(db, name)
  const entry = { actor: `cli:${operator()}`, source }
  const link = await db.$transaction((tx) => makeResetLink({ config, db: tx }, user, entry))
  process.stdout.write(json ? `${JSON.stringify({ username: user.username, link })}\n` : `${link}\n`)
}

async function takeSecondFactors({ db }: Services, { json, reason }: Options, name: string) {
  const { id, username } = await accountOf(db, name)
  const actor = { operator: operator() }
  const hasPassword = await resetTwoFactor(db, { actor, userId: id, reason, source })
  const next = hasPassword
    ? 'Their password alone gets them in.'
    : `They have no password: make them a link for one by "foyer user reset-link ${username}".`
  const said = `${username} has no authenticator, recovery codes or passkeys any more. ${next}`
  process.stdout.write(json ? `${JSON.stringify({ id, username, hasPassword })}\n` : `${said}\n`)
}

async function reseal({ config, db }: Services, { json }: Options) {
  const secretKeys = openSecretKeys(config, { create: false })
  const { resealed, lost } = await resealAuthenticators({ db, secretKeys })
  const trail = await resealTrail({ db, secretKeys })
  const first = `${resealed === 1 ? '1 secret was' : `${resealed} secrets were`} sealed anew with the first key.`
  process.stdout.write(
    json ? `${JSON.stringify({ resealed, lost, auditKeys: trail.resealed })}\n` : `${first}\n`,
  )
  if (trail.resealed && !json)
    process.stdout.write('The chain over the audit trail goes on with a new key.\n')
  if (trail.lost.length)
    throw new Refusal(
      409,
      `No key opens those of the audit trail, from these places on: ${trail.lost.join(', ')}`,
    )
  if (lost.length) throw new Refusal(409, `No key opens the authenticators of: ${lost.join(', ')}`)
}

async function verifyAudit({ config, db }: Services, { json, expect }: Options) {
  const expected = expect === undefined ? undefined : readHead(expect)
  let tellAt = now() + TELL_EVERY
  const verdict = await verifyTrail(db, openSecretKeys(config, { create: false }), {
    expected,
    onProgress({ rows }) {
      if (now() < tellAt) return
      process.stderr.write(`${rows.toLocaleString('en')} rows so far\n`)
      tellAt += TELL_EVERY
    },
  })
  const told = verdictInWords(verdict)
  process.stdout.write(json ? `${JSON.stringify(verdictAsJson(verdict))}\n` : `${told.text}\n`)
  if (told.problem) throw new Refusal(409, told.problem)
}

type Command = (services: Services, values: Options, name: string) => Promise<void>

/** By their words, with NAME for what is given after the second. */
const commands: Record<string, Command> = {
  'admin create': createAdmin,
  'admin list': listAdmins,
  'user list': listUsers,
  'user show NAME': showUser,
  'user suspend NAME': acting(({ db }, ask, { until }) => suspendUntil(db, ask, until)),
  'user restore NAME': acting(acts.restore),
  'user delete NAME': acting(acts.delete),
  'user reset-link NAME': printResetLink,
  'user reset-two-factor NAME': takeSecondFactors,
  'audit verify': verifyAudit,
  'secret-key reseal': reseal,
}

/** Runs a command with what it needs, and closes that again. */
async function withServices(command: Command, values: Options, name: string) {
  const services = await openServices(process.env, { create: false })
  try {
    await command(services, values, name)
  } finally {
    await services.db.$disconnect()
  }
}

/** The lines that say what a person can mend, or undefined when the error is ours. */
function refusalLines(error: unknown): string[] | undefined {
  if (error instanceof InvalidInput)
    return Object.entries(error.problems).map(([field, problem]) => `${field}: ${inWords(problem)}`)
  if (error instanceof BadConfiguration) return [...error.problems]
  return error instanceof Refusal ? [error.message] : undefined
}

async function main(): Promise<number> {
  process.umask(0o077)
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    if (values.version) {
      process.stdout.write(`${version}\n`)
      return 0
    }
    const name = positionals.join(' ')
    if (values.help || !name || name === 'help') {
      process.stdout.write(HELP)
      return values.help || name ? 0 : 2
    }
    if (name === 'serve') {
      const { serve } = await import('./server.ts')
      await serve()
      return 0
    }
    const words = positionals.map((word, i) => (i < 2 ? word : 'NAME')).join(' ')
    const command = Object.hasOwn(commands, words) ? commands[words] : undefined
    if (!command) {
      const longer = Object.keys(commands).filter((other) => other.startsWith(`${name} `))
      const problem = longer.length ? `Say which: ${longer.join(', ')}` : `There is no command “${name}”`
      process.stderr.write(`${problem}. See foyer --help.\n`)
      return 2
    }
    // Whoever reads has had enough, like `head`.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      process.exit(0)
    })
    await withServices(command, values, positionals[2] ?? '')
    return 0
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code?.startsWith('ERR_PARSE_ARGS')) {
      // Node explains at length, from its second sentence on, how an argument could start with a hyphen.
      process.stderr.write(`${message.split(/\.\s/, 1)}. See foyer --help.\n`)
      return 2
    }
    if (code === 'ABORT_ERR') {
      process.stderr.write('\nLeft before the end. Nothing was changed.\n')
      return 1
    }
    const lines = refusalLines(error)
    if (!lines) throw error
    for (const line of lines) process.stderr.write(`${line}\n`)
    return 1
  }
}

process.exitCode = await main()
