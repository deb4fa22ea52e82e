import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { offlinePage } from './offline-page';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'offline-page-'));
  mkdirSync(join(root, 'public/datasets'), { recursive: true });
  writeFileSync(join(root, 'public/datasets/rows.csv'), 'text,label');
  writeFileSync(join(root, 'main.ts'), `document.title = new URL('./run.wasm', import.meta.url).href;`);
  // Larger than what Vite puts into the text itself.
  writeFileSync(join(root, 'run.wasm'), new Uint8Array(8192));
});
afterEach(() => rmSync(root, { recursive: true }));

/** What the build of a page with this text makes of the service worker's first lines. */
async function built(text: string) {
  const html = `<!doctype html><title>${text}</title><script type="module" src="/main.ts"></script>`;
  writeFileSync(join(root, 'index.html'), html);
  const result = await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: { write: false },
    plugins: [offlinePage()],
  });
  if (!('output' in result)) throw new Error('one build was asked for');
  const worker = result.output.find(({ fileName }) => fileName === 'offline.js');
  const source = worker?.type === 'asset' ? String(worker.source) : '';
  const constant = (name: string) => new RegExp(`^const ${name} = (.*);$`, 'm').exec(source)![1]!;
  return {
    files: constant('files'),
    filesWhenUsed: constant('filesWhenUsed'),
    version: constant('version'),
  };
}

it('the version of the kept page is another one where index.html alone is', async () => {
  const first = await built('one');
  const other = await built('two');
  expect(other.files).toBe(first.files);
  expect(other.files).toContain('datasets/rows.csv');
  expect(other.version).not.toBe(first.version);
  expect(await built('one')).toEqual(first);
});

it('WebAssembly is kept when it is used, and not with the page', async () => {
  const { files, filesWhenUsed } = await built('one');
  expect(JSON.parse(filesWhenUsed)).toEqual([expect.stringMatching(/^assets\/run-[\w-]+\.wasm$/)]);
  expect(files).not.toContain('.wasm');
});
