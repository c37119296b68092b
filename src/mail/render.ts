import { views } from '../views.ts'
import { colorsOf } from './colors.ts'
import type { Letter } from './letters.ts'

/** Who writes: the name, the host of its pages, where there is help, and the colour. */
type Brand = { name: string; host: string; url?: string | undefined; color?: string | undefined }

/** The letter as mail programs show it, drawn or plain: the same sentences, the same links. */
export function renderLetter(letter: Letter, brand: Brand): { html: string; text: string } {
  return {
    html: views.render('/mail/letter', { ...letter, brand, colors: colorsOf(brand.color) }),
    text: plainText(letter, brand),
  }
}

function plainText({ subject, lead, button, code, small, link, footer }: Letter, brand: Brand): string {
  const paragraphs = [
    subject,
    lead,
    ...(button ? [`${button.text}:`, button.href] : []),
    ...(code ? [code.text, code.digits] : []),
    ...small,
    ...(link ? [link.text, link.href] : []),
  ].map(wrap)
  const last = [...footer, ...(brand.url ? [`Need help? Ask us: ${brand.url}`] : [])].map(wrap)
  // RFC 3676 §4.3: the blank after the dashes makes it a signature, which replies leave out.
  return [...paragraphs, last.join('\n'), `-- \n${brand.name}, ${brand.host}\n`].join('\n\n')
}

/** Lines of up to 72 characters, broken at blanks only, so that a link stays whole. */
const wrap = (text: string) =>
  text
    .replace(/\s+/g, ' ')
    .replace(/(.{1,72})(?: |$)/g, '$1\n')
    .trimEnd()
