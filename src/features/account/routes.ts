import type { FastifyRequest } from 'fastify'
import { describeDevice, isPhone } from '../../accounts/device.ts'
import { type App, form, text } from '../../http/forms.ts'
import { instant } from '../../http/instant.ts'
import { page } from '../../http/pages.ts'
import { signedIn, sourceOf } from '../../http/session.ts'
import { message } from '../../messages.ts'
import { changeName } from './change-name.ts'

function overview(request: FastifyRequest) {
  const { user, session } = signedIn(request)
  return {
    title: 'Your account',
    account: {
      id: user.id,
      username: user.username,
      name: user.name,
      email: user.email,
      emailProven: user.provenEmailKey !== null,
      role: user.role,
      createdAt: instant(user.createdAt),
    },
    session: {
      device: describeDevice(session.userAgent),
      phone: isPhone(session.userAgent),
      ip: session.ip,
      since: instant(session.createdAt),
    },
  }
}

/** `/account`, for members: one page of rows, each with its own address. */
export function account(app: App) {
  const accountPage = page('account/account', overview, { json: true })
  const namePage = page('account/account', (request) => ({ ...overview(request), open: 'name' }))

  app.get('/account', async (_request, reply) => reply.show(accountPage))
  app.get('/account/name', async (_request, reply) => reply.show(namePage))

  const Name = form({ name: text })
  app.post(
    '/account/name',
    { schema: { body: Name }, config: { page: namePage } },
    async (request, reply) => {
      await changeName(app.db, signedIn(request).user.id, request.body.name, sourceOf(request))
      return reply.see('/account', { notice: message('notice.name-changed') })
    },
  )
}
