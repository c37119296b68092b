import { defineConfig } from 'vitest/config'

// They only end what hangs: a machine may have much else to do.
const timeouts = { testTimeout: 240_000, hookTimeout: 240_000 }
const stories = { ...timeouts, include: ['tests/*.test.ts'], exclude: ['tests/*.unit.test.ts'] }

export default defineConfig({
  test: {
    globalSetup: 'tests/global-setup.ts',
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      { test: { ...timeouts, name: 'unit', include: ['tests/*.unit.test.ts'] } },
      { test: { ...stories, name: 'sqlite', provide: { provider: 'sqlite' } } },
      {
        test: {
          ...stories,
          name: 'postgresql',
          // What is said over a connection, in a letter or by a passkey, whichever database: once is enough.
          exclude: [
            ...stories.exclude,
            'tests/{slow-clients,raw-http,headers,cross-site,error-pages,well-known,bad-query,admin-networks}.test.ts',
            'tests/{delivery-content,passkeys-challenge,passkeys-refused}.test.ts',
          ],
          provide: { provider: 'postgresql' },
        },
      },
      { test: { ...timeouts, name: 'process', include: ['tests/process/*.test.ts'] } },
      { test: { ...timeouts, name: 'browser', include: ['tests/browser/*.test.ts'] } },
    ],
  },
})
