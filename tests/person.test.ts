import { describe, expect, test } from 'vitest'
import { withAdmin } from './support/admins.ts'
import { addPerson } from './support/people.ts'

describe('a person', () => {
  test('is shown with sessions and history', async () => {
    const { visitor, person, mira } = await withAdmin()
    const ana = visitor({ ip: '203.0.113.7' })
    await ana.signUp('ana.silva')
    await ana.press('Sign out')
    await ana.logIn('ana.silva')
    await mira.visit(`/admin/users/${(await person('ana.silva')).id}`)
    expect(mira.headline).toBe('ana.silva')
    expect(mira.text()).toContain('203.0.113.7')
    const history = [...mira.document.querySelectorAll('.timeline li p:first-child')].map((p) =>
      p.textContent?.trim(),
    )
    const seen = 'Account looked at by an administrator or support'
    expect(history).toEqual([seen, 'Signed in', 'Signed out', 'Account created'])
  })

  test('is there as JSON, without what only the page needs', async () => {
    const { person, mira } = await withAdmin()
    const { id } = await person('mira.okafor')
    const answer = (await mira.json('GET', `/admin/users/${id}`)).json()
    const names = 'history mails person sessions status'
    expect(Object.keys(answer).sort().join(' ')).toBe(names)
    expect(answer.person).toMatchObject({ id, username: 'mira.okafor', emailProven: false })
    const overview = (await mira.json('GET', '/admin')).json()
    expect(Object.keys(overview).join(' ')).toBe('status numbers days stuckMails health latest')
  })

  test('is shown with whether the password is still that of another system', async () => {
    const { db, mira } = await withAdmin()
    const { user } = await addPerson(db, 'ivo.import')
    const seen = async () => (await mira.visit(`/admin/users/${user.id}`)).text('[aria-labelledby=how]')
    expect(await seen()).not.toContain('another system')
    await db.user.update({ where: { id: user.id }, data: { passwordHash: '$2b$10$x' } })
    expect(await seen()).toContain('still that of another system')
  })

  test('is suspended: out at once, and can’t sign in until it is lifted', async () => {
    const { visitor, person, mira, db } = await withAdmin()
    const ana = visitor()
    await ana.signUp('ana.silva')
    const { id } = await person('ana.silva')
    await mira.visit(`/admin/users/${id}/suspend`)
    expect(mira.headline).toBe('Suspend ana.silva?')
    await mira.fill({ Reason: 'Reported for spam' }).press('Suspend ana.silva')
    expect(mira.text('[role=status]')).toBe('ana.silva is suspended.')
    expect(mira.text()).toContain('Account suspended. Reason: “Reported for spam”')

    await ana.visit('/account')
    expect(ana.path).toContain('/login')
    await ana.logIn('ana.silva')
    expect(ana.answer.statusCode).toBe(422)
    expect(await db.session.count({ where: { userId: id } })).toBe(0)

    await mira.visit(`/admin/users/${id}/restore`)
    await mira.press('Lift the suspension of ana.silva')
    expect(mira.text('[role=status]')).toBe('Suspension lifted for ana.silva.')
    await ana.logIn('ana.silva')
    expect(ana.path).toBe('/account')
  })

  test('is not there: 404, whatever is asked', async () => {
    const { mira } = await withAdmin()
    for (const id of ['01a203fd-6d9f-7c5e-91f8-b8b21bca1089', 'x', '%00', '..%2f'])
      expect([id, (await mira.request('GET', `/admin/users/${id}`)).statusCode]).toEqual([id, 404])
    await mira.visit('/admin/users/01a203fd-6d9f-7c5e-91f8-b8b21bca1089')
    await mira.click('Go to the list')
    expect(mira.path).toBe('/admin/users')
  })
})

describe('the last administrator', () => {
  test('can’t suspend themselves', async () => {
    const { mira, person } = await withAdmin()
    const { id } = await person('mira.okafor')
    await mira.request('POST', `/admin/users/${id}/suspend`, { reason: '' })
    expect(mira.answer.statusCode).toBe(403)
    expect(mira.text()).toContain('You can’t do that to your own account.')
  })

  test('stays when two suspend each other, 50 times over', async () => {
    const { mira, visitor, person, db } = await withAdmin()
    const tom = visitor()
    await tom.signUp('tom.bauer')
    const ids = [(await person('mira.okafor')).id, (await person('tom.bauer')).id] as const
    const [miraId, tomId] = ids
    for (let round = 0; round < 50; round++) {
      await db.user.updateMany({ data: { role: 'admin', status: 'active' } })
      for (const who of [mira, tom])
        if (!(await db.session.count({ where: { userId: who === mira ? miraId : tomId } }))) {
          who.cookies.clear()
          await who.logIn(who === mira ? 'mira.okafor' : 'tom.bauer')
        }
      const answers = await Promise.all([
        mira.request('POST', `/admin/users/${tomId}/suspend`, { reason: '' }),
        tom.request('POST', `/admin/users/${miraId}/suspend`, { reason: '' }),
      ])
      expect(answers.map(({ statusCode }) => statusCode).filter((status) => status >= 500)).toEqual([])
      expect(await db.user.count({ where: { role: 'admin', status: 'active' } })).toBeGreaterThanOrEqual(1)
    }
  })
})
