import type { Stage } from './stage.ts'

const download = ({ look }: Stage, admin: string) => look('/admin/users.csv?status=closing', admin)

/** What administrators look at and take away, for the audit trail. */
export const lookingDeeds = {
  'audit.viewed': {
    act: ({ look }: Stage, admin: string) => look('/admin/audit', admin),
    actor: 'ada.admin',
  },
  'audit.downloaded': {
    act: ({ look }: Stage, admin: string) => look('/admin/audit.csv?who=mona.member', admin),
    actor: 'ada.admin',
  },
  'people.exported': { act: download, actor: 'ada.admin' },
  'people.export-ended': { act: download, actor: 'ada.admin' },
}

/** What the audit trail tells of those besides. */
export const lookingDetails = {
  'audit.downloaded': { file: 'audit.csv?who=*' },
  'people.exported': { file: 'users.csv?status=closing' },
  'people.export-ended': { people: '1', whole: 'yes' },
}
