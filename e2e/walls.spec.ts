/**
 * The walls, under `npm start` and under a plain static server: what nobody may do is tried in the page and in the worker that
 * has the data, and refused; what the studio must do goes on.
 */
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { FakeHub, filesOf } from '../test/fake-hub';
import { serveStatic } from './static-server';
import { StudioPage } from './studio-page';
import { test } from './test';
import type { Violation } from './violations';

test.use({ serviceWorkers: 'allow' });

const tiny = filesOf('public/models/roberta-tiny');

/** What each attempt came to; `failed` for one that came to nothing for another reason than a refusal. */
type Outcomes = Readonly<Record<string, 'ran' | 'refused' | 'failed'>>;

/**
 * Runs in the page or a worker. Each attempt begins in a turn of its own: what the debugger evaluates is free of the policy as
 * long as it is at it. An attempt that throws or rejects is refused; the control shows that each works where nothing refuses.
 */
async function attempts(foreign: string): Promise<Outcomes> {
  const attempt = (act: () => unknown) =>
    new Promise<Outcomes[string]>((resolve) => {
      setTimeout(async () => {
        try {
          resolve((await act()) ? 'ran' : 'failed');
        } catch {
          resolve('refused');
        }
      });
    });
  const answers = (address: string) =>
    new Promise((resolve) => {
      const worker = new Worker(address);
      worker.onmessage = () => resolve(true);
      worker.onerror = () => resolve(false);
    });
  const isMarked = () => new Promise((resolve) => setTimeout(() => resolve('marked' in self), 50));
  const text = 'self.marked = true';
  const outcomes: Record<string, Outcomes[string]> = {
    fetch: await attempt(() => fetch(foreign).then(() => true)),
    // biome-ignore lint/security/noGlobalEval: it is tried so that it is refused
    eval: await attempt(() => globalThis.eval('2') === 2),
    function: await attempt(() => new Function('return 2')() === 2),
    timer: await attempt(() => {
      setTimeout(text);
      return isMarked();
    }),
    import: await attempt(() => import(`${'data:'}text/javascript,export default 1`).then(() => true)),
    blobWorker: await attempt(() => answers(URL.createObjectURL(new Blob(['postMessage(1)'])))),
    namedWorker: await attempt(() => answers('blank.js')),
  };
  if (!('document' in self)) return outcomes;
  delete (self as { marked?: boolean }).marked;
  return {
    ...outcomes,
    inlineScript: await attempt(() => {
      const script = document.createElement('script');
      script.text = text;
      document.head.append(script);
      return 'marked' in self;
    }),
    handler: await attempt(() => {
      document.body.insertAdjacentHTML('beforeend', `<img alt src onerror="${text}">`);
      return isMarked();
    }),
    style: await attempt(() => {
      const style = document.createElement('style');
      style.textContent = 'html { --inline: 1 }';
      document.head.append(style);
      if (getComputedStyle(document.documentElement).getPropertyValue('--inline') === '')
        throw new Error('refused');
      return true;
    }),
  };
}

/** Waits for the reload that brings the walls up where the server sends no headers. */
async function openProtected(page: Page, site: string): Promise<StudioPage> {
  const studio = new StudioPage(page);
  await studio.open(site, 'webgpu');
  await expect(page.locator('.app')).toHaveAttribute('data-protection', 'protected');
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  return studio;
}

/** Below the site, as the build named it. */
function threadScript(site: string): string {
  const name = readdirSync('dist/assets').find((file) => /^ort-wasm-simd-threaded-.*\.js$/.test(file));
  return `${site}assets/${name}`;
}

const servers = [
  ['npm start', async () => ({ url: '/', close: async () => {} })],
  ['a plain static server', () => serveStatic({ root: 'dist', prefix: '/x/y/' })],
] as const;

