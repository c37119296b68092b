import type { Stage } from './stage.ts'

const byTheo = { actor: 'theo.two', about: 'theo.two' }

/** What somebody is refused who is signed in, for the audit trail. */
export const refusalDeeds = {
  'proof.failed': {
    act: ({ post, nora }: Stage) => post('/account/confirm', { current: 'wrong' }, nora.cookie),
    ...{ actor: 'nora.new', about: 'nora.new' },
  },
  'access.refused': {
    act: ({ look, theo }: Stage) => look('/admin/users', theo.cookie),
    ...{ ...byTheo, answered: 403 },
  },
  'access.network-refused': {
    act:
      ({ app, look, theo }: Stage) =>
      async () => {
        app.config.adminNetworks = ['192.0.2.0/24']
        const answer = await look('/admin/users', theo.cookie)()
        app.config.adminNetworks = []
        return answer
      },
    ...{ ...byTheo, answered: 404 },
  },
  'access.site-refused': {
    act:
      ({ app, theo }: Stage) =>
      () =>
        app.inject({
          ...{ method: 'POST', url: '/account/name', remoteAddress: '203.0.113.7' },
          headers: { host: 'localhost:3000', cookie: theo.cookie, 'user-agent': 'curl/8.0' },
        }),
    ...{ ...byTheo, answered: 403 },
  },
  'change.refused': {
    act: ({ post, sue }: Stage) => post(`/admin/users/${sue.user.id}/end-sessions`, {}, sue.cookie),
    ...{ actor: 'sue.support', about: 'sue.support', answered: 403 },
  },
}

/** What the audit trail tells of those besides. */
export const refusalDetails = {
  'access.refused': { method: 'GET', page: '/admin/users' },
  'access.network-refused': { method: 'GET', page: '/admin/users' },
  'access.site-refused': { method: 'POST', page: '/account/name' },
  'change.refused': { method: 'POST', page: '/admin/users/:id/end-sessions' },
}
