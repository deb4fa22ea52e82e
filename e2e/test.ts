/** Playwright's test, with violations of the security policy counted in every journey: there are none but those it takes. */
import { test as base, expect } from '@playwright/test';
import { Violations } from './violations';

export const test = base.extend<{ readonly violations: Violations }>({
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
});