for (const [name, serve] of servers)
  test(`under ${name} page and worker refuse to fetch from elsewhere and to run text`, async ({
    page,
    violations,
  }) => {
    const hub = new FakeHub();
    hub.serve({ name: 'elsewhere', files: tiny });
    const foreign = `${await hub.listen()}/elsewhere/resolve/main/config.json`;
    const site = await serve();
    await openProtected(page, site.url);
    const refused = (outcomes: Outcomes) =>
      Object.fromEntries(Object.keys(outcomes).map((key) => [key, 'refused']));

    const inPage = await page.evaluate(attempts, foreign);
    expect(inPage).toEqual(refused(inPage));
    const [worker] = page.workers();
    const inWorker = await worker!.evaluate(attempts, foreign);
    expect(inWorker).toEqual(refused(inWorker));
    // Of the script of ONNX Runtime's threads, but none of them: those wait for work and answer nobody.
    const [thread] = await Promise.all([
      page.waitForEvent('worker'),
      worker!.evaluate((script) => {
        Object.assign(self, { thread: new Worker(script, { type: 'module' }) });
      }, threadScript(site.url)),
    ]);
    // Not even its own server.
    const inThread = await thread.evaluate(attempts, page.url());
    expect(inThread).toEqual(refused(inThread));
    expect(hub.requests).toEqual([]);

    // Counted where they were tried, and the hub's address is named. The thread's come last: it is attached to once it is there.
    const seen: Violation[] = [];
    await expect
      .poll(async () => {
        const more = await violations.take();
        seen.push(...more);
        return more.length === 0 && seen.some(({ blocked }) => blocked === page.url());
      })
      .toBe(true);
    for (const target of ['page', 'worker'])
      expect(seen.filter(({ where }) => where === target)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ directive: 'connect-src', blocked: foreign }),
          expect.objectContaining({ directive: 'require-trusted-types-for' }),
        ]),
      );
    await site.close();
    await hub.close();
  });

test('the same attempts run where there is no policy', async ({ page }) => {
  const hub = new FakeHub();
  hub.serve({ name: 'elsewhere', files: tiny });
  const foreign = `${await hub.listen()}/elsewhere/resolve/main/config.json`;
  const root = mkdtempSync(join(tmpdir(), 'no-policy-'));
  writeFileSync(join(root, 'index.html'), '<!doctype html><title>No policy</title><body></body>');
  writeFileSync(join(root, 'blank.js'), 'postMessage("here");');
  const site = await serveStatic({ root });
  await page.goto(site.url);
  const ran = (outcomes: Outcomes) => Object.fromEntries(Object.keys(outcomes).map((key) => [key, 'ran']));

  const inPage = await page.evaluate(attempts, foreign);
  expect(inPage).toEqual(ran(inPage));
  const [worker] = await Promise.all([
    page.waitForEvent('worker'),
    page.evaluate(() => {
      Object.assign(self, { worker: new Worker('blank.js', { type: 'module' }) });
    }),
  ]);
  const inWorker = await worker.evaluate(attempts, foreign);
  expect(inWorker).toEqual(ran(inWorker));
  expect(Object.keys(inPage)).toEqual(expect.arrayContaining(Object.keys(inWorker)));
  expect(hub.requests).toHaveLength(2);
  await site.close();
  await hub.close();
});

test('under a plain static server a model comes from the hub and its download host', async ({ page }) => {
  const hub = new FakeHub();
  hub.serve({ name: 'someone/roberta-copy', files: tiny });
  await hub.listen();
  const site = await serveStatic({ root: 'dist' });
  const studio = await openProtected(page, site.url);
  await studio.useHub(hub.endpoint);
  await page.getByRole('combobox', { name: 'Model on the hub' }).fill('someone/roberta-copy');
  await studio.button('Find model').click();
  await page.getByRole('button', { name: /^Download/ }).click();
  await expect(studio.combobox('Base model').locator('option:checked')).toHaveText('someone/roberta-copy');
  expect(hub.requests.filter(({ path }) => path.startsWith('/cdn/'))).not.toEqual([]);
  await site.close();
  await hub.close();
});

