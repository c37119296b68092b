// npm run check:enumeration -- [PAIRS] [sqlite|postgresql]: asks each form about an account that is there and one
// that is not, in turn, and says whether answers or times tell them apart.
import { randomUUID } from 'node:crypto'
import { newSignUp } from '../src/accounts/sign-up.ts'
import { type Db, openDb } from '../src/db/client.ts'
import { hours } from '../src/time.ts'
import { launch } from '../tests/support/launch.ts'
import { addPerson, PASSWORD } from '../tests/support/people.ts'
import { BEHIND_PROXY } from '../tests/support/sign-ups.ts'
import { makeDatabase } from './fresh-database.ts'
import { mannWhitney, median } from './statistics.ts'

/** They must not be told apart by more than chance, nor their medians by more than this share. */
const LEAST_P = 0.01
const WIDEST_GAP = 0.05

type Fields = Record<string, string>
/** How the `n`th form is filled in, and the cookie it is sent with. */
type Case = { name: string; fields: (n: number) => Fields; cookie?: (n: number) => Promise<string> }
type Question = { name: string; path: string; cases: Case[] }
type Format = 'html' | 'json'

const random = () => randomUUID().slice(0, 13)
let visitors = 0

/** Sends a form from a network of its own, so that no throttle answers; with the time to the answer's end, in ms. */
async function send(base: string, path: string, format: Format, fields: Fields, cookie = '') {
  visitors++
  const body = format === 'html' ? new URLSearchParams(fields) : JSON.stringify(fields)
  const startedAt = performance.now()
  const answer = await fetch(base + path, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      ...{
        accept: format === 'html' ? 'text/html' : 'application/json',
        cookie,
        'sec-fetch-site': 'same-origin',
      },
      'x-forwarded-for': `10.${(visitors >> 16) & 255}.${(visitors >> 8) & 255}.${visitors & 255}`,
      ...(format === 'json' && { 'content-type': 'application/json' }),
    },
    body,
  })
  const text = await answer.text()
  return { answer, text, ms: performance.now() - startedAt }
}

/** All that an answer tells, but what is random in every one, and what was typed: here, or at the sign-up before. */
function told({ answer, text }: Awaited<ReturnType<typeof send>>, fields: Fields, n: number): string {
  const headers = [...answer.headers].filter(([name]) => name !== 'date')
  let all = JSON.stringify([answer.status, headers, text])
  for (const typed of Object.values(fields)) all = all.replaceAll(typed, '…')
  return all
    .replace(/[\w-]{43}|[0-9a-f]{8}-[0-9a-f-]{27}/g, '…')
    .replaceAll(new RegExp(`(nobody|known)${n}@example\\.org`, 'g'), '…')
    .replace(/content-length","\d+/, '')
}

/** Every form that takes an address or a name, and whom it could give away. */
function questions(db: Db, base: string): Question[] {
  const at = (name: string) => (n: number) => `${name}${n}@example.org`
  const [nobody, known, claimed, suspended] = [at('nobody'), at('known'), at('claimed'), at('suspended')]
  const signUp = (name: string, email: (n: number) => string): Case => ({
    name,
    fields: (n) => ({ username: `a${random()}`, email: email(n), password: PASSWORD }),
  })
  const byAddress = (name: string, email: (n: number) => string): Case => ({
    name,
    fields: (n) => ({ email: email(n) }),
  })
  const logIn = (name: string, login: (n: number) => string): Case => ({
    name,
    fields: (n) => ({ login: login(n), password: 'not the password' }),
  })
  /** From the browser that has signed up with this address, and waits for the mail. */
  const waiting = (sent: Case, email: (n: number) => string): Case => ({
    ...sent,
    async cookie(n) {
      const { answer } = await send(base, '/register', 'html', signUp('', email).fields(n))
      return answer.headers.get('set-cookie')?.split(';')[0] ?? ''
    },
  })
  const code = (name: string): Case => ({ name, fields: () => ({ code: '123456' }) })
  const change = (name: string, email: (n: number) => string): Case => ({
    name,
    fields: (n) => ({ email: email(n), current: PASSWORD }),
    cookie: async () => (await addPerson(db, `a${random()}`, { email: `${random()}@example.org` })).cookie,
  })
  return [
    {
      name: 'sign-up',
      path: '/register',
      cases: [signUp('new', nobody), signUp('known', known), signUp('suspended', suspended)],
    },
    {
      name: 'log-in',
      path: '/login',
      cases: [
        logIn('nobody', (n) => `nobody${n}`),
        logIn('known', (n) => `known${n}`),
        logIn('known, by address', known),
        logIn('suspended', (n) => `suspended${n}`),
        logIn('not confirmed', (n) => `claims${n}`),
      ],
    },
    {
      name: 'forgotten password',
      path: '/forgot-password',
      cases: [
        byAddress('nobody', nobody),
        byAddress('known', known),
        byAddress('not confirmed', claimed),
        byAddress('suspended', suspended),
      ],
    },
    {
      name: 'mail again',
      path: '/register/resend',
      cases: [byAddress('new', nobody), byAddress('known', known), byAddress('waiting', claimed)],
    },
    {
      name: 'mail again, signed up',
      path: '/register/resend',
      cases: [waiting(byAddress('new', nobody), nobody), waiting(byAddress('known', known), known)],
    },
    {
      name: 'code',
      path: '/register/check-email',
      cases: [waiting(code('new'), nobody), waiting(code('known'), known)],
    },
    {
      name: 'change of address',
      path: '/account/email',
      cases: [change('new', nobody), change('known', known)],
    },
  ]
}

