import { parseHTML } from 'linkedom'
import { expect, test } from 'vitest'
import { foyer } from '../support/launch.ts'
import { openFresh, startServer } from '../support/server.ts'
import { BEHIND_PROXY, PASSWORD, post } from '../support/sign-ups.ts'

type Typed = { username: string; email: string; password: string }
type Problems = Record<string, string>

const usernames = [
  ...[
    '',
    '  ',
    'a',
    'ab',
    'x'.repeat(33),
    'a b',
    '.ada',
    'ada-',
    'ad@a',
    'admin',
    'f.o.y.e.r',
    'аdа.lovelace',
  ],
  ...['١٢٣', 'ａｄａ', 'ada\u200b', '🐈🐈🐈', 'root'],
]
const emails = [
  'nobody',
  'a@b',
  'a@@b.org',
  'a b@c.org',
  `${'a'.repeat(65)}@b.org`,
  'ada@example.org',
  ' ada@b.org ',
]
const passwords = [
  '',
  'short',
  'password1234',
  'aaaaaaaaaaaa',
  'x'.repeat(257),
  ' spaces are kept ',
  'with\ttab-in-it',
]

const inputs: Typed[] = [
  ...usernames.map((username) => ({ username, email: '', password: PASSWORD })),
  ...emails.map((email, i) => ({ username: `email${i}x`, email, password: PASSWORD })),
  ...passwords.map((password, i) => ({ username: `word${i}x`, email: '', password })),
  { username: 'ada.lovelace', email: '', password: 'ada.lovelace.ada' },
  { username: '!', email: '!', password: '!' },
]

/** The form's problems: the links at the top of the page lead to the fields. */
async function byForm(base: string, typed: Typed): Promise<Problems> {
  const { status, body } = await post(base, '/register', typed)
  const links = [...parseHTML(body).document.querySelectorAll('#problem a')]
  expect([status, links.length > 0], JSON.stringify(typed)).toEqual(links.length ? [422, true] : [303, false])
  return Object.fromEntries(
    links.map((link) => [link.getAttribute('href')?.slice(1), link.textContent?.trim()]),
  )
}

async function byJson(base: string, typed: Typed): Promise<Problems> {
  const answer = await fetch(`${base}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': `10.9.0.${inputs.indexOf(typed)}` },
    body: JSON.stringify(typed),
  })
  const { errors = {} } = (await answer.json()) as { errors?: Problems }
  return errors
}

async function byCommandLine(env: Record<string, string>, typed: Typed): Promise<Problems> {
  const args = ['admin', 'create', `--username=${typed.username}`, `--email=${typed.email}`]
  const { code, err } = await foyer(env, args, typed.password)
  expect([code, err !== ''], err).toEqual(err ? [1, true] : [0, false])
  const lines = err.split('\n').filter(Boolean)
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  )
}

test('a form, a program and the command line are told the same of the same input', async () => {
  const [pages, api] = [await startServer(BEHIND_PROXY, 'sqlite'), await startServer(BEHIND_PROXY, 'sqlite')]
  const { url } = await openFresh('sqlite')
  const told: Problems[] = []
  for (const typed of inputs) {
    const [form, json, commandLine] = await Promise.all([
      byForm(pages.base, typed),
      byJson(api.base, typed),
      byCommandLine({ DATABASE_URL: url }, typed),
    ])
    expect({ form, json }, JSON.stringify(typed)).toEqual({ form: commandLine, json: commandLine })
    told.push(form)
  }
  expect(told.filter((problems) => Object.keys(problems).length > 0).length).toBeGreaterThan(20)
  expect(new Set(told.flatMap(Object.values)).size).toBeGreaterThan(15)
})
