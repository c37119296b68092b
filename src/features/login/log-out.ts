import { record, type Source } from '../../accounts/audit/audit.ts'
import type { SignedIn } from '../../accounts/session.ts'
import type { Db } from '../../db/client.ts'

/** Ends a session on the server: its cookie opens nothing any more. */
export async function logOut(db: Db, { session, user }: SignedIn, source: Source): Promise<void> {
  await db.$transaction([
    db.session.deleteMany({ where: { id: session.id } }),
    record(db, 'session.ended', { actor: user.id, subjectId: user.id, source }),
  ])
}
