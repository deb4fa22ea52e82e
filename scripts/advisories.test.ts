import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { audit, concerns, maximumAgeDays } from './advisories';

const folder = 'test/fixtures/advisories';
const published = readFileSync(join(folder, 'GHSA-xq3m-2v4x-88gg.json'), 'utf8');
/** The record's own last day, and one on which it is too old. */
const [fresh, late] = ['2026-05-20T00:00:00Z', '2026-06-04T00:00:00Z'].map((day) => new Date(day));
const ours = readFileSync('package-lock.json', 'utf8');

let place: string;
let exported: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'audit-'));
  exported = join(place, 'all.zip');
  writeFileSync(exported, zipSync({ 'GHSA-xq3m-2v4x-88gg.json': strToU8(published) }));
});
afterAll(() => rmSync(place, { recursive: true }));

function withPackage(path: string, version: string, name?: string): string {
  const lock = JSON.parse(ours) as { packages: Record<string, object> };
  lock.packages[path] = { version, ...(name ? { name } : {}) };
  return JSON.stringify(lock);
}

const found = async (lockfile: string, dump = exported) =>
  (await audit({ dump, lockfile, now: fresh })).findings.map(
    ({ package: { name, version, path }, advisory }) => `${advisory.id}: ${name} ${version} at ${path}`,
  );

it('protobufjs 6.11.6 in the lockfile is reported, from the zip and from the folder', async () => {
  const lockfile = withPackage('node_modules/protobufjs', '6.11.6');
  const expected = ['GHSA-xq3m-2v4x-88gg: protobufjs 6.11.6 at node_modules/protobufjs'];
  expect(await found(lockfile)).toEqual(expected);
  expect(await found(lockfile, folder)).toEqual(expected);
});

it('also below another package and under another name', async () => {
  expect(await found(withPackage('node_modules/a/node_modules/protobufjs', '7.5.4'))).toHaveLength(1);
  expect(await found(withPackage('node_modules/proto', '8.0.0', 'protobufjs'))).toEqual([
    'GHSA-xq3m-2v4x-88gg: protobufjs 8.0.0 at node_modules/proto',
  ]);
});

it('a fixed version, another package and our own lockfile are not', async () => {
  for (const version of ['7.5.5', '8.0.1', '9.0.0'])
    expect(await found(withPackage('node_modules/protobufjs', version))).toEqual([]);
  expect(await found(withPackage('node_modules/@protobufjs/utf8', '1.1.0'))).toEqual([]);
  const { packages, findings } = await audit({ dump: exported, lockfile: ours, now: fresh });
  expect(findings).toEqual([]);
  expect(packages).toBeGreaterThan(200);
});

it.each([
  [
    'last affected',
    [{ introduced: '1.2.0' }, { last_affected: '1.4.0' }],
    ['1.2.0', '1.4.0'],
    ['1.1.9', '1.4.1'],
  ],
  ['never fixed', [{ introduced: '0' }], ['0.0.0-alpha', '99.0.0'], []],
  [
    'twice',
    [{ introduced: '2.0.0' }, { fixed: '2.0.3' }, { introduced: '0' }, { fixed: '1.9.9' }],
    ['1.0.0', '2.0.2'],
    ['1.9.9', '2.0.3'],
  ],
] as const)('ranges: %s', (_, events, inside, outside) => {
  const advisory = {
    id: 'X',
    modified: '',
    affected: [
      {
        package: { ecosystem: 'npm', name: 'x' },
        ranges: [{ type: 'SEMVER' as const, events: [...events] }],
      },
    ],
  };
  for (const version of inside) expect(concerns(advisory, { name: 'x', version })).toBe(true);
  for (const version of outside) expect(concerns(advisory, { name: 'x', version })).toBe(false);
  const withdrawn = { ...advisory, withdrawn: '2026-01-01T00:00:00Z' };
  for (const version of inside) expect(concerns(withdrawn, { name: 'x', version })).toBe(false);
});

it(`fails, naming the dump, where it is missing, empty, damaged or older than ${maximumAgeDays} days`, async () => {
  const failure = (dump: string | undefined, now = fresh) =>
    audit({ dump, lockfile: ours, now }).then(
      () => 'audited',
      (error: Error) => error.message,
    );
  expect(await failure(undefined)).toBe('No dump of advisories was given, so nothing was audited.');
  expect(await failure(join(place, 'none.zip'))).toBe(`There is no dump of advisories at ${place}/none.zip.`);
  expect(await failure(exported, late)).toBe(
    `The dump ${exported} is 30 days old: its newest record is of 2026-05-04T22:12:42Z.`,
  );
  const empty = join(place, 'empty.zip');
  writeFileSync(empty, zipSync({ 'README.md': strToU8('nothing') }));
  expect(await failure(empty)).toBe(`${empty} holds no advisory about an npm package.`);
  const damaged = join(place, 'damaged.zip');
  writeFileSync(damaged, zipSync({ 'GHSA-x.json': strToU8(published.slice(0, 500)) }));
  expect(await failure(damaged)).toContain('GHSA-x.json in the dump of advisories is not valid JSON');
});

it('npm run audit without a dump exits with an error', () => {
  const { status, stderr } = spawnSync('npm', ['run', '--silent', 'audit'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  expect(stderr).toContain('No dump of advisories was given');
  expect(status).toBe(2);
});
