import { z } from 'zod'
import { mustAgree } from '../../accounts/terms.ts'
import type { Db } from '../../db/client.ts'
import { Refusal } from '../../errors.ts'
import { type App, form, numeral, text } from '../../http/forms.ts'
import { page } from '../../http/pages.ts'
import { returnTo } from '../../http/return-to.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { message } from '../../messages.ts'
import { agree } from './agree.ts'

/** Whoever has agreed to terms can read them for good, also when others hold by now. */
const Version = z.object({ version: numeral })
const earlierTerms = (db: Db, version: number) => db.terms.findUnique({ where: { version } })

const nothing = () => new Refusal(404, 'There is no such page here.')

/** `/terms` and `/privacy`, for anyone, where administrators have written them. */
export function publicTexts(app: App) {
  const termsPage = page(
    'terms/text',
    async (request) => {
      const { version: asked } = request.query as z.output<typeof Version>
      const { terms } = app.config.texts
      const shown = asked ? await earlierTerms(app.db, Number(asked)) : terms
      if (!shown?.text) throw nothing()
      const { version, text } = shown
      return { title: asked ? `Terms, version ${version}` : 'Terms', version, text }
    },
    { json: true },
  )
  app.get('/terms', { schema: { querystring: Version } }, async (_request, reply) => reply.show(termsPage))

  const privacyPage = page(
    'terms/text',
    () => {
      const { privacy } = app.config.texts
      if (!privacy) throw nothing()
      return { title: 'Privacy', text: privacy }
    },
    { json: true },
  )
  app.get('/privacy', async (_request, reply) => reply.show(privacyPage))
}

/** `/account/terms`, for members: asks them to agree, and leads on to where they wanted to go. */
export function agreement(app: App) {
  const agreePage = page(
    'terms/agree',
    (request) => {
      const { user } = signedIn(request)
      const agreed = !mustAgree(app.config, user)
      const { version, text } = app.config.texts.terms ?? { version: null, text: 'There are none.' }
      return {
        title: !agreed && user.termsVersion ? 'The terms have changed' : 'Our terms',
        ...{ version, text, agreed },
        drawn: { returnTo: returnTo(request), before: agreed ? null : user.termsVersion },
      }
    },
    { json: true },
  )
  app.get('/account/terms', async (_request, reply) => reply.show(agreePage))

  const Agreement = form({ version: numeral, return_to: text })
  app.post(
    '/account/terms',
    { schema: { body: Agreement }, config: { page: agreePage } },
    async (request, reply) => {
      await agree(app, signedIn(request).user, request.body.version, sourceOf(request))
      return reply.see(returnTo(request) ?? '/account', { notice: message('notice.terms-agreed') })
    },
  )
}
