import type { IncomingMessage, ServerResponse } from 'node:http'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  FastifyTypeProvider,
  RawServerDefault,
} from 'fastify'
import { z } from 'zod'
import { InvalidInput } from '../errors.ts'
import { type Message, type MessageCode, message } from '../messages.ts'

interface Zod extends FastifyTypeProvider {
  validator: z.output<this['schema'] & z.ZodType>
}

/** A Fastify whose routes are typed by their zod schemas. */
export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, Zod>

/** A field that is one line of text. Left out, it is empty; what it may hold is the feature's rule. */
export const text = z.string({ error: 'field.text' satisfies MessageCode }).default('')

/** A field that this installation doesn't have: only browsers' empty one is let through. */
export const absent = text.refine((typed) => typed === '', 'field.unknown' satisfies MessageCode)

/** A field in which a whole number is typed; in JSON it may be one. */
export const number = z.union([z.int().transform(String), text])

/** A field that is a whole number, or empty. */
export const numeral = number.refine((typed) => /^\d{0,9}$/.test(typed), 'field.text' satisfies MessageCode)

/** A box to tick: empty if it isn't; in JSON it may be true or false. */
export const box = z.union([z.boolean().transform((ticked) => (ticked ? '1' : '')), text])

/** A posted form: just these fields, anything else is refused by name. An empty body is an empty form. */
export const form = <Fields extends z.ZodRawShape>(fields: Fields) => z.strictObject(fields)

function problems(error: z.ZodError): Record<string, Message> {
  // Without a prototype, so that a field called __proto__ is named like any other.
  const found: Record<string, Message> = Object.create(null)
  for (const issue of error.issues) {
    if (issue.code === 'unrecognized_keys')
      for (const key of issue.keys) found[key] = message('field.unknown')
    else found[String(issue.path[0])] ??= problemOf(issue)
  }
  return found
}

/** What is wrong with one field; of one that may be several things, what is wrong with it as each of them. */
function problemOf(issue: z.core.$ZodIssue): Message {
  const parts = issue.code === 'invalid_union' ? issue.errors.flat() : [issue]
  const choices = parts.flatMap((part) => (part.code === 'invalid_value' ? part.values : [])).filter(Boolean)
  if (choices.length && typeof issue.input === 'string')
    return message('choice.one-of', { choices: choices.join(', ') })
  const codes = ['field.unknown', 'id.form'] as const
  return message(codes.find((code) => parts.some((part) => part.message === code)) ?? 'field.text')
}

/** What an address asks for, read anew: when a form is refused, its query was not read yet. */
export const queryOf = <Schema extends z.ZodType>({ url }: FastifyRequest, schema: Schema) =>
  schema.safeParse(Object.fromEntries(new URLSearchParams(url.replace(/^[^?]*/, '')))).data

/** Validates every body, query and parameter by its route's zod schema. Throws InvalidInput with every problem. */
export function validateForms(app: FastifyInstance) {
  app.setValidatorCompiler<z.ZodType>(({ schema }) => (data) => {
    const result = schema.safeParse(data ?? {}, { reportInput: true })
    return result.success ? { value: result.data } : { error: new InvalidInput(problems(result.error)) }
  })
}
