import { describe, expect, test } from 'vitest'
import { withInvites } from './support/invites.ts'
import { codeIn, mailOf } from './support/mailbox.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { FORM, send } from './support/requests.ts'

const TYPED = { Username: 'lea.dubois', Password: PASSWORD }

describe('who is invited by mail', () => {
  test('sees by whom and as what, and has an account with a confirmed address at once', async () => {
    const { db, invite, mailedLink, mira, rows, visitor } = await withInvites({ EMAIL: 'required' })
    await invite('Lea@example.fr', { 'They join as': 'admin' })
    const lea = visitor({ ip: '198.51.100.7' })
    const link = await mailedLink()
    await lea.request('GET', link)
    expect(lea.answer.headers.location).toBe('/register')
    await lea.visit(link)
    expect(lea.path).toBe('/register')
    expect(lea.headline).toBe('Create your account')
    expect(lea.text('.lead')).toBe('mira.okafor invited you. You’ll join as an administrator.')
    expect(lea.field('Email address').getAttribute('value')).toBe('Lea@example.fr')
    expect(lea.field('Email address').hasAttribute('readonly')).toBe(true)

    await lea.fill(TYPED).press('Create account')
    expect(lea.path).toBe('/account')
    expect(lea.cookies.has('foyer-invite')).toBe(false)
    const user = await db.user.findUniqueOrThrow({ where: { username: 'lea.dubois' } })
    const invitation = await db.invitation.findFirstOrThrow()
    expect(user).toMatchObject({
      ...{ email: 'Lea@example.fr', provenEmailKey: 'lea@example.fr', role: 'admin', status: 'active' },
      invitationId: invitation.id,
    })
    expect(invitation.usesLeft).toBe(0)
    await lea.visit('/account/activity')
    expect(lea.text()).toContain('Account created from an invitation')
    await lea.visit('/admin')
    expect(lea.answer.statusCode).toBe(200)
    await mira.visit('/admin/invites')
    expect(rows()[0]).toMatch(/^Lea@example\.fr ?Administrator · lea\.dubois Joined/)
  })

  test('is told who they are, if they are signed in already, and can take it as somebody else', async () => {
    const { db, invite, mailedLink, visitor } = await withInvites()
    await invite('lea@example.fr')
    const link = await mailedLink()
    const ana = visitor()
    await ana.logIn('ana.silva')
    await ana.visit(link)
    expect(ana.path).toBe('/account')
    expect(ana.text('.flash.warn')).toBe(
      'You’re signed in already, as ana.silva. To accept the invitation as somebody else, sign out and open it again.',
    )
    expect(await db.invitation.count({ where: { usesLeft: 1 } })).toBe(1)
    await ana.visit('/account')
    await ana.press('Sign out')
    await ana.visit(link)
    expect(ana.headline).toBe('Create your account')
  })

  test('can’t use it for another address', async () => {
    const { db, invite, mailedLink, visitor } = await withInvites()
    await invite('lea@example.fr')
    const eve = visitor()
    await eve.visit(await mailedLink())
    await eve.fill({ 'Email address': 'boss@example.org', ...TYPED }).press('Create account')
    expect(eve.errorAt('Email address')).toBe('This invitation is for lea@example.fr')
    expect(await db.user.count({ where: { username: 'lea.dubois' } })).toBe(0)
    const answer = await eve.json('POST', '/register', { username: 'lea.dubois', password: PASSWORD })
    expect(answer.statusCode).toBe(201)
    expect(await db.user.findUniqueOrThrow({ where: { username: 'lea.dubois' } })).toMatchObject({
      provenEmailKey: 'lea@example.fr',
    })
  })

  test('as more than a member isn’t let in once whoever invited them couldn’t give that', async () => {
    const { db, invite, mailedLink, mira, visitor } = await withInvites()
    await invite('lea@example.fr', { 'They join as': 'admin' })
    const link = await mailedLink()
    const [lea, late] = [visitor(), visitor()]
    await lea.visit(link)
    await db.user.update({ where: { username: 'mira.okafor' }, data: { status: 'suspended' } })
    await lea.fill(TYPED).press('Create account')
    expect(lea.answer.statusCode).toBe(410)
    await late.visit(link)
    expect(late.answer.statusCode).toBe(410)
    expect(await db.user.count({ where: { username: 'lea.dubois' } })).toBe(0)
    expect(await db.invitation.findFirstOrThrow()).toMatchObject({ usesLeft: 1 })

    const { token } = await addPerson(db, 'tom.bauer', { role: 'admin' })
    mira.cookies.set('foyer-session', token)
    const { id } = await db.invitation.findFirstOrThrow()
    await mira.json('POST', `/admin/invites/${id}/send-again`, {})
    await late.visit(await mailedLink())
    expect(late.text('.lead')).toBe('tom.bauer invited you. You’ll join as an administrator.')
    await late.fill(TYPED).press('Create account')
    expect(late.path).toBe('/account')
  })

  test('keeps it when something is to be mended', async () => {
    const { db, invite, mailedLink, visitor } = await withInvites()
    await invite('lea@example.fr')
    const lea = visitor()
    await lea.visit(await mailedLink())
    await lea.fill({ Username: 'ana.silva', Password: PASSWORD }).press('Create account')
    expect(lea.errorAt('Username')).toMatch(/^That username is taken/)
    expect(await db.invitation.findFirstOrThrow()).toMatchObject({ usesLeft: 1 })
    const [pick = ''] = [...lea.document.querySelectorAll('button[form=suggest]')].map(
      (b) => b.textContent ?? '',
    )
    await lea.press(pick)
    expect(lea.field('Email address').getAttribute('value')).toBe('lea@example.fr')
    await lea.fill({ Password: PASSWORD }).press('Create account')
    expect(lea.path).toBe('/account')
  })

  test('is told if the address has come to be an account’s meanwhile', async () => {
    const { db, invite, mailedLink, visitor } = await withInvites()
    await invite('lea@example.fr')
    const lea = visitor()
    await lea.visit(await mailedLink())
    await addPerson(db, 'lea.before', { email: 'lea@example.fr' })
    await lea.fill(TYPED).press('Create account')
    expect(lea.errorAt('Email address')).toBe('That address already belongs to an account')
    expect(await db.invitation.findFirstOrThrow()).toMatchObject({ usesLeft: 1 })
  })

  test('is in if the button is pressed twice', async () => {
    const { db, invite, mailedLink, app } = await withInvites()
    await invite('lea@example.fr')
    const token = (await mailedLink()).replace(/.*=/, '')
    const press = () =>
      send(app, {
        ...{ method: 'POST', url: '/register', type: FORM, cookie: `foyer-invite=${token}` },
        body: new URLSearchParams({ username: 'lea.dubois', password: PASSWORD }).toString(),
        headers: { 'user-agent': 'Firefox' },
      })
    for (const answer of [await press(), await press()]) {
      expect(answer.statusCode).toBe(303)
      expect(answer.headers.location).toBe('/account')
    }
    expect(await db.user.count({ where: { username: 'lea.dubois' } })).toBe(1)
  })
})

