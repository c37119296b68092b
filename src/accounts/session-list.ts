import { fromNow } from '../time.ts'
import { describeDevice, isPhone } from './device.ts'
import { isTrusted } from './known-device.ts'
import type { KeyedServices } from './services.ts'

/** Where somebody is signed in, the latest used first; until `trustedUntil` no second step is asked there. */
export async function listSessions({ db, placeOf }: Pick<KeyedServices, 'db' | 'placeOf'>, userId: string) {
  const sessions = await db.session.findMany({
    where: { userId, expiresAt: { gt: fromNow(0) } },
    include: { device: true },
    orderBy: [{ lastSeenAt: 'desc' }, { id: 'desc' }],
  })
  return sessions.map(({ id, userAgent, ip, createdAt, lastSeenAt, device }) => ({
    id,
    device: describeDevice(userAgent),
    phone: isPhone(userAgent),
    ip,
    place: placeOf?.(ip) ?? null,
    createdAt,
    lastSeenAt,
    trustedUntil: isTrusted(device) ? (device?.trustedUntil ?? null) : null,
  }))
}
