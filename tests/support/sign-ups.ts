export const PASSWORD = 'correct-horse-battery'

/** An address of a visitor whom no other is throttled with, behind a proxy at 127.0.0.1. */
const addressOf = (n: number) => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
let visitors = 0

/** What a server needs in its environment to believe the addresses that sign-ups come from here. */
export const BEHIND_PROXY = { TRUST_PROXY: '127.0.0.1' }

type Form = { username?: string; email?: string; password?: string; login?: string; name?: string }

/** Posts a form over a real connection and reads the answer to its end. */
export async function post(base: string, path: string, form: Form, headers: Record<string, string> = {}) {
  visitors++
  const answer = await fetch(base + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { accept: 'text/html', 'x-forwarded-for': addressOf(visitors), ...headers },
    body: new URLSearchParams(form),
  })
  return { status: answer.status, headers: answer.headers, body: await answer.text() }
}

/** Signs somebody up; 303 is an account. */
export const signUp = (base: string, username: string) =>
  post(base, '/register', { username, password: PASSWORD })

/** Signs somebody in; 303 is a session. */
export const logIn = (base: string, login: string) => post(base, '/login', { login, password: PASSWORD })

/** How many answers had each status. */
export const statuses = (answers: readonly { status: number }[]) =>
  Object.fromEntries(
    [...Map.groupBy(answers, ({ status }) => status)].map(([status, { length }]) => [status, length]),
  )
