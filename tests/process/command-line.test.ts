import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { describe, expect, test } from 'vitest'
import { foyer, run } from '../support/launch.ts'
import { addPerson } from '../support/people.ts'
import { openFresh, serve, startServer } from '../support/server.ts'
import { logIn, PASSWORD, signUp } from '../support/sign-ups.ts'

const operator = `cli:${userInfo().username}`

/** Runs commands on a database of their own. */
async function onFresh(provider: 'sqlite' | 'postgresql' = 'sqlite') {
  const { url, db } = await openFresh(provider)
  const env = { DATABASE_URL: url }
  return { db, env, foyer: (args: string, input = '') => foyer(env, args.split(' '), input) }
}

describe('a call', () => {
  test('for help or the version is answered', async () => {
    for (const arg of ['--help', '-h', 'help'])
      expect(await foyer({}, [arg])).toEqual({
        code: 0,
        err: '',
        out: expect.stringContaining('admin create'),
      })
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    for (const arg of ['--version', '-v'])
      expect(await foyer({}, [arg])).toEqual({ code: 0, err: '', out: `${version}\n` })
  })

  test.each([
    ['without a command', '', /^$/],
    ['of an unknown command', 'user dance', /“user dance”.*--help/],
    ['for a link without a name', 'user reset-link', /user reset-link NAME/],
    ['for a link with two names', 'user reset-link ana ben', /“user reset-link ana ben”/],
    ['with a word too many', 'admin list please', /“admin list please”/],
    ['of half a command', 'admin', /^Say which: admin create, admin list\. See foyer --help\.\n$/],
    ['with an unknown option', 'admin list --verbose', /^Unknown option '--verbose'\. See foyer --help\.\n$/],
    ['with an unknown letter', '-x', /^Unknown option '-x'\. See foyer --help\.\n$/],
    [
      'with an option that needs a value',
      'admin create --username',
      /^Option '--username <value>' argument missing\. See foyer --help\.\n$/,
    ],
    [
      'with an option in place of a value',
      'admin create --username --json',
      /^Option '--username' argument is ambiguous\. See foyer --help\.\n$/,
    ],
    ['of a command without that option', 'user list --reason x', /^“user list” has no option --reason\. See/],
    [
      'to delete until a day',
      'user delete ana --until 2099-12-24',
      /^“user delete NAME” has no option --until/,
    ],
    ['to serve as JSON', 'serve --json', /^“serve” has no option --json/],
    ['with a password as an argument', `admin create --username ada --password ${PASSWORD}`, /--password/],
    ['with a password in an argument', `admin create --username ada --password=${PASSWORD}`, /--password/],
  ])('%s is wrong: exit code 2, and nothing is done', async (_what, args, complaint) => {
    const { code, err } = await foyer(
      { DATABASE_URL: 'file:/nowhere/foyer.db' },
      args.split(' ').filter(Boolean),
    )
    expect(code).toBe(2)
    expect(err).toMatch(complaint)
    expect(err).not.toContain(PASSWORD)
  })
})

