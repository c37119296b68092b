import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { cityOf, inWords as instantInWords, regionOf } from '../accounts/region.ts'
import { isStaff } from '../accounts/user.ts'
import { type InvalidInput, Refusal } from '../errors.ts'
import { inWords, type Message, type MessageCode, message, messages, unsent } from '../messages.ts'
import { minutes } from '../time.ts'
import { views } from '../views.ts'
import { dropCookie, getCookie, putCookie } from './cookies.ts'
import { themeOf } from './theme.ts'

const NOTICE_COOKIE = 'foyer-notice'
/** What is typed into these is never shown again. */
export const SECRET_FIELDS = new Set(['password', 'current', 'code', 'credential'])

/** What a page shows besides the form. `drawn` is for the template alone: programs read the rest but the title. */
type PageData = { title: string; drawn?: object; [data: string]: unknown }

/** A page: its template, and its data. Never a database row, never the raw body. */
export type Page = {
  view: string
  load: (request: FastifyRequest) => PageData | Promise<PageData>
  /** Whether programs may read the page's data as JSON; pages that are only a form have none. */
  json: boolean
}

/** Names a page: the template's path under views/ and what it shows. */
export const page = (view: string, load: Page['load'], { json = false } = {}): Page => ({
  view: `/${view}`,
  load,
  json,
})

/** A form as the page draws it again: what was typed (never a secret) and what is wrong with it. */
type FormState = {
  values: Record<string, string>
  errors: Record<string, string>
  problems: { field: string; text: string }[]
  suggestions: readonly string[]
}

const EMPTY_FORM: FormState = { values: {}, errors: {}, problems: [], suggestions: [] }

/** The values of a posted body that may be shown again. */
export function typedValues(body: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(body ?? {}).filter(
      ([name, value]) => typeof value === 'string' && !SECRET_FIELDS.has(name),
    ),
  )
}

/** What `reply.see` carries besides the way on. */
export type Outcome = { notice?: Message; status?: 200 | 201; body?: Record<string, unknown> }

declare module 'fastify' {
  interface FastifyReply {
    /** Answers with a page, or with its data as JSON. `values` fill the form in. */
    show(
      page: Page,
      options?: { values?: Record<string, string>; rejected?: InvalidInput; status?: number },
    ): Promise<FastifyReply>
    /** After a success: 303 to `path` and a notice there, or JSON. */
    see(path: string, outcome?: Outcome): FastifyReply
  }
  interface FastifyContextConfig {
    /** The page to show again when this route's form is rejected. */
    page?: Page
  }
}

/** Whether the answer is JSON: asked for by `Accept`, or by a JSON body when `Accept` names no type. */
export function wantsJson({ headers }: FastifyRequest): boolean {
  const accept = headers.accept ?? '*/*'
  const json = accept.indexOf('application/json')
  const html = accept.indexOf('text/html')
  if (json >= 0 || html >= 0) return json >= 0 && (html < 0 || json < html)
  return headers['content-type']?.startsWith('application/json') ?? false
}

const heading = (count: number) =>
  count === 1 ? 'There is 1 thing to fix' : `There are ${count} things to fix`

function rejection({ problems, suggestions }: InvalidInput) {
  const texts = Object.entries(problems).map(([field, problem]) => [field, inWords(problem)] as const)
  // Only a page has them below.
  const picks = suggestions.length ? { username: inWords(message('username.taken-or-pick')) } : {}
  const shown = { ...Object.fromEntries(texts), ...picks }
  return {
    state: {
      errors: shown,
      problems: Object.entries(shown).map(([field, text]) => ({ field, text })),
      suggestions,
    },
    json: {
      status: 'error',
      message: heading(texts.length),
      errors: Object.fromEntries(texts),
      codes: Object.fromEntries(Object.entries(problems).map(([field, { code }]) => [field, code])),
      ...(suggestions.length && { suggestions }),
    },
  }
}

/** Those that tell what to mind, not that all is well. */
const WARNINGS: readonly MessageCode[] = [
  'notice.account-closing',
  'notice.some-changed',
  'notice.some-refused',
  'notice.session-over',
  'notice.invited-already',
  ...Object.values(unsent),
]

/** The notice of the last success, shown once. The cookie holds a code of ours, and what fills its gaps. */
function takeNotice(request: FastifyRequest, reply: FastifyReply) {
  const cookie = getCookie(request, NOTICE_COOKIE)
  if (cookie === undefined) return undefined
  dropCookie(reply, NOTICE_COOKIE)
  const [sent = '', ...rest] = cookie.split(':')
  if (!sent.startsWith('notice.') || !(sent in messages)) return undefined
  const code = sent as MessageCode
  const gaps = [...messages[code].matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  // What fills the last may have colons in it.
  const fillings = [...rest.slice(0, gaps.length - 1), rest.slice(gaps.length - 1).join(':')]
  const kind = WARNINGS.includes(code) ? 'warn' : 'ok'
  const params = Object.fromEntries(gaps.map((name, i) => [name, fillings[i] ?? '']))
  return { kind, text: inWords({ code, params }) }
}

/** Adds `reply.show` and `reply.see`, so that no handler asks whether the answer is HTML or JSON. */
export function showPages(app: FastifyInstance, asset: (path: string) => string) {
  app.decorateReply('show', async function (page, { values = {}, rejected, status = 200 } = {}) {
    const { request } = this
    this.code(status)
    const rejectionShown = rejected && rejection(rejected)
    if (wantsJson(request)) {
      if (rejectionShown) return this.send(rejectionShown.json)
      if (!page.json) throw new Refusal(405, 'Invalid request method', { headers: { allow: 'POST' } })
      const { title: _, drawn: __, ...data } = await page.load(request)
      return this.send({ status: 'success', ...data })
    }
    const user = request.signedIn?.user
    const region = regionOf(user)
    const { drawn, ...data } = await page.load(request)
    const html = views.render(page.view, {
      brand: app.config.brand,
      theme: themeOf(app.config.brand),
      termsVersion: app.config.texts.terms?.version,
      mailed: app.config.mail.arrives,
      asset,
      path: request.url,
      language: user?.language && region.language,
      zone: cityOf(region.timeZone),
      inWords: (iso: string) => instantInWords(new Date(iso), region),
      form: rejectionShown ? { values, ...rejectionShown.state } : { ...EMPTY_FORM, values },
      user: user && {
        username: user.username,
        name: user.name,
        staff: isStaff(user),
        admin: user.role === 'admin',
        requests:
          app.config.signUp === 'approval' || request.requestsWaiting ? request.requestsWaiting : undefined,
      },
      notice: takeNotice(request, this),
      ...data,
      ...drawn,
    })
    return this.type('text/html; charset=utf-8').send(html)
  })

  app.decorateReply('see', function (path, { notice, status = 200, body = {} } = {}) {
    if (wantsJson(this.request)) return this.code(status).send({ status: 'success', ...body })
    if (notice) {
      const code = (!app.config.mail.arrives && unsent[notice.code]) || notice.code
      putCookie(this, NOTICE_COOKIE, [code, ...Object.values(notice.params)].join(':'), minutes(1))
    }
    return this.redirect(path, 303)
  })
}
