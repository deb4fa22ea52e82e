import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterEach, expect, it } from 'vitest';
import { releaseZip } from './release';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const licences = [
  { kind: 'package', name: 'some-package', version: '1.2.3', licence: 'MIT', text: 'As it is.' },
];
const contents: readonly (readonly [string, string])[] = [
  ['licences.json', JSON.stringify(licences)],
  ['index.html', '<!doctype html>'],
  ['assets/a.js', '1'],
];

function built(files: typeof contents): string {
  const folder = mkdtempSync(join(tmpdir(), 'built-'));
  folders.push(folder);
  mkdirSync(join(folder, 'assets'));
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  return folder;
}

it('the same build gives the same bytes, whenever and in whatever order it was written', () => {
  const first = built(contents);
  const second = built([...contents].reverse());
  for (const [name] of contents) utimesSync(join(second, name), 1, 1);
  const zip = releaseZip(first, '1.0.0', 'The licence.');
  expect(releaseZip(second, '1.0.0', 'The licence.')).toEqual(zip);
  const other = built(contents.map(([name, text]) => [name, name === 'assets/a.js' ? '2' : text]));
  expect(releaseZip(other, '1.0.0', 'The licence.')).not.toEqual(zip);
});

it('holds the build and the licences, in one folder of its name', () => {
  const files = unzipSync(releaseZip(built(contents), '1.0.0', 'The licence.'));
  const text = (name: string) => new TextDecoder().decode(files[`adapter-studio-1.0.0/${name}`]);
  expect(Object.keys(files)).toEqual(
    [
      'LICENSE.txt',
      'README.txt',
      'THIRD-PARTY-LICENCES.txt',
      'assets/a.js',
      'index.html',
      'licences.json',
    ].map((name) => `adapter-studio-1.0.0/${name}`),
  );
  expect(text('LICENSE.txt')).toBe('The licence.');
  expect(text('THIRD-PARTY-LICENCES.txt')).toBe('some-package 1.2.3: MIT\n\nAs it is.\n');
});
