import { defineConfig } from '@playwright/test';
import { findChromium, softwareWebGpuArguments } from './scripts/find-chromium.ts';

const port = Number(process.env.STUDIO_PORT ?? 4173);

/**
 * Journeys against a production build, in the browser people have. Two files at a time: most of a journey is one browser that starts and
 * one thread that waits, and machines with fewer than two cores are rare. Measurements are alone.
 */
export default defineConfig({
  testDir: 'e2e',
  workers: process.env.LONG ? 1 : 2,
  timeout: 300_000,
  expect: { timeout: 60_000 },
  outputDir: 'test-results',
  use: {
    baseURL: `http://localhost:${port}`,
    // The journey that goes offline asks for it; the others always get the page that was just built.
    serviceWorkers: 'block',
    viewport: { width: 1440, height: 1000 },
    // A page that does not come fails in a minute, not at the end of its test's time.
    actionTimeout: 60_000,
    launchOptions: { executablePath: findChromium(), args: softwareWebGpuArguments },
  },
  webServer: {
    command: `npx vite build && npx vite preview --port ${port} --strictPort`,
    url: `http://localhost:${port}`,
    reuseExistingServer: !process.env.CI,
    timeout: 120_000,
  },
});
