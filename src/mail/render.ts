import type { Letter } from './letters.ts'

/** The letter as mail programs show it. */
export function renderLetter(
  { subject, lead, code, button, small, footer }: Letter,
  brand: { name: string; host: string },
) {
  const parts = [
    subject,
    lead,
    code && `${code.text} ${code.digits}`,
    button?.href,
    ...small,
    ...footer,
    `-- \n${brand.name}, ${brand.host}`,
  ]
  const text = parts.filter(Boolean).join('\n\n')
  return { text, html: text }
}
