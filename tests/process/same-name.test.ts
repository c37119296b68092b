import { expect, test } from 'vitest'
import { openFresh, serve } from '../support/server.ts'
import { BEHIND_PROXY, signUp, statuses } from '../support/sign-ups.ts'

/** One name to the eye: capitals, spaces around, full width, and the same shapes in Cyrillic. */
const SPELLINGS = ['pace', 'PACE', ' Pace ', 'ｐａｃｅ', 'расе', 'РАСЕ']

/** A thousand sign-ups over two hundred connections, spread over these servers. */
async function rush(bases: string[]) {
  const connections = Array.from({ length: 200 }, async (_, i) => {
    const answers = []
    for (let n = 0; n < 5; n++)
      answers.push(await signUp(bases[i % bases.length] ?? '', SPELLINGS[(i + n) % SPELLINGS.length] ?? ''))
    return answers
  })
  return (await Promise.all(connections)).flat()
}

test.each([
  ['sqlite', 1],
  ['postgresql', 2],
] as const)(
  'of a thousand who want one name at once, on %s by %i server(s), one gets it',
  async (provider, count) => {
    const { url, db } = await openFresh(provider)
    const start = () => serve({ ...BEHIND_PROXY, DATABASE_URL: url, LOG_LEVEL: 'error' })
    const servers = await Promise.all(Array.from({ length: count }, start))

    const answers = await rush(servers.map(({ base }) => base))

    const { 303: winners, 422: late = 0, 503: turnedAway = 0, ...others } = statuses(answers)
    expect(others).toEqual({})
    expect(winners).toBe(1)
    expect(late + turnedAway).toBe(999)
    expect(late).toBeGreaterThan(50)
    for (const { status, body, headers } of answers) {
      if (status === 422) expect(body).toContain('That username is taken')
      if (status === 503) expect(headers.get('retry-after')).toBe('2')
    }
    expect([await db.user.count(), await db.session.count(), await db.auditEvent.count()]).toEqual([1, 1, 1])
  },
  60_000,
)