describe('who has a link', () => {
  test('signs up as a member, and confirms the address that they type', async () => {
    const { app, db, makeLink, visitor } = await withInvites({ EMAIL: 'required' })
    const lea = visitor()
    await lea.visit(`${await makeLink('2')}&return_to=/account/name`)
    expect(lea.path).toBe('/register?return_to=%2Faccount%2Fname')
    await lea.fill({ 'Email address': 'lea@example.fr', ...TYPED }).press('Create account')
    expect(lea.headline).toBe('Check your email')
    expect(await db.user.findUniqueOrThrow({ where: { username: 'lea.dubois' } })).toMatchObject({
      ...{ status: 'pending', provenEmailKey: null, role: 'member', invitationId: expect.any(String) },
    })
    const [mail] = await mailOf(app)
    await lea.fill({ 'Or type the 6-digit code': codeIn(mail) }).press('Confirm my address')
    expect(lea.path).toBe('/account/name')
    expect(await db.invitation.findFirstOrThrow()).toMatchObject({ usesLeft: 1 })
  })

  test('passes as often as it has uses: of two hundred at once, three', async () => {
    const { app, db, makeLink } = await withInvites()
    const before = await db.user.count()
    const cookie = `foyer-invite=${(await makeLink('3')).replace(/.*=/, '')}`
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        send(app, {
          ...{ method: 'POST', url: '/register', type: FORM, cookie, ip: `198.51.100.${i}` },
          body: new URLSearchParams({ username: `crowd-${i}`, password: PASSWORD }).toString(),
        }),
      ),
    )
    const passed = answers.filter(({ statusCode }) => statusCode === 303)
    expect(passed).toHaveLength(3)
    for (const { statusCode } of answers) expect([303, 410, 503]).toContain(statusCode)
    expect(await db.user.count()).toBe(before + 3)
    expect(await db.invitation.findFirstOrThrow({ include: { users: true } })).toMatchObject({
      usesLeft: 0,
      users: [{}, {}, {}],
    })
    expect(await db.auditEvent.count({ where: { event: 'invitation.used' } })).toBe(3)
  })

  test('that is used up is told so once; then the page is as for anybody', async () => {
    const { makeLink, mira, visitor } = await withInvites()
    const link = await makeLink('1')
    const [lea, ben] = [visitor(), visitor({ ip: '198.51.100.9' })]
    await lea.visit(link)
    await ben.visit(link)
    await lea.fill(TYPED).press('Create account')
    expect(lea.path).toBe('/account')
    await ben.fill({ Username: 'ben.okri', Password: PASSWORD }).press('Create account')
    expect(ben.answer.statusCode).toBe(410)
    await ben.visit(link)
    expect(ben.headline).toBe('This link has expired')
    expect(ben.answer.statusCode).toBe(410)
    await ben.visit('/register')
    expect(ben.headline).toBe('Sign-up is by invitation')
    await mira.visit('/admin/invites')
    expect(mira.text('tbody')).toContain('1 joined, 0 left')
  })
})

