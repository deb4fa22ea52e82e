/** `in-page.ts` as one text, and a page of the studio's origin that has nothing but it. */
import type { BrowserContext, Page } from '@playwright/test';
import { build } from 'vite';
import { fixturePath } from '../fixtures-folder';
import type { InPage } from './in-page';

declare global {
  /** In a page of `emptyPage`. */
  var recorded: InPage;
}

async function bundled(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: new URL('in-page.ts', import.meta.url).pathname, formats: ['iife'], name: 'unused' },
    },
  });
  const [{ output } = { output: [] }] = [built].flat() as readonly { output: readonly object[] }[];
  return output.map((chunk) => ('code' in chunk ? String(chunk.code) : '')).join('');
}

/** Nothing of the studio runs in it; the repository's fixtures are under `/@fixtures/`. */
export async function emptyPage(context: BrowserContext, site: string): Promise<Page> {
  const page = await context.newPage();
  await context.route('**/@fixtures/**', (route) =>
    route.fulfill({
      path: fixturePath(decodeURIComponent(new URL(route.request().url()).pathname.slice(11))),
    }),
  );
  await context.route('**/empty.html', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Empty</title>' }),
  );
  await page.goto(new URL('empty.html', site).href);
  await page.addScriptTag({ content: await bundled() });
  return page;
}
