import { InvalidInput } from '../errors.ts'
import type { Message } from '../messages.ts'

/** What was typed, in its one canonical form, or the first thing wrong with it. */
export type Prepared<Value> = { ok: true; value: Value } | { ok: false; problem: Message }

/** What was typed into each field. Throws InvalidInput with every problem at once. */
export function accept<Fields extends Record<string, Prepared<unknown>>>(fields: Fields) {
  const values: Record<string, unknown> = {}
  const problems: Record<string, Message> = {}
  for (const [field, prepared] of Object.entries(fields))
    if (prepared.ok) values[field] = prepared.value
    else problems[field] = prepared.problem
  if (Object.keys(problems).length) throw new InvalidInput(problems)
  return values as { [Field in keyof Fields]: Extract<Fields[Field], { ok: true }>['value'] }
}

/** Length as people count it, nearly: in code points, so an emoji is one where UTF-16 has two units. */
export const codePoints = (text: string): number => [...text].length

/**
 * Whether `text` is over `max` code points however it is normalised, found without normalising it, so
 * that work is bounded first (ASVS 5.0 1.3.12). NFC joins at most 4 code points into one, of 2 units each.
 */
export const isFarTooLong = (text: string, max: number): boolean => text.length > max * 4 * 2
