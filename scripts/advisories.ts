/**
 * The advisories of an exported dump that concern a lockfile. A dump is OSV's export of npm (`all.zip`, or the folder that it
 * unpacks to) or a checkout of GitHub's advisory database; it is looked up by Renovate's osv-offline-db, versions are
 * compared by npm's semver. Asks no network.
 */

import { once } from 'node:events';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Osv, OsvOfflineDb } from '@renovatebot/osv-offline-db';
import { Unzip, UnzipInflate } from 'fflate';
import semver from 'semver';
import { StudioError } from '../src/errors';

/** A dump that is older says nothing about what became known since. */
export const maximumAgeDays = 30;

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** Where it lies, `node_modules/…`. */
  readonly path: string;
}

interface Finding {
  readonly package: LockedPackage;
  readonly advisory: Osv.Vulnerability;
}

export interface Audit {
  readonly packages: number;
  /** Records of the dump that are about npm. */
  readonly advisories: number;
  /** `modified` of the dump's newest record. */
  readonly newest: string;
  readonly findings: readonly Finding[];
}

export interface AuditOptions {
  /** Path of the dump; undefined where none was given. */
  readonly dump: string | undefined;
  /** Text of a package-lock.json. */
  readonly lockfile: string;
  readonly now?: Date;
}

