import type { Page } from 'playwright-core'
import { fill, press } from './browser.ts'
import { codeIn, linkIn, mailOf } from './mailbox.ts'
import { SMTP } from './mails.ts'
import { LONG_EMAIL, type PageState, type Tab } from './page-state.ts'
import { PASSWORD } from './people.ts'

const env = SMTP

export async function signUpToProve(page: Page, username: string, email: string) {
  await page.goto('/register')
  await fill(page, { 'Email address': email, Username: username, Password: PASSWORD })
  await press(page, 'Create account')
}

async function openLink({ page, foyer }: Tab) {
  await signUpToProve(page, 'ana.silva', LONG_EMAIL)
  const [mail] = await mailOf(foyer.app)
  await page.goto(linkIn(mail))
  return mail
}

async function typeCode(page: Page, code: string) {
  await fill(page, { 'Or type the 6-digit code': code })
  await press(page, 'Confirm my address')
}

/** The pages of a sign-up whose address must be proven. */
export const verificationPages: PageState[] = [
  { name: 'sign-up that asks for an address', env, open: ({ page }) => page.goto('/register') },
  { name: 'mail to be waited for', env, open: ({ page }) => signUpToProve(page, 'ana.silva', LONG_EMAIL) },
  {
    name: 'link to be asked for, where there is no mail server',
    env: { EMAIL: 'required' },
    open: ({ page }) => signUpToProve(page, 'ana.silva', LONG_EMAIL),
  },
  {
    name: 'mail sent again',
    env,
    async open({ page }) {
      await signUpToProve(page, 'ana.silva', LONG_EMAIL)
      await press(page, 'Send it again')
    },
  },
  {
    name: 'code that is wrong',
    env,
    rejected: true,
    async open({ page, foyer }) {
      await signUpToProve(page, 'ana.silva', LONG_EMAIL)
      const [mail] = await mailOf(foyer.app)
      await typeCode(page, codeIn(mail) === '123456' ? '654321' : '123456')
    },
  },
  {
    name: 'address to be corrected, wrongly',
    env,
    rejected: true,
    async open({ page }) {
      await signUpToProve(page, 'ana.silva', LONG_EMAIL)
      await page.getByText('Use a different address').click()
      await fill(page, { 'Email address': 'ana@' })
      await press(page, 'Send it there')
    },
  },
  { name: 'new link to be sent', env, open: ({ page }) => page.goto('/register/check-email') },
  {
    name: 'new link to be sent nowhere',
    env,
    rejected: true,
    async open({ page }) {
      await page.goto('/register/check-email')
      await press(page, 'Send a new link')
    },
  },
  { name: 'address to be confirmed', env, open: openLink },
  {
    name: 'address confirmed',
    env,
    async open(tab) {
      await openLink(tab)
      await press(tab.page, 'Yes, confirm my address')
    },
  },
  {
    name: 'password to be typed before the address is confirmed',
    env,
    async open(tab) {
      await openLink(tab)
      await tab.context.clearCookies({ name: 'foyer-sign-up' })
      await press(tab.page, 'Yes, confirm my address')
    },
  },
  {
    name: 'link that is used up',
    env,
    async open(tab) {
      const mail = await openLink(tab)
      await press(tab.page, 'Yes, confirm my address')
      await tab.page.goto(linkIn(mail))
    },
  },
]
