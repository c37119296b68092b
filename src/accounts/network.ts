import { BlockList, isIP, isIPv6 } from 'node:net'

/**
 * The network an address stands for when tries are counted: an IPv4 address itself, however it is
 * written, and the /64 of an IPv6 address, because one household or server owns that many.
 */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip
  const canonical = new URL(`http://[${ip.replace(/%.*$/, '')}]`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const left = head.split(':').filter(Boolean)
  const right = tail?.split(':').filter(Boolean) ?? []
  const groups = [...left, ...Array(8 - left.length - right.length).fill('0'), ...right]
  if (groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff') {
    const bytes = groups.slice(6).flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255])
    return bytes.join('.')
  }
  return `${groups.slice(0, 4).join(':')}::/64`
}

/** Addresses, and networks in CIDR notation. */
function membersOf(networks: string[]): BlockList {
  const members = new BlockList()
  for (const [address = '', prefix] of networks.map((network) => network.split('/'))) {
    const v4 = isIP(address) === 4
    members.addSubnet(address, Number(prefix ?? (v4 ? 32 : 128)), v4 ? 'ipv4' : 'ipv6')
  }
  return members
}

const has = (members: BlockList, ip: string) => members.check(ip, isIP(ip) === 4 ? 'ipv4' : 'ipv6')

/** Whether an address is in one of these networks, which are in CIDR notation. */
export const isWithin = (ip: string, networks: string[]): boolean => has(membersOf(networks), ip)

/** Tells of addresses whether they are this one, or in this network, also where only their own network is left. */
export function cameFrom(asked: string): (ip: string) => boolean {
  const [network, members] = [cutAddress(asked.replace(/\/.*/, '')), membersOf([asked])]
  return (ip) => {
    const [address = ''] = ip.split('/')
    return ip === network || (isIP(address) > 0 && has(members, address))
  }
}

/**
 * What is kept of an address after some time: the /24 of an IPv4 address, the /48 of an IPv6 one. What is none, or was
 * cut before, stays. The chain over the audit trail covers it as it is written here.
 */
export function cutAddress(ip: string): string {
  if (!isIP(ip)) return ip
  const network = networkOf(ip)
  return isIP(network) ? neighbourhoodOf(network) : `${network.split(':').slice(0, 3).join(':')}::/48`
}

/** The wider one by which sign-ups from one place are known: the /24 of an IPv4 address, the /64 of an IPv6 one. */
export const neighbourhoodOf = (ip: string) => networkOf(ip).replace(/\.\d+$/, '.0/24')
