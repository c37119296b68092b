import { expect } from 'vitest'
import { PASSWORD } from './people.ts'
import type { Answer } from './requests.ts'

type Here = {
  post: (url: string, body: Record<string, string>, cookie?: string) => () => Promise<Answer>
  invitation: { id: string }
  cookies: { invite: string }
}

/** What is done with invitations, and by making accounts for others, for the audit trail. */
export const invitationDeeds = {
  'user.made': {
    act: ({ post }: Here, admin: string) =>
      post('/admin/users/new', { username: 'mia.made', role: 'support' }, admin),
    ...{ actor: 'ada.admin', about: 'mia.made' },
  },
  'invitation.made': {
    act: ({ post }: Here, admin: string) =>
      post('/admin/invites', { emails: 'lea@example.org', role: 'support', days: '7' }, admin),
    actor: 'ada.admin',
  },
  'invitation.sent-again': {
    act: ({ post, invitation }: Here, admin: string) =>
      post(`/admin/invites/${invitation.id}/send-again`, {}, admin),
    actor: 'ada.admin',
  },
  'invitation.cancelled': {
    act: ({ post, invitation }: Here, admin: string) =>
      post(`/admin/invites/${invitation.id}/cancel`, {}, admin),
    actor: 'ada.admin',
  },
  'invitation.used': {
    act: ({ post, cookies }: Here) =>
      post('/register', { username: 'ivo.invited', password: PASSWORD }, cookies.invite),
    ...{ actor: 'ivo.invited', about: 'ivo.invited' },
  },
}

const invited = { invitation: expect.any(String) }

/** What the audit trail tells of each besides. */
export const invitationDetails = {
  'user.made': { role: 'support' },
  'invitation.made': { ...invited, role: 'support' },
  'invitation.sent-again': invited,
  'invitation.cancelled': invited,
  'invitation.used': { ...invited, role: 'member' },
}
