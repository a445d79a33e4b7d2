import { defineConfig } from 'vitest/config';

const common = { resolve: { conditions: ['@winmedic/source', 'node'] }, ssr: { resolve: { conditions: ['@winmedic/source', 'node'] } } };

/** Projects: `unit` beside the code (npm test), then the slower suites of `.ci/run`. */
export default defineConfig({
  test: {
    projects: [
      {
        ...common,
        test: {
          name: 'unit',
          include: ['{formats,protocols,knowledge,core,apps,labs,scripts}/**/*.test.ts', 'tests/architecture/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          testTimeout: 30_000,
        },
      },
      { ...common, test: { name: 'corpus', include: ['tests/corpus/**/*.test.ts'], testTimeout: 300_000 } },
      { ...common, test: { name: 'conformance', include: ['tests/conformance/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 600_000 } },
      { ...common, test: { name: 'disk', include: ['tests/disk/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 600_000 } },
      { ...common, test: { name: 'browser', include: ['tests/browser/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 } },
    ],
  },
});