/** Throws `audit-no-dump`, `audit-empty-dump`, `audit-old-dump` or `audit-lockfile`. */
export async function audit({ dump, lockfile, now = new Date() }: AuditOptions): Promise<Audit> {
  if (!dump)
    throw new StudioError(
      'audit-no-dump',
      'No dump of advisories was given, so nothing was audited.',
      wayOut,
    );
  if (!existsSync(dump))
    throw new StudioError('audit-no-dump', `There is no dump of advisories at ${dump}.`, wayOut);
  const packages = lockedPackages(lockfile);
  const folder = mkdtempSync(join(tmpdir(), 'advisories-'));
  try {
    const { advisories, newest } = await writeDatabase(dump, join(folder, 'npm.nedb'));
    if (!newest)
      throw new StudioError('audit-empty-dump', `${dump} holds no advisory about an npm package.`, wayOut);
    const ageDays = (now.getTime() - Date.parse(newest)) / 86_400_000;
    if (ageDays > maximumAgeDays)
      throw new StudioError(
        'audit-old-dump',
        `The dump ${dump} is ${Math.floor(ageDays)} days old: its newest record is of ${newest}.`,
        `Export a new one; it may be ${maximumAgeDays} days old.`,
      );
    return { packages: packages.length, advisories, newest, findings: await lookUp(folder, packages) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const wayOut =
  'Run: npm run audit -- PATH, where PATH is OSV’s export for npm (all.zip or its folder) or a checkout of GitHub’s advisory database.';

/** Packages of the registry; links and folders of the project itself are none. */
function lockedPackages(lockfile: string): readonly LockedPackage[] {
  const { packages } = JSON.parse(lockfile) as {
    readonly packages?: Readonly<
      Record<string, { readonly name?: string; readonly version?: string; readonly link?: boolean }>
    >;
  };
  if (!packages)
    throw new StudioError(
      'audit-lockfile',
      'The lockfile has no "packages".',
      'npm 7 and newer write them: npm install --package-lock-only.',
    );
  return Object.entries(packages).flatMap(([path, { name, version, link }]) => {
    const begin = path.lastIndexOf('node_modules/');
    if (begin < 0 || link || !version) return [];
    // An alias stands under its own name and tells the package's.
    return [{ name: name ?? path.slice(begin + 'node_modules/'.length), version, path }];
  });
}

async function lookUp(folder: string, packages: readonly LockedPackage[]): Promise<readonly Finding[]> {
  // Its types hold this read-only, and the variable OSV_OFFLINE_ROOT_DIR is read once, when it is imported.
  Object.assign(OsvOfflineDb, { rootDirectory: folder });
  using database = OsvOfflineDb.create();
  const findings: Finding[] = [];
  for (const locked of packages)
    for (const advisory of await database.query('npm', locked.name))
      if (concerns(advisory, locked)) findings.push({ package: locked, advisory });
  return findings;
}

/** OSV's evaluation of a version: the last event at or before it decides; https://ossf.github.io/osv-schema/#evaluation. */
export function concerns(
  { withdrawn, affected = [] }: Osv.Vulnerability,
  { name, version }: Pick<LockedPackage, 'name' | 'version'>,
): boolean {
  if (withdrawn) return false;
  return affected
    .filter((entry) => entry.package?.ecosystem === 'npm' && entry.package.name === name)
    .some(
      ({ versions = [], ranges = [] }) =>
        versions.includes(version) ||
        ranges.some(({ type, events }) => type !== 'GIT' && isInRange(events, version)),
    );
}

function isInRange(events: readonly Osv.Event[], version: string): boolean {
  const at = (text: string) => (text === '0' ? '0.0.0-0' : text);
  const sorted = events
    .flatMap(({ introduced, fixed, last_affected: last }) => [
      ...(introduced === undefined ? [] : [{ at: at(introduced), opens: true, after: false }]),
      ...(fixed === undefined ? [] : [{ at: at(fixed), opens: false, after: false }]),
      ...(last === undefined ? [] : [{ at: at(last), opens: false, after: true }]),
    ])
    .sort((a, b) => semver.compare(a.at, b.at, true));
  let inside = false;
  for (const event of sorted) {
    const order = semver.compare(version, event.at, true);
    if (event.after ? order > 0 : order >= 0) inside = event.opens;
  }
  return inside;
}

/** The dump's records about npm as osv-offline-db reads them: one a line. */
async function writeDatabase(dump: string, file: string) {
  const output = createWriteStream(file);
  let advisories = 0;
  let newest = '';
  for await (const { name, text } of recordsOf(dump)) {
    const record = parseRecord(name, text);
    const affected = (record.affected ?? []).filter((entry) => entry.package?.ecosystem === 'npm');
    if (affected.length === 0) continue;
    // GitHub's own export has no package URLs, by which osv-offline-db tells packages of one name apart.
    for (const { package: named } of affected)
      if (named) named.purl ??= `pkg:npm/${named.name.split('/').map(encodeURIComponent).join('/')}`;
    advisories++;
    if (record.modified > newest) newest = record.modified;
    if (!output.write(`${JSON.stringify(record)}\n`)) await once(output, 'drain');
  }
  output.end();
  await once(output, 'close');
  return { advisories, newest };
}

function parseRecord(name: string, text: string): Osv.Vulnerability {
  try {
    return JSON.parse(text) as Osv.Vulnerability;
  } catch (cause) {
    throw new StudioError(
      'audit-damaged-dump',
      `${name} in the dump of advisories is not valid JSON (${cause instanceof Error ? cause.message : cause}).`,
      'Export or unpack the dump again.',
      { cause },
    );
  }
}

interface DumpFile {
  readonly name: string;
  readonly text: string;
}

async function* recordsOf(dump: string): AsyncGenerator<DumpFile> {
  if (!statSync(dump).isDirectory()) {
    yield* zippedRecords(dump);
    return;
  }
  for (const name of readdirSync(dump, { recursive: true, encoding: 'utf8' }))
    if (name.endsWith('.json')) yield { name, text: readFileSync(join(dump, name), 'utf8') };
}

/** As the zip streams through: the whole export is some gigabytes. */
async function* zippedRecords(dump: string): AsyncGenerator<DumpFile> {
  const ready: DumpFile[] = [];
  const unzip = new Unzip((file) => {
    if (!file.name.endsWith('.json')) return;
    const decoder = new TextDecoder();
    let text = '';
    file.ondata = (error, bytes, final) => {
      if (error) throw error;
      text += decoder.decode(bytes, { stream: !final });
      if (final) ready.push({ name: file.name, text });
    };
    file.start();
  });
  unzip.register(UnzipInflate);
  for await (const chunk of createReadStream(dump)) {
    unzip.push(chunk as Uint8Array);
    yield* ready.splice(0);
  }
  unzip.push(new Uint8Array(), true);
  yield* ready.splice(0);
}
