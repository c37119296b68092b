import type { Config } from '../config.ts'
import type { Db } from '../db/client.ts'
import type { PasswordHasher } from './password-hasher.ts'

/** What has a life-cycle and every feature works with. The app carries them, and so does the command line. */
export type Services = { config: Config; db: Db; passwords: PasswordHasher }
