import { message } from '../messages.ts'
import { codePoints, isFarTooLong, type Prepared } from './text.ts'

/**
 * A line of free text, such as a name or a reason: trimmed, NFC, without control, bidirectional-control
 * or line-breaking characters or broken surrogates. Empty is fine, and what shows nothing is. `max` counts code
 * points.
 */
export function prepareLine(typed: string, max: number): Prepared<string> {
  const line = typed.trim()
  if (isFarTooLong(line, max) || codePoints(line) > max)
    return { ok: false, problem: message('field.too-long', { max }) }
  if (!line.isWellFormed() || /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(line))
    return { ok: false, problem: message('field.characters') }
  // Such as a zero-width space alone, or the blank of Braille: a link of that name could not be seen.
  const isBlank = /^[\p{Default_Ignorable_Code_Point}\p{White_Space}\u2800]*$/u.test(line)
  return { ok: true, value: isBlank ? '' : line.normalize('NFC') }
}
