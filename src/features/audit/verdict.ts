import type { verifyTrail } from '../../accounts/audit/verify-trail.ts'
import { Refusal } from '../../errors.ts'

type Verdict = Awaited<ReturnType<typeof verifyTrail>>
type Head = Verdict['head']

const headInWords = ({ seq, link }: Head) => `${seq}:${Buffer.from(link).toString('hex')}`

/** A head as it is printed. Throws Refusal 400. */
export function readHead(typed: string): Head {
  const [, seq = '', link = ''] = /^([1-9]\d{0,17}):([0-9a-f]{64})$/.exec(typed) ?? []
  if (!seq) throw new Refusal(400, '--expect takes a head as it is printed: SEQ:LINK')
  return { seq: BigInt(seq), link: new Uint8Array(Buffer.from(link, 'hex')) }
}

const counted = (rows: number, words: string) =>
  `${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'} ${words}`

/** What was found out about the audit trail, in words, and what is wrong with it. */
export function verdictInWords({ begin, rows, pseudonymised, unsealed, head, broken }: Verdict) {
  const lines = [
    `${counted(rows, 'verified')}, ${pseudonymised.toLocaleString('en')} of them pseudonymised.`,
    ...(begin ? [`Rows up to seq ${begin} were removed, as their time was over.`] : []),
    `${counted(unsealed, 'not sealed yet')}.`,
    `Head: ${rows ? headInWords(head) : 'none yet'}`,
  ]
  const at = broken && `seq ${broken.seq}${broken.id ? `, id ${broken.id}` : ''}`
  return {
    text: lines.join('\n'),
    problem: broken && `The audit trail breaks at ${at}: ${broken.problem}.`,
  }
}

/** The same for programs. */
export const verdictAsJson = ({ begin, rows, pseudonymised, unsealed, head, broken }: Verdict) => ({
  ok: !broken,
  ...{ rows, pseudonymised, unsealed, removedUpTo: `${begin}` },
  head: rows ? headInWords(head) : null,
  broken: broken ? { ...broken, seq: `${broken.seq}` } : null,
})
