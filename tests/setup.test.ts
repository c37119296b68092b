import { describe, expect, test } from 'vitest'
import { setupLink } from '../src/features/setup/make-admin.ts'
import { startApp } from './support/app.ts'
import type { Visitor } from './support/visitor.ts'

const path = (link = '') => link.replace('http://localhost:3000', '')

async function makeAdmin(operator: Visitor) {
  await operator
    .fill({
      Username: 'mira.okafor',
      'Email address (optional)': 'mira@example.org',
      Password: 'correct-horse-battery',
    })
    .press('Create account')
}

describe('the first start', () => {
  test('gives a link that makes an administrator, once, and leaves the address at the first hop', async () => {
    const services = await startApp()
    const link = path(await setupLink(services))
    const operator = services.visitor()
    await operator.visit(link)
    expect(operator.path).toBe('/setup')
    expect(operator.headline).toBe('Make the first administrator')
    await makeAdmin(operator)
    expect(operator.path).toBe('/admin')

    const mira = await services.db.user.findUniqueOrThrow({ where: { username: 'mira.okafor' } })
    expect(mira).toMatchObject({ role: 'admin', status: 'active', provenEmailKey: 'mira@example.org' })
    expect(
      await services.db.auditEvent.count({ where: { event: 'user.made-admin', subjectId: mira.id } }),
    ).toBe(1)
    expect(await setupLink(services)).toBeUndefined()

    const second = services.visitor()
    await second.visit(link)
    expect(second.answer.statusCode).toBe(410)
    expect(second.headline).toBe('This link no longer works')
    expect(second.text()).toContain('If that’s you, sign in. If not, ask them, or run “foyer admin create”.')
    await second.click('Sign in')
    expect(second.path).toBe('/login')
  })

  test('says that a name is taken, without names to pick', async () => {
    const services = await startApp()
    await services.visitor().signUp('mira.okafor')
    const operator = services.visitor()
    await operator.visit(path(await setupLink(services)))
    await makeAdmin(operator)
    expect(operator.errorAt('Username')).toBe('That username is taken. Try another')
    expect(operator.document.querySelector('button[form=suggest]')).toBeNull()
  })

  test('is not used up by looking, nor by a form that is rejected', async () => {
    const services = await startApp()
    const link = path(await setupLink(services))
    const operator = services.visitor()
    for (let i = 0; i < 3; i++) await operator.visit(link)
    await operator.fill({ Username: 'x', Password: 'short' }).press('Create account')
    expect(operator.answer.statusCode).toBe(422)
    await makeAdmin(operator)
    expect(operator.path).toBe('/admin')
  })

  test('makes one administrator from 20 uses of the link at once', async () => {
    const services = await startApp()
    const link = path(await setupLink(services))
    const uses = Array.from({ length: 20 }, async (_, i) => {
      const operator = services.visitor()
      await operator.visit(link)
      const form = { username: `operator-${i}`, password: 'correct-horse-battery' }
      // On a busy machine there may be more than can be hashed for: those try again.
      do await operator.request('POST', '/setup', form)
      while (operator.answer.statusCode === 503)
      return operator.answer.statusCode
    })
    const statuses = await Promise.all(uses)
    expect(statuses.filter((status) => status === 303)).toHaveLength(1)
    expect(statuses.filter((status) => status === 410)).toHaveLength(19)
    expect(await services.db.user.count()).toBe(1)
  })

  test('makes one administrator from two links used at once, 10 times over', async () => {
    const services = await startApp()
    const { app, db, visitor } = services
    const { passwords } = app
    for (let round = 0; round < 10; round++) {
      await db.user.deleteMany()
      // Both have their hash before either goes on.
      const both = Promise.withResolvers<void>()
      let ready = 0
      const hash = async (password: string) => {
        const made = await passwords.hash(password)
        if (++ready === 2) both.resolve()
        await both.promise
        return made
      }
      app.passwords = { ...passwords, hash }
      const links = [path(await setupLink(services)), path(await setupLink(services))]
      const operators = links.map(() => visitor())
      for (const [i, operator] of operators.entries()) await operator.visit(links[i] ?? '')
      await Promise.all(
        operators.map((operator, i) =>
          operator.request('POST', '/setup', {
            username: `operator-${i}`,
            password: 'correct-horse-battery',
          }),
        ),
      )
      expect(operators.map(({ answer }) => answer.statusCode).sort()).toEqual([303, 410])
      expect([await db.user.count(), await db.session.count()]).toEqual([1, 1])
    }
  })

  test('leaves no session of the member behind who uses the link', async () => {
    const services = await startApp()
    const operator = services.visitor()
    await operator.signUp('ana.silva')
    await operator.visit(path(await setupLink(services)))
    await makeAdmin(operator)
    expect(operator.path).toBe('/admin')
    const sessions = await services.db.session.findMany({ include: { user: true } })
    expect(sessions.map(({ user }) => user.username)).toEqual(['mira.okafor'])
  })

  test.each(['', 'x', 'A'.repeat(43)])('answers the token %j like any that has expired', async (token) => {
    const { visitor } = await startApp()
    const stranger = visitor()
    await stranger.visit(`/setup?token=${token}`)
    expect(stranger.answer.statusCode).toBe(410)
    expect(stranger.text()).toContain('Start the service again for a new one.')
  })
})
