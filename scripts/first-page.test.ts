import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { scriptsOfFirstPage } from './first-page';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function built(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'first-page-'));
  folders.push(folder);
  mkdirSync(join(folder, 'assets'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

it('finds scripts, preloads and what they import, each once, and nothing that waits', () => {
  const folder = built({
    'index.html': `<!doctype html>
      <script type="module" crossorigin src="./assets/index.js"></script>
      <link rel="modulepreload" crossorigin href="./assets/react.js">
      <link rel="stylesheet" href="./assets/index.css">`,
    'assets/index.js': 'import{a}from"./react.js";import"./deep.js";const later=()=>import("./later.js");',
    'assets/react.js': 'export const a=1;',
    'assets/deep.js': 'export{a}from"./react.js";export*from"./deeper.js"',
    'assets/deeper.js': `export const text=${JSON.stringify(Array.from({ length: 400 }, Math.random))};`,
    'assets/later.js': 'export const b=2;',
  });
  const scripts = scriptsOfFirstPage(folder);
  expect(scripts.map(({ file }) => file)).toEqual(
    ['index', 'react', 'deep', 'deeper'].map((name) => `assets/${name}.js`),
  );
  // Random digits cannot be made much smaller.
  expect(scripts.at(-1)!.gzipBytes).toBeGreaterThan(2000);
});

it('a script that is not there is an error, and not 0 bytes', () => {
  const folder = built({ 'index.html': '<script src="./assets/gone.js"></script>' });
  expect(() => scriptsOfFirstPage(folder)).toThrow('gone.js');
});
