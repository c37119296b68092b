import { startApp } from './app.ts'

/** An app with an administrator who is signed in. */
export async function withAdmin(env: Record<string, string> = {}) {
  const services = await startApp(env)
  const mira = services.visitor()
  await mira.signUp('mira.okafor')
  await services.db.user.update({ where: { username: 'mira.okafor' }, data: { role: 'admin' } })
  const person = async (username: string) => services.db.user.findUniqueOrThrow({ where: { username } })
  return { ...services, mira, person }
}