describe('foyer admin create', () => {
  test.each(['sqlite', 'postgresql'] as const)(
    'makes an administrator beside a running server, on %s',
    async (provider) => {
      const { base, url, db } = await startServer({}, provider)
      const args = ['admin', 'create', '--username', 'Ada.Lovelace', '--email', 'ada@example.org']
      const command = run({ DATABASE_URL: url }, { program: ['bin/foyer.js', ...args] })
      expect(readFileSync(`/proc/${command.pid}/cmdline`, 'utf8')).not.toContain(PASSWORD)
      command.write(`${PASSWORD}\n`)
      expect(await command.ended).toEqual({ code: 0, out: 'ada.lovelace is an administrator.\n', err: '' })

      expect((await logIn(base, 'ada@example.org')).headers.get('location')).toBe('/account')
      const { id, role, provenEmailKey } = await db.user.findUniqueOrThrow({
        where: { username: 'ada.lovelace' },
      })
      expect([role, provenEmailKey]).toEqual(['admin', 'ada@example.org'])
      expect(await db.auditEvent.findFirst({ orderBy: { id: 'asc' } })).toMatchObject({
        event: 'user.made-admin',
        actor: operator,
        subjectId: id,
        via: 'cli',
      })
      expect((await signUp(base, 'ada.lovelace')).status).toBe(422)
      expect((await foyer({ DATABASE_URL: url }, ['admin', 'list'])).out).toBe('ada.lovelace  active\n')
    },
  )

  test('answers in JSON, if asked to', async () => {
    const { db, foyer } = await onFresh()
    const made = await foyer('admin create --username ada.lovelace --json', PASSWORD)
    const { id } = await db.user.findUniqueOrThrow({ where: { username: 'ada.lovelace' } })
    expect(made).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(made.out)).toEqual({ id, username: 'ada.lovelace' })
    expect(JSON.parse((await foyer('admin list --json')).out)).toEqual([
      { id, username: 'ada.lovelace', status: 'active' },
    ])
  })

  test('says what is wrong with each field, a line each, and writes nothing', async () => {
    const { db, foyer } = await onFresh()
    expect(await foyer('admin create --username a --email nobody', 'too-short')).toEqual({
      code: 1,
      out: '',
      err:
        'email: Enter your full email address, like name@example.org\n' +
        'username: Make it 3 characters or more\n' +
        'password: Make it 12 characters or more. It has 9\n',
    })
    expect(await db.user.count()).toBe(0)
    expect(await db.auditEvent.count()).toBe(0)
  })

  test('does not take a name that somebody has, or a proven address', async () => {
    const { db, foyer } = await onFresh()
    await foyer('admin create --username ada.lovelace --email ada@example.org', PASSWORD)
    const name = await foyer('admin create --username ADA.LOVELACE', PASSWORD)
    expect([name.code, name.err]).toEqual([1, 'username: That username is taken. Try another\n'])
    const email = await foyer('admin create --username ada2 --email Ada@Example.org', PASSWORD)
    expect([email.code, email.err]).toEqual([1, 'email: That address already belongs to an account\n'])
    expect(await db.user.count()).toBe(1)
  })

  test('keeps every character of a password from standard input but the end of its line', async () => {
    const { env, foyer } = await onFresh()
    for (const [name, input] of [
      ['ada1', ` ${PASSWORD} \r\n`],
      ['ada2', ` ${PASSWORD} `],
    ] as const)
      expect((await foyer(`admin create --username ${name}`, input)).code).toBe(0)
    const { base } = await serve(env)
    expect((await logIn(base, 'ada1')).status).toBe(422)
  })

  // Only root can start a process as another user.
  test.runIf(process.getuid?.() === 0)('names an operator who has no name by their number', async () => {
    const { url, db } = await openFresh('postgresql')
    const args = ['admin', 'create', '--username', 'ada.lovelace']
    const { code } = await foyer({ DATABASE_URL: url }, args, PASSWORD, { uid: 12345 })
    expect(code).toBe(0)
    expect(await db.auditEvent.findFirst()).toMatchObject({ actor: 'cli:12345' })
  })
})

describe('foyer user reset-link', () => {
  test.each(['sqlite', 'postgresql'] as const)(
    'prints a link that sets a new password, by username or address, on %s',
    async (provider) => {
      const { base, url, db } = await startServer({}, provider)
      const { user } = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
      const env = { DATABASE_URL: url, BASE_URL: base }
      const plain = await foyer(env, ['user', 'reset-link', 'Ana.Silva'])
      expect(plain).toEqual({
        code: 0,
        out: expect.stringMatching(/^http:\/\/\S+\/reset-password\?token=[\w-]{43}\n$/),
        err: `This link works on this machine only, as BASE_URL is ${base}.\n`,
      })
      const json = JSON.parse((await foyer(env, ['user', 'reset-link', 'ana@example.org', '--json'])).out)
      expect(json).toEqual({ username: 'ana.silva', link: expect.stringContaining('?token=') })
      const made = { actor: operator, subjectId: user.id, via: 'cli', detail: null }
      expect(await db.auditEvent.findMany({ where: { event: 'password.reset-link-made' } })).toMatchObject([
        made,
        made,
      ])
      const { expiresAt } = await db.token.findFirstOrThrow({ where: { purpose: 'reset-password' } })
      expect(Math.abs(expiresAt.getTime() - Date.now() - 3_600_000)).toBeLessThan(30_000)

      const hop = await fetch(plain.out.trim(), { redirect: 'manual' })
      const [cookie = ''] = hop.headers.getSetCookie()
      const saved = await fetch(`${base}/reset-password`, {
        ...{
          method: 'POST',
          redirect: 'manual',
          body: new URLSearchParams({ password: 'four-new-words-here' }),
        },
        headers: { cookie: cookie.split(';', 1)[0] ?? '', origin: base },
      })
      expect(saved.headers.get('location')).toBe('/login')
    },
  )

  test('says in one line that nobody has the name, or that the account can’t be used', async () => {
    const { db, foyer } = await onFresh()
    await addPerson(db, 'sue.suspended', { status: 'suspended' })
    for (const [name, complaint] of [
      ['nobody.here', /^There is no account with [^\n]*“nobody\.here”\.\n$/],
      ['sue.suspended', /^That account isn’t active[^\n]*\n$/],
    ] as const)
      expect(await foyer(`user reset-link ${name}`)).toEqual({
        code: 1,
        out: '',
        err: expect.stringMatching(complaint),
      })
    expect(await db.token.count()).toBe(0)
    expect(await db.auditEvent.count()).toBe(0)
  })
})

