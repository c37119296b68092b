import { existsSync, mkdtempSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that Linux keeps in memory, and how many bytes have to be free there. */
const MEMORY = '/dev/shm'
const ROOM = 2 ** 31

/** A new folder for databases that no disk has to keep: some thousand are made, and would be what tests wait for. */
export const quickFolder = (prefix: string) => mkdtempSync(join(hasRoom() ? MEMORY : tmpdir(), prefix))

function hasRoom() {
  if (!existsSync(MEMORY)) return false
  const { bavail, bsize } = statfsSync(MEMORY)
  return bavail * bsize > ROOM
}
