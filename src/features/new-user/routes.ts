import { type App, absent, form, text } from '../../http/forms.ts'
import { page } from '../../http/pages.ts'
import { deedOf } from '../../http/session.ts'
import { message } from '../../messages.ts'
import { makeUser } from './make-user.ts'

/** `/admin/users/new`, for administrators who have just proven who they are. */
export function newUser(app: App) {
  const email = app.config.email === 'off' ? absent : text
  const newPage = page('new-user/new', () => ({ title: 'Add a person', email: app.config.email }))
  app.get('/admin/users/new', async (_request, reply) => reply.show(newPage))

  const NewUser = form({ username: text, email, name: text, role: text })
  const config = { page: newPage }
  app.post('/admin/users/new', { schema: { body: NewUser }, config }, async (request, reply) => {
    const { id, username, link } = await makeUser(app, deedOf(request), request.body)
    const person = { id, username }
    if (link === undefined) {
      const notice = message('notice.user-made', { name: username })
      return reply.see(`/admin/users/${id}`, { notice, status: 201, body: { person } })
    }
    // The answer is the one place where the link stands.
    const load = () => ({ title: 'Account made', person, link })
    return reply.show(page('new-user/made', load, { json: true }))
  })
}
