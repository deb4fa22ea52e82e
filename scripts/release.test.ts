import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterEach, expect, it } from 'vitest';
import { releaseZip } from './release';

const release = (folder: string, time = '2026-11-27T15:30:00Z') =>
  releaseZip({ built: folder, version: '1.0.0', licence: 'The licence.', time: new Date(time) });

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
  const zip = release(first);
  expect(release(second)).toEqual(zip);
  const other = built(contents.map(([name, text]) => [name, name === 'assets/a.js' ? '2' : text]));
  expect(release(other)).not.toEqual(zip);
});

it('holds the build and the licences, in one folder of its name', () => {
  const files = unzipSync(release(built(contents)));
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

it('its files have the time of the release, in every zone', () => {
  const folder = built(contents);
  const zip = release(folder);
  expect(release(folder, '2026-11-28T15:30:00Z')).not.toEqual(zip);
  const zone = process.env.TZ;
  try {
    for (const other of ['Asia/Tokyo', 'America/Los_Angeles']) {
      process.env.TZ = other;
      expect(release(folder)).toEqual(zip);
    }
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
  // MS-DOS time and date of the first local header: 15:30, 27 November of the 46th year after 1980.
  const header = new DataView(zip.buffer, zip.byteOffset);
  expect([header.getUint16(10, true), header.getUint16(12, true)]).toEqual([
    (15 << 11) | (30 << 5),
    (46 << 9) | (11 << 5) | 27,
  ]);
});
