import { afterEach, describe, expect, test, vi } from 'vitest'
import { dayInWords, regionOf } from '../src/accounts/region.ts'
import { days, fromNow, hours } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { linkIn, mailOf } from './support/mailbox.ts'
import { SMTP } from './support/mails.ts'
import { addPerson } from './support/people.ts'
import { purge } from './support/purge.ts'

afterEach(() => void vi.useRealTimers())

/** Ada, an administrator, and Ana, a member with a proven address, each signed in. */
async function stage(env: Record<string, string> = {}) {
  const services = await startApp(env)
  const { db, visitor } = services
  const ana = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
  const ada = visitor()
  ada.cookies.set('foyer-session', (await addPerson(db, 'ada.admin', { role: 'admin' })).token)
  const hers = visitor()
  hers.cookies.set('foyer-session', ana.token)
  const row = () => db.user.findUniqueOrThrow({ where: { id: ana.user.id } })
  return { ...services, ana: ana.user, hers, ada, page: `/admin/users/${ana.user.id}`, row }
}

/** What the page says of an error at a field, after a try. */
async function problemOf(
  { ada, page }: Awaited<ReturnType<typeof stage>>,
  act: string,
  field: string,
  typed: string,
) {
  await ada.visit(`${page}/${act}`)
  const button = ada.document.querySelector('main form button')?.textContent ?? ''
  await ada.fill({ [field]: typed }).press(button)
  expect(ada.answer.statusCode).toBe(422)
  return ada.errorAt(field)
}

describe('a suspension with an end', () => {
  test('is lifted by a sign-in after it, at once', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, ada, page, db, visitor, ana, row } = await stage()
    const day = fromNow(days(30)).toISOString().slice(0, 10)
    await ada.visit(page)
    await ada.fill({ 'Until (optional)': day, Reason: 'spam' }).press('Suspend ana.silva')
    const until = dayInWords(new Date(day), regionOf())
    expect(ada.text('[role=status]')).toBe(`ana.silva is suspended until ${until}.`)
    expect(ada.document.querySelector('.person.big time')?.getAttribute('datetime')).toBe(
      `${day}T00:00:00.000Z`,
    )
    const [told] = await mailOf(app)
    expect(told?.text).toContain('The suspension ends on')
    const early = visitor()
    await early.logIn('ana.silva')
    expect(early.answer.statusCode).toBe(422)

    vi.setSystemTime(new Date(`${day}T00:00:01Z`))
    const late = visitor()
    await late.logIn('ana.silva')
    expect(late.path).toBe('/account')
    expect(await row()).toMatchObject({ status: 'active', suspendedUntil: null })
    const lifted = await db.auditEvent.findMany({ where: { event: 'user.restored', subjectId: ana.id } })
    expect(lifted).toMatchObject([{ actor: 'foyer', via: 'service' }])
  })

  test('gets another end, which is on record once and told once', async () => {
    const { app, ada, page, db, ana, row } = await stage()
    const [first, second] = [30, 60].map((n) => fromNow(days(n)).toISOString().slice(0, 10))
    await ada.visit(`${page}/suspend`)
    await ada.fill({ 'Until (optional)': first ?? '' }).press('Suspend ana.silva')
    for (const [day, until] of [
      [second, new Date(second ?? '')],
      ['', null],
      [first, new Date(first ?? '')],
    ] as const) {
      const before = (await row()).suspendedUntil?.toISOString().slice(0, 10) ?? ''
      await ada.visit(`${page}/suspend`)
      expect(ada.headline).toBe('Change when the suspension of ana.silva ends?')
      expect(ada.field('Until (optional)').getAttribute('value') ?? '').toBe(before)
      await ada.fill({ 'Until (optional)': day ?? '' }).press('Change when it ends')
      const told = until ? `is suspended until ${dayInWords(until, regionOf())}` : 'is suspended'
      expect([ada.path, ada.text('[role=status]')]).toEqual([page, `ana.silva ${told}.`])
      expect(await row()).toMatchObject({ status: 'suspended', suspendedUntil: until })
    }
    const again = await ada.json('POST', `${page}/suspend`, { until: first })
    expect([again.statusCode, again.json().message]).toEqual([
      409,
      'That account isn’t active, or its suspension ends so already. Nothing was changed.',
    ])
    const events = await db.auditEvent.findMany({
      where: { event: 'user.suspended', subjectId: ana.id },
      orderBy: { id: 'asc' },
    })
    expect(events.map(({ detail }) => (detail as { until?: string }).until?.slice(0, 10))).toEqual([
      ...[first, second, undefined, first],
    ])
    const mails = await mailOf(app)
    expect(mails.map(({ subject }) => subject)).toEqual(Array(4).fill('Your account is suspended'))
  })

  test('is lifted when the time has come, though nobody comes', async () => {
    const { db, ana, row } = await stage()
    const other = await addPerson(db, 'ben.okri', { status: 'suspended' })
    const where = { id: ana.id }
    await db.user.update({ where, data: { status: 'suspended', suspendedUntil: fromNow(hours(1)) } })
    await purge(db)
    expect((await row()).status).toBe('suspended')
    await db.user.update({ where, data: { suspendedUntil: fromNow(-1) } })
    await purge(db)
    expect(await row()).toMatchObject({ status: 'active', suspendedUntil: null })
    expect(await db.user.findUnique({ where: { id: other.user.id } })).toMatchObject({ status: 'suspended' })
    expect(await db.auditEvent.count({ where: { event: 'user.restored', actor: 'foyer' } })).toBe(1)
  })

  test.each([
    ['24/12/2099', 'Use a date like 2026-12-24'],
    ['2099-02-30', 'Use a date like 2026-12-24'],
    ['soon', 'Use a date like 2026-12-24'],
    ['2020-01-01', 'Choose a date in the future'],
  ])('ends on no such day: %s', async (until, problem) => {
    const here = await stage()
    expect(await problemOf(here, 'suspend', 'Until (optional)', until)).toBe(problem)
    expect((await here.row()).status).toBe('active')
  })
})

