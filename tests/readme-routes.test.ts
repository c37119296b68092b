import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Access } from '../src/http/access.ts'
import { startApp } from './support/app.ts'
import { answeringRoutes } from './support/requests.ts'

/** How the README's table of routes calls those to whom a route is open. */
const WHO: Record<Access, string> = {
  anyone: 'anyone',
  guests: 'visitors',
  arrivals: 'members',
  enrolling: 'members, after a fresh proof',
  members: 'members',
  owners: 'members, after a fresh proof',
  leavers: 'members, after a fresh proof',
  staff: 'administrators, support',
  helpers: 'administrators, support, after a fresh proof',
  admins: 'administrators',
  deciders: 'administrators, after a fresh proof',
}
/** Whose own page or step the row is said of, or who else it answers. */
const MORE = /^(, (with|where) .*|: the fresh proof .*|; until they have agreed, .*)?$/

/** What only pages need: the first administrator's link, and steps between two pages. */
const FOR_PAGES = ['/setup', '/register/username', '/account/data/read', '/admin/users/selected']

test('the README’s table says of every route whom it is open to, and after what proof', async () => {
  const { app } = await startApp()
  await app.ready()
  const routes = answeringRoutes(app)
  const named = new Set<string>()
  const rows = readFileSync('README.md', 'utf8').matchAll(/^\| (`(?:GET|POST) \/.*?) \| (.*?) \|/gm)
  for (const [, cell = '', who = ''] of rows) {
    let [method, before] = ['', '']
    for (const [, verb, text = ''] of cell.matchAll(/`(?:(GET|POST) )?((?:\/|…).*?)`/g)) {
      method = verb ?? method
      const paths = text.startsWith('…')
        ? [before, before.replace(/\/[^/]*$/, '')].map((path) => text.replace('…', path))
        : [text]
      const meant = routes.filter(
        ({ method: its, url }) =>
          its === method && paths.includes(url.replace(/(?<=^.admin.settings.).+/, 'SECTION')),
      )
      expect(meant, `${method} ${text}`).not.toEqual([])
      if (!text.startsWith('…')) before = text
      for (const { url, access } of meant) {
        const words = WHO[access]
        const said = [who.slice(0, words.length), who.slice(words.length)]
        expect(said, `${method} ${url}`).toEqual([words, expect.stringMatching(MORE)])
        named.add(url)
      }
    }
  }
  const unnamed = routes.filter(({ method, url }) => method === 'POST' && !named.has(url))
  expect(unnamed.map(({ url }) => url)).toEqual(FOR_PAGES)
})