describe('where sign-up is by invitation', () => {
  test('nobody else signs up', async () => {
    const { db, visitor } = await withInvites()
    const before = await db.user.count()
    const eve = visitor()
    await eve.visit('/')
    expect(eve.path).toBe('/login')
    expect(eve.text()).not.toContain('Create an account')
    for (const path of ['/register', '/register/username']) {
      await eve.visit(path)
      expect(eve.headline).toBe('Sign-up is by invitation')
    }
    for (const cookie of ['', 'foyer-invite=made-up']) {
      if (cookie) eve.cookies.set('foyer-invite', 'made-up')
      await eve.request('POST', '/register', { username: 'eve', password: PASSWORD })
      expect(eve.answer.statusCode).toBe(cookie ? 410 : 403)
    }
    eve.cookies.clear()
    expect((await eve.json('GET', '/register')).statusCode).toBe(403)
    expect((await eve.json('POST', '/register', { username: 'eve', password: PASSWORD })).statusCode).toBe(
      403,
    )
    expect(await db.user.count()).toBe(before)
  })

  test('the pages for administrators say so', async () => {
    const { mira } = await withInvites()
    await mira.visit('/admin')
    expect(mira.text('[aria-labelledby=sign-up]')).toContain('Sign-up is by invitation.')
    await mira.click('Invite people')
    expect(mira.path).toBe('/admin/invites')
  })
})

test('where sign-up is open, an invitation gives its role all the same', async () => {
  const { db, invite, mailedLink, visitor } = await withInvites({ SIGN_UP: 'open' })
  await invite('lea@example.fr', { 'They join as': 'support' })
  const lea = visitor()
  await lea.visit(await mailedLink())
  await lea.fill(TYPED).press('Create account')
  expect(await db.user.findUniqueOrThrow({ where: { username: 'lea.dubois' } })).toMatchObject({
    role: 'support',
  })
  const ben = visitor({ ip: '198.51.100.9' })
  await ben.signUp('ben.okri')
  expect(ben.path).toBe('/account')
})

test('where sign-up is closed meanwhile, an invitation opens nothing', async () => {
  const { config, db, makeLink, visitor } = await withInvites()
  const link = await makeLink('1')
  const lea = visitor()
  await lea.visit(link)
  config.signUp = 'closed'
  await lea.fill(TYPED).press('Create account')
  expect(lea.answer.statusCode).toBe(405)
  await lea.visit(link)
  expect(lea.headline).toBe('Sign-up is closed')
  expect(await db.invitation.findFirstOrThrow()).toMatchObject({ usesLeft: 1 })
})
