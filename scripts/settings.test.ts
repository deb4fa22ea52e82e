import { expect, it } from 'vitest';
import { settingsTable } from './settings-table';

it('docs/SETTINGS.md is what the table says; `npm run docs:settings` writes it', async () => {
  await expect(settingsTable()).toMatchFileSnapshot('../docs/SETTINGS.md');
});
