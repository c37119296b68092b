import type { Config } from '../config.ts'
import type { User } from '../db/generated/sqlite/client.ts'
import { message } from '../messages.ts'
import type { Prepared } from './text.ts'

/** Whether somebody is asked to agree to the terms, or to their new version, before they go on. */
export const mustAgree = ({ texts: { terms } }: Config, { termsVersion }: User): boolean =>
  terms !== undefined && (termsVersion ?? 0) < terms.version

/** The version of the terms that is agreed to: it must be the one that holds. None where there are no terms. */
export function prepareAgreement({ texts: { terms } }: Config, typed: string): Prepared<number | null> {
  if (!terms) return { ok: true, value: null }
  if (typed === String(terms.version)) return { ok: true, value: terms.version }
  return { ok: false, problem: message(typed ? 'terms.changed' : 'terms.missing') }
}