/** For each `n` one account that is in use, one suspended, one whose address is a claim. */
async function addEverybody(db: Db, pairs: number) {
  for (let n = 0; n < pairs; n++) {
    await addPerson(db, `known${n}`, { email: `known${n}@example.org` })
    await addPerson(db, `suspended${n}`, { status: 'suspended', email: `suspended${n}@example.org` })
    const email = `claimed${n}@example.org`
    const { user } = await addPerson(db, `claims${n}`, { status: 'pending' })
    const { row } = newSignUp(user.id, undefined, hours(72))
    await db.$transaction([
      db.user.update({ where: { id: user.id }, data: { email, emailKey: email } }),
      db.signUp.create({ data: row }),
    ])
  }
}

/** Asks all cases in turn, each round in another order; with the times of each, and the different answers there were. */
async function ask(base: string, { path, cases }: Question, format: Format, pairs: number) {
  const times = new Map(cases.map(({ name }) => [name, [] as number[]]))
  const answers = new Set<string>()
  for (let n = -5; n < pairs; n++)
    for (const { name, fields, cookie } of cases.toSorted(() => Math.random() - 0.5)) {
      const form = fields(Math.abs(n))
      const sent = await send(base, path, format, form, await cookie?.(Math.abs(n)))
      answers.add(told(sent, form, Math.abs(n)))
      // The first few find everything cold.
      if (n >= 0) times.get(name)?.push(sent.ms)
    }
  return { times: [...times], answers }
}

/** Where two answers part, and how each goes on. */
function difference([one = '', other = '']: string[]): string {
  const at = [...one].findIndex((character, i) => character !== other[i])
  return [one, other].map((answer) => `      …${answer.slice(Math.max(0, at - 40), at + 80)}…\n`).join('')
}

const [pairs = '400', provider = 'sqlite'] = process.argv.slice(2)
const { url, remove } = await makeDatabase(provider)
const db = await openDb(url)
const env = {
  ...BEHIND_PROXY,
  DATABASE_URL: url,
  EMAIL: 'required',
  LOG_LEVEL: 'silent',
  MAIL_PER_HOUR: '1000000',
}
const server = await launch(env)
try {
  await addEverybody(db, Number(pairs))
  for (const question of questions(db, server.base))
    for (const format of ['html', 'json'] as const) {
      const { times, answers } = await ask(server.base, question, format, Number(pairs))
      const [[, first = []] = [], ...others] = times
      for (const [name, figures] of others) {
        const gap = median(figures) / median(first) - 1
        const p = mannWhitney(first, figures)
        const passed = answers.size === 1 && p > LEAST_P && Math.abs(gap) < WIDEST_GAP
        const medians = `${median(first).toFixed(2)} and ${median(figures).toFixed(2)} ms`
        const line = `${question.name}, ${format}: ${times[0]?.[0]} and ${name}`
        process.stdout.write(
          `${passed ? 'same ' : 'TOLD '} ${line.padEnd(56)} ${medians.padEnd(20)} ${(gap * 100).toFixed(1).padStart(5)} %  p ${p.toFixed(3)}  answers ${answers.size}\n`,
        )
        if (!passed) process.exitCode = 1
        if (answers.size > 1) process.stdout.write(difference([...answers]))
      }
    }
} finally {
  await db.$disconnect()
  await server.stop()
  await remove()
}