describe('an account that an administrator deletes', () => {
  test('closes at once, is not its member’s to keep, and is kept by an administrator', async () => {
    const { app, ada, page, hers, visitor, row } = await stage()
    await ada.visit(`${page}/delete`)
    await ada.fill({ Reason: 'left us' }).press('Delete ana.silva')
    expect(ada.text('[role=status]')).toMatch(/^ana\.silva will be erased on \d+ \w+ \d{4}\.$/)
    expect((await row()).status).toBe('closing')
    await hers.visit('/account')
    expect(hers.path).toContain('/login')
    const [told] = await mailOf(app)
    expect(told?.subject).toMatch(/^Your account will be erased on/)
    const again = visitor()
    await again.logIn('ana.silva')
    expect([again.answer.statusCode, again.path]).toEqual([422, '/login'])
    for (const action of ['send-reset', 'reset-link', 'suspend', 'delete'])
      expect((await ada.request('POST', `${page}/${action}`, {})).statusCode, action).toBe(409)

    await ada.visit(`${page}/restore`)
    expect(ada.headline).toBe('Keep ana.silva?')
    await ada.press('Keep ana.silva')
    expect(ada.text('[role=status]')).toBe('ana.silva is kept.')
    await again.logIn('ana.silva')
    expect(again.path).toBe('/account')
    expect((await mailOf(app)).map(({ subject }) => subject)).toContain('You can use your account again')
    expect(await row()).toMatchObject({ status: 'active', closesAt: null, suspendedUntil: null })
  })

  test('is theirs alone to keep if they closed it themselves', async () => {
    const { ada, page, hers, row } = await stage()
    await hers.request('POST', '/account/delete', {})
    expect((await row()).status).toBe('closing')
    await ada.visit(page)
    expect(ada.text('[aria-labelledby=actions]')).not.toContain('Keep')
    expect((await ada.request('POST', `${page}/restore`, {})).statusCode).toBe(409)
    expect((await row()).status).toBe('closing')
  })

  test('is erased after its time, and a pending one that is kept still has to be confirmed', async () => {
    const { ada, app, db, visitor, page } = await stage({ EMAIL: 'required' })
    await visitor().signUp('pia.pending', { email: 'pia@example.org' })
    const pia = await db.user.findUniqueOrThrow({ where: { username: 'pia.pending' } })
    for (const [action, status] of [
      ['delete', 'closing'],
      ['restore', 'pending'],
      ['delete', 'closing'],
    ] as const) {
      expect((await ada.request('POST', `/admin/users/${pia.id}/${action}`, {})).statusCode).toBe(303)
      expect(await db.user.findUnique({ where: { id: pia.id } })).toMatchObject({ status })
    }
    await ada.request('POST', `${page}/delete`, {})
    await db.user.updateMany({ where: { status: 'closing' }, data: { closesAt: fromNow(-1) } })
    await purge(db)
    expect((await db.user.findMany()).map(({ username }) => username)).toEqual(['ada.admin'])
    expect((await mailOf(app)).at(-1)).toMatchObject({
      to: 'ana@example.org',
      subject: 'Your account is closed',
    })
  })
})