describe('foyer user reset-two-factor', () => {
  test('takes the second factors, for the administrator who has lost them, and says so', async () => {
    const { db, foyer } = await onFresh()
    const { user } = await addPerson(db, 'ada.admin', { role: 'admin' })
    await db.authenticator.create({ data: { userId: user.id, secret: new Uint8Array(52), lastStep: 0 } })
    expect(await foyer('user reset-two-factor Ada.Admin --reason lost')).toEqual({
      ...{
        code: 0,
        out: 'ada.admin has no authenticator, recovery codes or passkeys any more. Their password alone gets them in.\n',
        err: '',
      },
    })
    expect([await db.authenticator.count(), await db.session.count()]).toEqual([0, 0])
    expect(await db.auditEvent.findMany()).toMatchObject([
      {
        ...{ event: 'two-factor.reset', actor: operator, subjectId: user.id, via: 'cli' },
        detail: { reason: 'lost' },
      },
    ])
    for (const [name, complaint] of [
      ['ada.admin', /^That account has no second step[^\n]*\n$/],
      ['nobody.here', /^There is no account with [^\n]*“nobody\.here”\.\n$/],
    ] as const) {
      const { code, err } = await foyer(`user reset-two-factor ${name}`)
      expect([code, err]).toEqual([1, expect.stringMatching(complaint)])
    }
  })
})

describe('at a terminal', () => {
  /** Types these lines, each when something is asked for; what stood on the screen then, and the exit code. */
  async function type(env: Record<string, string>, lines: string[]) {
    const terminal = spawn('script', ['-qec', `${process.execPath} bin/foyer.js admin create`, '/dev/null'], {
      env: { ...env, PATH: process.env.PATH },
    })
    let screen = ''
    let typed = 0
    const write = (line: string) => terminal.stdin.write(line)
    terminal.stdout.on('data', (chunk) => {
      screen += chunk
      const prompts = screen.match(/(Username|Email address \(optional\)|Password): /g)?.length ?? 0
      // The terminal stops showing what is typed just after it was asked for.
      while (typed < Math.min(prompts, lines.length)) setTimeout(write, 50, lines[typed++])
    })
    const [code] = await once(terminal, 'close')
    return { code, screen }
  }

  test('it asks for what is missing, and does not show the password', async () => {
    const { db, env } = await onFresh()
    const { code, screen } = await type(env, ['ada.lovelace\r', '\r', `${PASSWORD}\r`])
    expect(code).toBe(0)
    expect(screen).toContain('ada.lovelace is an administrator.')
    expect(screen).not.toContain(PASSWORD.slice(0, 7))
    expect(await db.user.count()).toBe(1)
  })

  test('Ctrl-C leaves, says so and changes nothing', async () => {
    const { db, env } = await onFresh()
    const { code, screen } = await type(env, ['ada.lovelace\r', '\x03'])
    expect(code).toBe(1)
    expect(screen).toContain('Nothing was changed.')
    expect(screen).not.toMatch(/\n\s+at /)
    expect(await db.user.count()).toBe(0)
  })
})
