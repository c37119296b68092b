import { eraseClosed as eraseThen } from '../../src/accounts/erase.ts'
import { readConfig } from '../../src/config.ts'
import type { Db } from '../../src/db/client.ts'
import * as operations from '../../src/features/operations/purge.ts'

/** The periods that hold if nothing is set. */
const usual = readConfig({})

export const purge = (db: Db, config = usual) => operations.purge(db, config)
export const purgeInTurn = (db: Db) => operations.purgeInTurn(db, usual)
export const eraseClosed = (db: Db) => eraseThen(db, usual.periods.names)
