import { createHash } from 'node:crypto'
import type { Config } from '../config.ts'
import { Refusal } from '../errors.ts'
import type { App } from './forms.ts'

type Brand = Config['brand']

const hashOf = (content: string) => createHash('sha256').update(content).digest('base64url').slice(0, 12)

/** Where the logo that administrators have set is served, if there is one. */
const logoAddress = ({ logo }: Brand) => logo && `/brand/logo.svg?v=${hashOf(logo)}`

/** The style sheet that makes the pages those of this brand: what foyer.css lets an operator set. */
function styleSheet(brand: Brand): string | undefined {
  const { color, lamp, logo } = brand
  const rules = [
    ...(color ? [`--brand: ${color}`] : []),
    ...(lamp ? [`--lamp: ${lamp}`] : []),
    ...(logo ? [`--logo: url("${logoAddress(brand)}")`, '--mark: hidden'] : []),
  ]
  return rules.length ? `:root { ${rules.join('; ')} }\n` : undefined
}

const themes = new WeakMap<
  Brand,
  { icon: string | undefined; css: string | undefined; href: string | undefined }
>()

/** The addresses of what is this brand's own, made once for each: it is another object once it has changed. */
export function themeOf(brand: Brand) {
  const known = themes.get(brand)
  if (known) return known
  const css = styleSheet(brand)
  const theme = { css, href: css && `/brand/theme.css?v=${hashOf(css)}`, icon: logoAddress(brand) }
  themes.set(brand, theme)
  return theme
}

const KEPT = { 'cache-control': 'public, max-age=31536000, immutable', vary: 'Accept-Encoding' }

const nothing = () => new Refusal(404, 'There is no such file.')

/** `/brand/theme.css` and `/brand/logo.svg`, under addresses that carry their hash, so that browsers keep them. */
export function serveTheme(app: App) {
  app.get('/brand/theme.css', async (request, reply) => {
    const { css, href } = themeOf(app.config.brand)
    if (!css) throw nothing()
    // Another process may be a moment ahead with its address: what is under it here is not to be kept.
    if (request.url === href) reply.headers(KEPT)
    return reply.type('text/css; charset=utf-8').send(css)
  })

  app.get('/brand/logo.svg', async (request, reply) => {
    const { logo } = app.config.brand
    if (!logo) throw nothing()
    if (request.url === logoAddress(app.config.brand)) reply.headers(KEPT)
    // It holds nothing that runs; opened by itself, it may not either (ASVS 5.0 3.2.1).
    reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'; sandbox")
    return reply.type('image/svg+xml').send(logo)
  })
}
