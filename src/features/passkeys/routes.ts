import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { describeDevice } from '../../accounts/device.ts'
import { creationOptions } from '../../accounts/passkey.ts'
import { type App, form, text } from '../../http/forms.ts'
import { id } from '../../http/lists.ts'
import { page } from '../../http/pages.ts'
import { challengeFor, passkeysOf, takeSealedChallenge } from '../../http/passkey.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { message } from '../../messages.ts'
import { addPasskey } from './add-passkey.ts'
import { ownPasskey, removePasskey, renamePasskey } from './own-passkey.ts'

const Params = z.object({ id })

/** One passkey of the member's, on a page of its own. */
const passkeyPage = (view: string, title: string) =>
  page(view, async (request: FastifyRequest) => {
    const { id } = request.params as z.output<typeof Params>
    const { name } = await ownPasskey(request.server.db, signedIn(request).user, id)
    return { title, passkey: { id, name } }
  })

/** `/account/passkeys`, for members who have just proven who they are: see, add, rename and remove them. */
export function passkeys(app: App) {
  const listPage = page(
    'passkeys/passkeys',
    async (request) => ({
      title: 'Passkeys',
      drawn: { device: describeDevice(sourceOf(request).userAgent) },
      passkeys: await passkeysOf(request),
    }),
    { json: true },
  )
  app.get('/account/passkeys', async (_request, reply) => reply.show(listPage))

  app.post('/account/passkeys/options', { schema: { body: form({}) } }, async (request, reply) => {
    const { user, session } = signedIn(request)
    const challenge = challengeFor(reply, { purpose: 'add', sessionId: session.id })
    return reply.send(await creationOptions(app, user, challenge))
  })

  const Add = form({ name: text, credential: text })
  app.post(
    '/account/passkeys',
    { schema: { body: Add }, config: { page: listPage } },
    async (request, reply) => {
      const sealed = takeSealedChallenge(request, reply)
      const name = await addPasskey(app, signedIn(request), request.body, sealed, sourceOf(request))
      return reply.see('/account/passkeys', {
        notice: message('notice.passkey-added', { name }),
        status: 201,
      })
    },
  )

  const renamePage = passkeyPage('passkeys/rename', 'Rename a passkey')
  app.get('/account/passkeys/:id/rename', { schema: { params: Params } }, async (_request, reply) =>
    reply.show(renamePage),
  )
  app.post(
    '/account/passkeys/:id/rename',
    { schema: { params: Params, body: form({ name: text }) }, config: { page: renamePage } },
    async (request, reply) => {
      const { id } = request.params
      await renamePasskey(app.db, signedIn(request).user, id, request.body.name, sourceOf(request))
      return reply.see('/account/passkeys', { notice: message('notice.passkey-renamed') })
    },
  )

  const removePage = passkeyPage('passkeys/remove', 'Remove a passkey')
  app.get('/account/passkeys/:id/remove', { schema: { params: Params } }, async (_request, reply) =>
    reply.show(removePage),
  )
  app.post(
    '/account/passkeys/:id/remove',
    { schema: { params: Params, body: form({}) }, config: { page: removePage } },
    async (request, reply) => {
      const { user } = signedIn(request)
      const name = await removePasskey(app.db, user, request.params.id, sourceOf(request))
      return reply.see('/account/passkeys', { notice: message('notice.passkey-removed', { name }) })
    },
  )
}