describe('an address', () => {
  test('is marked as proven: a sign-up becomes an account, and its owner is told', async () => {
    const { app, ada, db, visitor } = await stage({ EMAIL: 'required' })
    await visitor().signUp('pia.pending', { email: 'pia@example.org' })
    const { id } = await db.user.findUniqueOrThrow({ where: { username: 'pia.pending' } })
    const [mail] = await mailOf(app)
    await ada.visit(`/admin/users/${id}`)
    await ada.fill({ Reason: 'rang us' }).press('Confirm the address')
    expect(ada.text('[role=status]')).toBe('The address of pia.pending is confirmed.')
    expect((await mailOf(app)).map(({ subject }) => subject)).toEqual(['Your email address is confirmed'])
    const pia = visitor()
    await pia.logIn('pia@example.org')
    expect(pia.path).toBe('/account')
    const old = visitor()
    await old.visit(linkIn(mail))
    expect(old.answer.statusCode).toBe(410)
  })

  test('is not, if another account has proven it, or there is none to prove', async () => {
    const { ada, db, page, row } = await stage()
    const { user } = await addPerson(db, 'una.unproven')
    const data = { email: 'ANA@example.org', emailKey: 'ana@example.org' }
    await db.user.update({ where: { id: user.id }, data })
    const taken = await ada.json('POST', `/admin/users/${user.id}/verify-email`, {})
    expect([taken.statusCode, taken.json().message]).toEqual([
      409,
      'That address belongs to another account. Nothing was changed.',
    ])
    expect((await ada.request('POST', `${page}/verify-email`, {})).statusCode).toBe(409)
    expect((await row()).provenEmailKey).toBe('ana@example.org')
  })

  test('is replaced: both are told, and the earlier one can’t take the account back', async () => {
    const { app, ada, page, hers, row, visitor } = await stage()
    await hers.request('POST', '/account/email', {
      email: 'hers@example.org',
      current: 'correct-horse-battery',
    })
    const undo = (await mailOf(app)).find(({ to }) => to === 'ana@example.org')
    await ada.visit(`${page}/email`)
    await ada
      .fill({ 'New email address': 'New@Example.org', Reason: 'lost hers' })
      .press('Change the address')
    expect(ada.text('[role=status]')).toBe('Email address changed to New@Example.org.')
    expect(await row()).toMatchObject({
      email: 'New@example.org',
      provenEmailKey: 'new@example.org',
      newEmail: null,
    })
    const told = (await mailOf(app)).map(({ to, subject }) => `${to} ${subject}`)
    expect(told.sort()).toEqual([
      'New@example.org Your email address was changed',
      'ana@example.org Your email address was changed',
    ])
    const old = visitor()
    await old.visit(linkIn(undo))
    expect(old.answer.statusCode).toBe(410)
  })

  test.each([
    ['ana@example.org', 'That is already their address'],
    ['ada', 'Enter your full email address, like name@example.org'],
    ['ben@example.org', 'That address already belongs to an account'],
  ])('is not replaced by %s', async (typed, problem) => {
    const here = await stage()
    await addPerson(here.db, 'ben.okri', { email: 'ben@example.org' })
    expect(await problemOf(here, 'email', 'New email address', typed)).toBe(problem)
    expect((await here.row()).email).toBe('ana@example.org')
  })

  test('that waits to be confirmed gets its mail again', async () => {
    const { app, ada, db, visitor } = await stage({ EMAIL: 'required', ...SMTP })
    const pia = visitor()
    await pia.signUp('pia.pending', { email: 'pia@example.org' })
    const { id } = await db.user.findUniqueOrThrow({ where: { username: 'pia.pending' } })
    await mailOf(app)
    await ada.visit(`/admin/users/${id}`)
    await ada.press('Send it again')
    expect(ada.text('[role=status]')).toBe('Link to confirm the address sent to pia.pending again.')
    expect((await ada.request('POST', `/admin/users/${id}/confirm-again`, {})).statusCode).toBe(409)
    const [mail, ...more] = await mailOf(app)
    expect([mail?.to, more]).toEqual(['pia@example.org', []])
    await pia.visit(linkIn(mail))
    await pia.press('Yes, confirm my address')
    expect(pia.path).toBe('/account')
  })
})
