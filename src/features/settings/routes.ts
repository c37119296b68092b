import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { dayInWords, regionOf } from '../../accounts/region.ts'
import type { Config } from '../../config.ts'
import { PERIODS } from '../../environment.ts'
import { type App, form, number, text } from '../../http/forms.ts'
import { instant } from '../../http/instant.ts'
import { page } from '../../http/pages.ts'
import { deedOf, signedIn } from '../../http/session.ts'
import { type MessageCode, message } from '../../messages.ts'
import { type Change, changeSettings, fieldOf } from './change-settings.ts'
import { currentTerms, listSettings } from './list-settings.ts'
import { publishTerms } from './publish-terms.ts'
import { SECTIONS, type Section, variableOf } from './sections.ts'

/** Texts and drawings are longer than what other forms hold, and grow where their characters are encoded. */
const LONG_FORM = 768 * 1024

/** Who may sign up, in words. */
const MODES: Record<Config['signUp'], string> = {
  open: 'Open to everybody',
  approval: 'Everybody, once you let them in',
  invite: 'Who is invited',
  closed: 'Nobody',
}

/** The settings page, with one of its rows open. */
async function load(request: FastifyRequest, open?: Section | 'terms') {
  const app = request.server
  const region = regionOf(signedIn(request).user)
  const [{ settings, marks }, terms] = await Promise.all([listSettings(app), currentTerms(app)])
  const all = Object.entries(settings)
  return {
    title: 'Settings',
    settings: Object.fromEntries(
      all.map(([name, { text, from, changedAt }]) => [
        name,
        { text, from, changedAt: changedAt ? instant(changedAt) : null },
      ]),
    ),
    terms: {
      ...{ version: terms.version, text: terms.text, link: terms.link ?? null },
      earlier: terms.earlier.map(({ version, createdAt }) => ({ version, createdAt: instant(createdAt) })),
    },
    drawn: {
      open,
      ...{ sections: SECTIONS, marks: { ...marks, terms: terms.mark }, fieldOf, variableOf },
      modes: Object.entries(MODES).map(([value, text]) => ({ value, text })),
      needsEmail: app.config.email !== 'required' && app.config.emailDomains.allowed.length > 0,
      termsOn: terms.createdAt && dayInWords(terms.createdAt, region),
    },
  }
}

/** `/admin/settings`, for administrators. */
export function settings(app: App) {
  const settingsPage = page('settings/settings', (request) => load(request), { json: true })
  app.get('/admin/settings', async (_request, reply) => reply.show(settingsPage))
}

/** `/admin/settings/SECTION`, for administrators who have just proven who they are: what one form changes. */
export function changes(app: App) {
  for (const section of Object.keys(SECTIONS) as Section[]) {
    const names = SECTIONS[section]
    const fields: z.ZodRawShape = Object.fromEntries(
      names.map((name) => [fieldOf(name), orLeftOut(name in PERIODS ? number : text)]),
    )
    changed(app, section, fields, async (typed, change) => {
      await changeSettings(app, names, typed, change)
      return 'notice.settings-saved'
    })
  }
  changed(app, 'terms', { terms: orLeftOut(text) }, ({ terms }, change) => publishTerms(app, terms, change))
}

/** A program that names one setting means no other: what is left out isn’t empty. */
const orLeftOut = (field: z.ZodType) => z.undefined().or(field)

type Notice = Extract<MessageCode, 'notice.settings-saved' | `notice.terms-${string}`>

function changed(
  app: App,
  section: Section | 'terms',
  fields: z.ZodRawShape,
  act: (typed: Record<string, string | undefined>, change: Change) => Promise<Notice>,
) {
  const path = `/admin/settings/${section}`
  const openPage = page('settings/settings', (request) => load(request, section))
  app.get(path, async (_request, reply) => reply.show(openPage))

  const body = form({ ...fields, seen: text })
  const options = { schema: { body }, bodyLimit: LONG_FORM, config: { page: openPage } }
  app.post(path, options, async (request, reply) => {
    const typed = request.body as Record<string, string>
    const notice = await act(typed, { ...deedOf(request), seen: typed.seen ?? '' })
    return reply.see('/admin/settings', { notice: message(notice) })
  })
}
