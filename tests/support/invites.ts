import { linkIn, mailOf } from './mailbox.ts'
import { SMTP, withMail } from './mails.ts'

/** An administrator, Mira, who is signed in where people sign up by invitation, and ways to invite. */
export async function withInvites(env: Record<string, string> = {}) {
  const services = await withMail({ ...SMTP, SIGN_UP: 'invite', ...env })
  const { app, mira } = services
  await mailOf(app)
  const invite = async (emails: string, chosen: Record<string, string> = {}) => {
    await mira.visit('/admin/invites')
    return mira.fill({ 'Email addresses': emails, ...chosen }).press('Send invitations')
  }
  /** The path of the link that was mailed last. */
  const mailedLink = async () => linkIn((await mailOf(app)).at(-1))
  const makeLink = async (uses: string) => {
    await mira.visit('/admin/invites/link')
    await mira.fill({ 'How many people may use it': uses }).press('Make the link')
    return linkIn({ text: mira.text('#link') })
  }
  const rows = () =>
    [...mira.document.querySelectorAll('tbody tr')].map((row) =>
      (row.textContent ?? '').replace(/\s+/g, ' ').trim(),
    )
  return { ...services, invite, mailedLink, makeLink, rows }
}
