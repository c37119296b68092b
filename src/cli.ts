import { parseArgs } from 'node:util'
import { openServices } from './accounts/services.ts'
import { type Command, commands, type Options, options } from './commands.ts'
import { BadConfiguration } from './config.ts'
import { InvalidInput, Refusal } from './errors.ts'
import { inWords } from './messages.ts'
import { version } from './version.ts'

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
                  --lost  where the former key is gone for good: lets the chain over the
                  audit trail go on with a new one, which can't vouch for what was before

  --json          print the result as JSON
  --help, -h, --version, -v

The configuration comes from the environment, as for the server.
Exits with 0, with 1 when something was refused, with 2 for a wrong call.
`

/** Runs a command with what it needs, and closes that again. */
async function withServices({ run }: Command, values: Options, name: string) {
  const services = await openServices(process.env, { create: false })
  try {
    await run(services, values, name)
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

function wrongCall(problem: string): number {
  process.stderr.write(`${problem}. See foyer --help.\n`)
  return 2
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
    const words = positionals.map((word, i) => (i < 2 ? word : 'NAME')).join(' ')
    const command = Object.hasOwn(commands, words) ? commands[words] : undefined
    if (!command && name !== 'serve') {
      const longer = Object.keys(commands).filter((other) => other.startsWith(`${name} `))
      return wrongCall(longer.length ? `Say which: ${longer.join(', ')}` : `There is no command “${name}”`)
    }
    const taken = command ? ['json', ...(command.takes ?? [])] : []
    const stray = Object.keys(values).find((option) => !taken.includes(option))
    if (stray) return wrongCall(`“${words}” has no option --${stray}`)
    if (!command) {
      const { serve } = await import('./server.ts')
      await serve()
      return 0
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
      return wrongCall(`${message.split(/\.\s/, 1)}`)
    }
    if (code === 'ABORT_ERR') {
      process.stderr.write('\nLeft before the end. Nothing was changed.\n')
      return 1
    }
    const lines = refusalLines(error)
    if (!lines) throw error
    for (const line of lines) process.stderr.write(`${line}\n`)
    return error instanceof Refusal && error.status === 400 ? 2 : 1
  }
}

process.exitCode = await main()
