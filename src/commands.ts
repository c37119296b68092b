import { userInfo } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { parseArgs } from 'node:util'
import { acts } from './accounts/acts/acts.ts'
import type { Ask } from './accounts/acts/as-admin.ts'
import { resetTwoFactor } from './accounts/acts/reset-two-factor.ts'
import { suspendUntil } from './accounts/acts/suspend.ts'
import { localSource } from './accounts/audit/audit.ts'
import { noteOnce } from './accounts/audit/note-once.ts'
import { resealTrail } from './accounts/audit/reseal-trail.ts'
import { verifyTrail } from './accounts/audit/verify-trail.ts'
import { resealAuthenticators } from './accounts/authenticator.ts'
import { makeResetLink } from './accounts/reset-link.ts'
import { openSecretKeys } from './accounts/secret-key.ts'
import type { Services } from './accounts/services.ts'
import { findAccount } from './accounts/user.ts'
import type { Db } from './db/client.ts'
import { Refusal } from './errors.ts'
import { readHead, verdictAsJson, verdictInWords } from './features/audit/verdict.ts'
import { linesOfPeople, linesOfPerson } from './features/person/lines.ts'
import { makeAdmin } from './features/setup/make-admin.ts'
import { hours, now, seconds } from './time.ts'

/** Every option there is. */
export const options = {
  username: { type: 'string' },
  email: { type: 'string' },
  expect: { type: 'string' },
  reason: { type: 'string' },
  until: { type: 'string' },
  lost: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

export type Options = ReturnType<typeof parseArgs<{ options: typeof options }>>['values']

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

async function listUsers({ db }: Services, { json = false }: Options) {
  for await (const line of linesOfPeople(db, json)) process.stdout.write(`${line}\n`)
}

async function showUser(services: Services, { json = false }: Options, name: string) {
  const user = await accountOf(services.db, name)
  const entry = { actor: `cli:${operator()}`, subjectId: user.id, source }
  await noteOnce(services.db, hours(1), 'user.viewed', entry)
  const lines = await linesOfPerson(services, user, json)
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** Does what administrators do on a person's page, and says how the account is then. */
const acting =
  (act: (services: Services, ask: Ask, values: Options) => Promise<unknown>): Run =>
  async (services, values, name) => {
    const { id } = await accountOf(services.db, name)
    const actor = { operator: operator() }
    await act(services, { actor, userId: id, reason: values.reason ?? '', source }, values)
    const { username, status } = await services.db.user.findUniqueOrThrow({ where: { id } })
    const said = values.json ? JSON.stringify({ id, username, status }) : `${username} is ${status}.`
    process.stdout.write(`${said}\n`)
  }

async function printResetLink({ config, db }: Services, { json }: Options, name: string) {
  const user = await accountOf(db, name)
  const entry = { actor: `cli:${operator()}`, source }
  const link = await db.$transaction((tx) => makeResetLink({ config, db: tx }, user, entry))
  if (!config.https)
    process.stderr.write(`This link works on this machine only, as BASE_URL is ${config.baseUrl}.\n`)
  process.stdout.write(json ? `${JSON.stringify({ username: user.username, link })}\n` : `${link}\n`)
}

async function takeSecondFactors({ db }: Services, { json, reason = '' }: Options, name: string) {
  const { id, username } = await accountOf(db, name)
  const actor = { operator: operator() }
  const hasPassword = await resetTwoFactor(db, { actor, userId: id, reason, source })
  const next = hasPassword
    ? 'Their password alone gets them in.'
    : `They have no password: make them a link for one by "foyer user reset-link ${username}".`
  const said = `${username} has no authenticator, recovery codes or passkeys any more. ${next}`
  process.stdout.write(json ? `${JSON.stringify({ id, username, hasPassword })}\n` : `${said}\n`)
}

async function reseal({ config, db }: Services, { json, lost: isLost }: Options) {
  const secretKeys = openSecretKeys(config, { create: false })
  const { resealed, lost } = await resealAuthenticators({ db, secretKeys })
  const trail = await resealTrail({ db, secretKeys }, { isLost })
  const first = `${resealed === 1 ? '1 secret was' : `${resealed} secrets were`} sealed anew with the first key.`
  process.stdout.write(
    json ? `${JSON.stringify({ resealed, lost, auditKeys: trail.resealed })}\n` : `${first}\n`,
  )
  if (trail.isNew && !json) process.stdout.write('The chain over the audit trail goes on with a new key.\n')
  if (trail.lost.length && !isLost)
    throw new Refusal(
      409,
      `No key opens those of the audit trail, from these places on: ${trail.lost.join(', ')}. If it is lost for good, add --lost`,
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

type Run = (services: Services, values: Options, name: string) => Promise<void>

export type Command = { run: Run; takes?: (keyof Options)[] }

/** By their words, with NAME for what is given after the second; `takes` names their options besides --json. */
export const commands: Record<string, Command> = {
  'admin create': { run: createAdmin, takes: ['username', 'email'] },
  'admin list': { run: listAdmins },
  'user list': { run: listUsers },
  'user show NAME': { run: showUser },
  'user suspend NAME': {
    run: acting(({ db }, ask, { until = '' }) => suspendUntil(db, ask, until)),
    takes: ['until', 'reason'],
  },
  'user restore NAME': { run: acting(acts.restore), takes: ['reason'] },
  'user delete NAME': { run: acting(acts.delete), takes: ['reason'] },
  'user reset-link NAME': { run: printResetLink },
  'user reset-two-factor NAME': { run: takeSecondFactors, takes: ['reason'] },
  'audit verify': { run: verifyAudit, takes: ['expect'] },
  'secret-key reseal': { run: reseal, takes: ['lost'] },
}
