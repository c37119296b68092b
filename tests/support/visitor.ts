import { parseHTML } from 'linkedom'
import type { buildApp } from '../../src/app.ts'

type App = Awaited<ReturnType<typeof buildApp>>
type Answer = Awaited<ReturnType<App['inject']>>

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

/**
 * Someone with a browser without scripts: follows links and redirects, keeps cookies, fills forms in by
 * their labels. Talks to the real app.
 */
export class Visitor {
  readonly cookies = new Map<string, string>()
  answer!: Answer
  path = '/'
  readonly #app: App
  readonly #ip: string
  readonly #userAgent: string
  readonly #typed = new Map<string, string>()
  readonly #ticked = new Set<string>()

  constructor(app: App, { ip = '192.0.2.1', userAgent = FIREFOX } = {}) {
    this.#app = app
    this.#ip = ip
    this.#userAgent = userAgent
  }

  get document() {
    return parseHTML(this.answer.body).document
  }

  get headline() {
    return this.document.querySelector('h1')?.textContent?.trim()
  }

  /** The words of the page, or of what a selector finds in it. */
  text(selector = 'main') {
    return this.document.querySelector(selector)?.textContent?.replace(/\s+/g, ' ').trim() ?? ''
  }

  async request(method: 'GET' | 'POST', path: string, form?: Record<string, string> | string, headers = {}) {
    const answer = await this.#app.inject({
      method,
      url: path,
      remoteAddress: this.#ip,
      headers: {
        host: 'localhost:3000',
        accept: 'text/html,application/xhtml+xml',
        'user-agent': this.#userAgent,
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(method === 'POST' && {
          'sec-fetch-site': 'same-origin',
          'content-type': 'application/x-www-form-urlencoded',
        }),
        ...headers,
      },
      ...(form !== undefined && {
        payload: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
      }),
    })
    for (const { name, value, maxAge, expires } of answer.cookies)
      if (maxAge === 0 || (expires && expires.getTime() < Date.now())) this.cookies.delete(name)
      else this.cookies.set(name, value)
    this.answer = answer
    this.path = path
    this.#typed.clear()
    this.#ticked.clear()
    return answer
  }

  async #follow() {
    for (let hops = 0; this.answer.statusCode === 303 && hops < 5; hops++)
      await this.request('GET', String(this.answer.headers.location))
    return this
  }

  async visit(path: string) {
    await this.request('GET', path)
    return this.#follow()
  }

  /** The input that a label names; of several, the one in a row that is open. */
  field(label: string): HTMLInputElement {
    const labels = [...this.document.querySelectorAll('label')]
    const named = labels.filter(({ textContent }) => textContent?.trim() === label)
    const found = named.find((element) => !element.closest('details:not([open])')) ?? named[0]
    const input = found && this.document.getElementById(found.getAttribute('for') ?? '')
    if (!input)
      throw new Error(`No field is labelled “${label}” on ${this.path}: ${labels.map((l) => l.textContent)}`)
    return input as HTMLInputElement
  }

  /** The error that stands at the field, without its hidden prefix. */
  errorAt(label: string) {
    const field = this.field(label)
    const ids = field.getAttribute('aria-describedby')?.split(' ') ?? []
    const error = ids
      .map((id) => this.document.getElementById(id))
      .find((element) => element?.classList.contains('error'))
    return error?.textContent?.replace('Error: ', '').trim()
  }

  fill(values: Record<string, string>) {
    for (const [label, value] of Object.entries(values)) {
      const { name } = this.field(label)
      this.#typed.set(name, value)
    }
    return this
  }

  /** Ticks boxes that share a name, each inside its label. */
  tick(...labels: string[]) {
    for (const words of labels) {
      const found = [...this.document.querySelectorAll('label')].find(
        ({ textContent }) => textContent?.trim() === words,
      )
      const value = found?.querySelector('input')?.getAttribute('value')
      if (!value) throw new Error(`No box is labelled “${words}” on ${this.path}`)
      this.#ticked.add(value)
    }
    return this
  }

  /** Presses a button by its words: posts its form as the browser would, and goes where that leads. */
  async press(button: string) {
    const buttons = [...this.document.querySelectorAll('button:not([type=button])')]
    const found = buttons.find(({ textContent }) => textContent?.replace(/\s+/g, ' ').trim() === button)
    if (!found)
      throw new Error(`No button says “${button}” on ${this.path}: ${buttons.map((b) => b.textContent)}`)
    const formId = found.getAttribute('form')
    const form = formId ? this.document.getElementById(formId) : found.closest('form')
    if (!form) throw new Error(`“${button}” belongs to no form`)
    const values = new URLSearchParams()
    for (const input of form.querySelectorAll<HTMLInputElement>('input[name]')) {
      const isOn =
        this.#typed.has(input.name) || this.#ticked.has(input.value) || input.hasAttribute('checked')
      if (input.hasAttribute('disabled')) continue
      if (input.type === 'checkbox' && !isOn) continue
      values.append(input.name, this.#typed.get(input.name) ?? input.getAttribute('value') ?? '')
    }
    for (const area of form.querySelectorAll<HTMLTextAreaElement>('textarea[name]'))
      if (!area.hasAttribute('disabled'))
        values.append(area.name, this.#typed.get(area.name) ?? (area.textContent ?? '').replace(/^\n/, ''))
    for (const select of form.querySelectorAll<HTMLSelectElement>('select[name]')) {
      if (select.hasAttribute('disabled')) continue
      const chosen = select.querySelector('option[selected]') ?? select.querySelector('option')
      values.append(select.name, this.#typed.get(select.name) ?? chosen?.getAttribute('value') ?? '')
    }
    const name = found.getAttribute('name')
    if (name) values.append(name, found.getAttribute('value') ?? '')
    const action = form.getAttribute('action') ?? this.path
    if (form.getAttribute('method') === 'get') return this.visit(`${action}?${values}`)
    await this.request('POST', action, values.toString())
    return this.#follow()
  }

  /** Follows a link by its words. */
  async click(link: string) {
    const links = [...this.document.querySelectorAll('a')]
    const found = links.find(({ textContent }) => textContent?.replace(/\s+/g, ' ').trim() === link)
    if (!found) throw new Error(`No link says “${link}” on ${this.path}`)
    return this.visit(found.getAttribute('href') ?? '')
  }

  /** The same requests as a program: JSON in, JSON out, with this visitor's cookies. */
  async json(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown) {
    return this.#app.inject({
      method,
      url: path,
      remoteAddress: this.#ip,
      headers: {
        host: 'localhost:3000',
        accept: 'application/json',
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'sec-fetch-site': 'same-origin',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { payload: JSON.stringify(body) }),
    })
  }

  async signUp(username: string, { email = '', password = 'correct-horse-battery' } = {}) {
    await this.visit('/register')
    const [label] = this.document.querySelector('label[for=email]')?.textContent?.trim().split('\n') ?? []
    this.fill({ Username: username, Password: password, ...(label && { [label]: email }) })
    return this.press('Create account')
  }

  async logIn(login: string, password = 'correct-horse-battery') {
    await this.visit('/login')
    this.fill({ 'Email address or username': login, Password: password })
    return this.press('Sign in')
  }
}
