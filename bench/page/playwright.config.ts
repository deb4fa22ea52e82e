import { defineConfig } from '@playwright/test';
import journeys from '../../playwright.config.ts';

/** The page's own figures, on the production build that journeys use. Prints; `npm run bench` ends with it. */
export default defineConfig({
  ...journeys,
  testDir: '.',
  outputDir: '../../test-results',
  workers: 1,
  timeout: 600_000,
  webServer: { ...[journeys.webServer!].flat()[0]!, cwd: '../..' },
});
