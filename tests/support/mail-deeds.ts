import type { Answer } from './requests.ts'

type Here = {
  post: (url: string, body: Record<string, string>, cookie?: string) => () => Promise<Answer>
  mail: { id: string }
}

/** What administrators do with mails, for the audit trail. */
export const mailDeeds = {
  'mail.opened': {
    act: ({ post, mail }: Here, admin: string) => post(`/admin/mail/${mail.id}/open`, {}, admin),
    ...{ actor: 'ada.admin', about: 'mona.member' },
  },
  'mail.sent-again': {
    act: ({ post, mail }: Here, admin: string) => post(`/admin/mail/${mail.id}/send-again`, {}, admin),
    ...{ actor: 'ada.admin', about: 'mona.member' },
  },
}
