/**
 * Playwright's test, with violations of the security policy counted in every journey: there are none but those it takes. Of a
 * journey that fails it prints what its pages say in alerts and in their status.
 */
import { test as base, expect } from '@playwright/test';
import { Violations } from './violations';

export const test = base.extend<{ readonly violations: Violations; readonly lastWords: undefined }>({
  violations: [
    async ({ browser }, use) => {
      const violations = new Violations();
      await violations.watch(browser);
      await use(violations);
      expect(await violations.take(), 'violations of the security policy').toEqual([]);
      await violations.end();
    },
    { auto: true },
  ],
  lastWords: [
    async ({ context }, use, info) => {
      await use(undefined);
      if (info.status === info.expectedStatus) return;
      for (const page of context.pages()) {
        const words = page.locator('[role="alert"], .status-line, .found, .download');
        console.log(`${info.title}: ${page.url()} says`, await words.allInnerTexts());
      }
    },
    { auto: true },
  ],
});