test('a download host that is not named is refused by name, and can be added', async ({
  page,
  violations,
}) => {
  const hub = new FakeHub();
  hub.serve({ name: 'someone/roberta-copy', files: tiny });
  await hub.listen();
  const studio = await openProtected(page, '/');
  await studio.useHub(hub.endpoint);
  const hosts = page.getByRole('textbox', { name: 'Download hosts' });
  await expect(hosts).toHaveValue('http://localhost:* http://127.0.0.1:*');
  const save = async (typed: string) => {
    await hosts.fill(typed);
    await studio.button('Save').click();
    await expect(studio.button('Save')).toBeDisabled();
  };
  await save('cdn.example.org');
  await expect(hosts).toHaveValue('https://cdn.example.org');
  await page.getByRole('combobox', { name: 'Model on the hub' }).fill('someone/roberta-copy');
  await studio.button('Find model').click();
  await page.getByRole('button', { name: /^Download/ }).click();
  await expect(page.getByRole('alert')).toContainText(`${new URL(hub.endpoint).host} sends this download on`);
  expect(hub.requests.filter(({ path }) => path.startsWith('/cdn/'))).toEqual([]);
  expect((await violations.take()).map(({ where, directive }) => `${where}: ${directive}`)).toEqual([
    'worker: connect-src',
  ]);

  await studio.button('Dismiss message').click();
  await save('');
  await expect(hosts).toHaveValue('http://localhost:* http://127.0.0.1:*');
  await studio.button('Go on with the download of someone/roberta-copy').click();
  await expect(studio.combobox('Base model').locator('option:checked')).toHaveText('someone/roberta-copy');

  await hosts.fill('https://cdn.example.org/files');
  await studio.button('Save').click();
  await expect(page.getByRole('alert')).toContainText('"https://cdn.example.org/files" is no host');
  await hub.close();
});

test.describe('on a server without headers', () => {
  /** Loads of the page. */
  const loadsOf = (page: Page) => {
    const loads: string[] = [];
    page.on('domcontentloaded', () => loads.push(page.url()));
    return loads;
  };

  test('the first visit reloads itself once, and is protected', async ({ page }) => {
    const site = await serveStatic({ root: 'dist' });
    const loads = loadsOf(page);
    await openProtected(page, site.url);
    await page.reload();
    await openProtected(page, site.url);
    await expect(page.getByRole('note', { name: 'Protection' })).toBeHidden();
    // The first, its reload, and the two that were asked for.
    expect(loads).toHaveLength(4);
    await site.close();
  });

  test('a page that somebody has begun to use offers the reload', async ({ page }) => {
    const site = await serveStatic({ root: 'dist' });
    const loads = loadsOf(page);
    await page.addInitScript(() => {
      if (sessionStorage.getItem('typed')) return;
      sessionStorage.setItem('typed', 'once');
      addEventListener('DOMContentLoaded', () => document.body.dispatchEvent(new Event('input')));
    });
    const studio = new StudioPage(page);
    await studio.open(site.url, 'webgpu');
    const note = page.getByRole('note', { name: 'Protection' });
    await expect(note).toContainText('protected from its next load on');
    expect(loads).toHaveLength(1);
    await note.getByRole('button', { name: 'Reload' }).click();
    await openProtected(page, site.url);
    await expect(note).toBeHidden();
    await site.close();
  });

  test.describe('and without service workers', () => {
    test.use({ serviceWorkers: 'block' });

    test('the page says that it is unprotected', async ({ page }) => {
      const site = await serveStatic({ root: 'dist' });
      const loads = loadsOf(page);
      await new StudioPage(page).open(site.url, 'webgpu');
      await expect(page.getByRole('note', { name: 'Protection' })).toContainText('This page is unprotected.');
      expect(loads).toHaveLength(1);
      await site.close();
    });
  });
});
