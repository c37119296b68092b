import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import packed, { inflate } from '@sparticuz/chromium'
import type { LaunchOptions } from 'playwright-core'

const PACKAGE = join(import.meta.dirname, '../../node_modules/@sparticuz/chromium')
// Inside the package, so that another version of it is unpacked anew.
const UNPACKED = join(PACKAGE, 'unpacked')

const FONTS = `<fontconfig><dir>${UNPACKED}/fonts/fonts</dir><cachedir>${UNPACKED}/fonts/cache</cachedir></fontconfig>`

/** Unpacks the browser, its libraries and its font, once. Whoever stops half-way leaves nothing that looks done. */
async function unpack() {
  if (existsSync(UNPACKED)) return
  const temporary = mkdtempSync(`${UNPACKED}-`)
  const { TMPDIR } = process.env
  // The package unpacks into the temporary folder, where somebody else's browser may be waiting for us.
  process.env.TMPDIR = temporary
  await packed.executablePath()
  await inflate(join(PACKAGE, 'bin/al2023.tar.br'))
  if (TMPDIR === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = TMPDIR
  writeFileSync(join(temporary, 'fonts/fonts.conf'), FONTS)
  try {
    renameSync(temporary, UNPACKED)
  } catch (error) {
    // Another process was quicker.
    if (!existsSync(UNPACKED)) throw error
    rmSync(temporary, { recursive: true })
  }
}

/**
 * How to launch a Chromium that came from npm with all it needs: the machine gives it no more than glibc
 * and libgcc.
 */
export async function unpackChromium(): Promise<LaunchOptions> {
  await unpack()
  return {
    executablePath: join(UNPACKED, 'chromium'),
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(UNPACKED, 'al2023/lib'),
      FONTCONFIG_FILE: join(UNPACKED, 'fonts/fonts.conf'),
    },
    // As root or in a container Chromium's sandbox can't be set up. It only ever sees the pages under test.
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-sync'],
  }
}
