import type { Db } from '../../src/db/client.ts'
import { addPerson } from './people.ts'
import { type Answer, type App, JSON_TYPE, send } from './requests.ts'
import { FLAGS, type Options, SoftwarePasskey, storePasskey } from './software-passkey.ts'

type Post = (url: string, body: Record<string, string>, cookie?: string) => () => Promise<Answer>

/** Paul, who has a passkey, and the answer of one to the challenge that it is asked for somewhere. */
export async function passkeyStage(app: App, db: Db, post: Post) {
  const paul = await addPerson(db, 'paul.passkey')
  const phone = new SoftwarePasskey()
  const { id } = await storePasskey(db, paul.user, phone)
  const answer =
    (path: string, say: (options: Options) => object, cookie = '') =>
    async () => {
      const url = `${path}/options`
      const asked = await send(app, { method: 'POST', url, type: JSON_TYPE, body: '{}', cookie })
      const held = asked.cookies.map(({ name, value }) => `${name}=${value}`)
      const credential = JSON.stringify(say(asked.json()))
      return post(path, { credential }, [...held, cookie].filter(Boolean).join('; '))()
    }
  const petra = await addPerson(db, 'petra.passkeys')
  for (const key of [new SoftwarePasskey(), new SoftwarePasskey()]) await storePasskey(db, petra.user, key)
  return { paul, petra, phone, page: `/account/passkeys/${id}`, post, answer }
}

type Here = { passkeys: Awaited<ReturnType<typeof passkeyStage>> }

const byPaul = { actor: 'paul.passkey', about: 'paul.passkey' }
const SYNCED = FLAGS.up | FLAGS.uv | FLAGS.be | FLAGS.bs

/** What is done to a passkey, for the audit trail. */
export const passkeyDeeds = {
  'passkey.added': {
    act: ({ passkeys: { answer, paul } }: Here) =>
      answer('/account/passkeys', (options) => new SoftwarePasskey().create(options), paul.cookie),
    ...byPaul,
  },
  'passkey.renamed': {
    act: ({ passkeys: { post, page, paul } }: Here) =>
      post(`${page}/rename`, { name: 'Red phone' }, paul.cookie),
    ...byPaul,
  },
  'passkey.backup-changed': {
    act: ({ passkeys: { answer, phone } }: Here) =>
      answer('/login/passkey', (options) => phone.get(options, { flags: SYNCED })),
    ...byPaul,
  },
  'passkey.count-regressed': {
    act: ({ passkeys: { answer, phone } }: Here) =>
      answer('/login/passkey', (options) => phone.get(options, { count: 1 })),
    ...byPaul,
  },
  'password.removed': {
    act: ({ passkeys: { post, petra } }: Here) => post('/account/password/remove', {}, petra.cookie),
    ...{ actor: 'petra.passkeys', about: 'petra.passkeys' },
  },
  'passkey.removed': {
    act: ({ passkeys: { post, page, paul } }: Here) => post(`${page}/remove`, {}, paul.cookie),
    ...byPaul,
  },
}
