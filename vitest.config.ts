import { defineConfig } from 'vitest/config'

const timeouts = { testTimeout: 60_000, hookTimeout: 60_000 }
const stories = { ...timeouts, include: ['tests/*.test.ts'], exclude: ['tests/*.unit.test.ts'] }

export default defineConfig({
  test: {
    globalSetup: 'tests/global-setup.ts',
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      { test: { name: 'unit', include: ['tests/*.unit.test.ts'] } },
      { test: { ...stories, name: 'sqlite', provide: { provider: 'sqlite' } } },
      {
        test: {
          ...stories,
          name: 'postgresql',
          // Of what is said over a connection alone: once is enough.
          exclude: [
            ...stories.exclude,
            'tests/{slow-clients,raw-http,headers,cross-site,error-pages,well-known,bad-query,admin-networks}.test.ts',
          ],
          provide: { provider: 'postgresql' },
        },
      },
      // These start servers of their own, which must not compete for the processors.
      { test: { ...timeouts, name: 'process', include: ['tests/process/*.test.ts'], maxWorkers: 1 } },
      { test: { ...timeouts, name: 'browser', include: ['tests/browser/*.test.ts'] } },
    ],
  },
})
