import type { Prepared } from '../../accounts/text.ts'
import { type Message, message } from '../../messages.ts'

const MAX_LENGTH = 30_000
const MAX_DEPTH = 20

const SHAPES = ['path', 'rect', 'circle', 'ellipse', 'line', 'polyline', 'polygon']
/** SVG's shapes, groups and gradients: what draws, and neither runs, links, loads nor repeats anything. */
const ELEMENTS = new Set([
  ...SHAPES,
  ...'svg g defs title desc linearGradient radialGradient stop clipPath mask'.split(' '),
])
/** What is in these is drawn only where something else refers to it. */
const KEPT = ['defs', 'clipPath', 'mask']
const ATTRIBUTES = new Set(
  `viewBox width height preserveAspectRatio id d x y x1 y1 x2 y2 cx cy r rx ry fx fy points pathLength transform
  offset gradientUnits gradientTransform spreadMethod clipPathUnits maskUnits maskContentUnits
  fill fill-rule fill-opacity stroke stroke-width stroke-linecap stroke-linejoin stroke-miterlimit stroke-dasharray
  stroke-dashoffset stroke-opacity opacity color clip-path clip-rule mask stop-color stop-opacity
  vector-effect`.split(/\s+/),
)
/** Numbers, words, colours, lists of commands; a reference only to a part of this very drawing. */
const VALUE = /^(?:url\(#[\w-]+\)|(?!.*url)[\w\s.,#%()+-]*)$/i

const TOKEN =
  /<!--.*?-->|<\?xml[^>]*\?>|<!DOCTYPE svg[^>[]*>|<(\/?)([\w:-]+)((?:\s+[\w:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|[^<]+/gsy
const ATTRIBUTE = /([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g

const wrong = (problem: Message): Prepared<string> => ({ ok: false, problem })
const unreadable = () => wrong(message('logo.form'))
const refused = (part: string) => wrong(message('logo.part', { part: part.slice(0, 40) }))

/** Attributes as pairs, with the declarations of `style` among them. */
function pairsOf(written: string): [string, string][] {
  return [...written.matchAll(ATTRIBUTE)].flatMap(([, name = '', double, single]) => {
    const value = double ?? single ?? ''
    if (name !== 'style') return [[name, value] as [string, string]]
    return value.split(';').map((declaration): [string, string] => {
      const [property = '', ...rest] = declaration.split(':')
      return [property.trim(), rest.join(':').trim()]
    })
  })
}

/** What runs or leads elsewhere: that is said, as everything else that isn't known is only left out. */
const isHostile = ([name, value]: [string, string]) =>
  /^on/i.test(name) || (/(^|:)href$/i.test(name) && !value.startsWith('#'))

/**
 * An SVG that is written anew from the parts that are known to be harmless, or what is wrong with it: so nothing
 * goes through that a browser might read otherwise (ASVS 5.0 1.3.4). Its elements must be those of a drawing;
 * attributes that aren't, and what drawing programs keep for themselves, are left out.
 */
export function cleanSvg(typed: string): Prepared<string> {
  const source = typed.trim()
  if (source.length > MAX_LENGTH)
    return wrong(message('field.too-long', { max: MAX_LENGTH.toLocaleString('en') }))
  const out: string[] = []
  const open: { name: string; left: boolean }[] = []
  let end = 0
  let begun = false
  let draws = false
  for (const [token, closing, name, attributes = '', empty] of source.matchAll(TOKEN)) {
    end += token.length
    const left = open.at(-1)?.left ?? false
    if (name === undefined) {
      if (token.startsWith('<')) continue
      if (!open.length && token.trim()) return unreadable()
      if (!left && ['title', 'desc'].includes(open.at(-1)?.name ?? '')) out.push(token.replace(/[&>"']/g, ''))
      continue
    }
    if (closing) {
      const last = open.pop()
      if (last?.name !== name) return unreadable()
      if (!last.left) out.push(`</${name}>`)
      continue
    }
    if (open.length === 0 && (begun || name !== 'svg')) return unreadable()
    if (open.length === MAX_DEPTH) return unreadable()
    begun = true
    const leave = left || name === 'metadata' || name.includes(':')
    if (!leave && !ELEMENTS.has(name)) return refused(name)
    draws ||= !leave && SHAPES.includes(name) && !open.some(({ name }) => KEPT.includes(name))
    const pairs = pairsOf(attributes)
    const hostile = !leave && pairs.find(isHostile)
    if (hostile) return refused(`${hostile[0]}="${hostile[1]}"`)
    const kept = pairs.filter(([attribute, value]) => ATTRIBUTES.has(attribute) && VALUE.test(value))
    const unique = [...new Map(kept)].map(([attribute, value]) => ` ${attribute}="${value}"`).join('')
    const namespace = open.length ? '' : ' xmlns="http://www.w3.org/2000/svg"'
    if (!leave) out.push(`<${name}${namespace}${unique}${empty ? '/' : ''}>`)
    if (!empty) open.push({ name, left: leave })
  }
  if (end !== source.length || open.length || !begun) return unreadable()
  if (!draws) return wrong(message('logo.empty'))
  return { ok: true, value: out.join('') }
}
