/** The release's zip: the built folder, what it is made of and how to serve it. The same build gives the same bytes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Licence } from '../src/app/licences';
import { writeZip } from '../src/formats/zip';

export interface Release {
  /** The folder that `npm run build` wrote. */
  readonly built: string;
  readonly version: string;
  /** Text of the studio's licence. */
  readonly licence: string;
  /**
   * Of the release, not of the build, and later than the one's before: servers tell by time and length whether a file is another
   * one, and index.html has always the same length.
   */
  readonly time: Date;
}

/** Everything in one folder of the release's name. */
export function releaseZip({ built, version, licence, time }: Release): Uint8Array<ArrayBuffer> {
  const files = new Map(
    readdirSync(built, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [
        path.slice(built.length + 1).replaceAll('\\', '/'),
        new Uint8Array(readFileSync(path)),
      ]),
  );
  const licences = JSON.parse(readFileSync(join(built, 'licences.json'), 'utf8')) as readonly Licence[];
  const text = new TextEncoder();
  files.set('LICENSE.txt', text.encode(licence));
  files.set('THIRD-PARTY-LICENCES.txt', text.encode(thirdParty(licences)));
  files.set('README.txt', text.encode(howToServe(version)));
  const names = [...files.keys()].sort();
  return writeZip(
    new Map(names.map((name) => [`adapter-studio-${version}/${name}`, files.get(name)!])),
    withoutZone(time),
  );
}

/** The local time that reads as UTC's: the same bytes in every zone. */
function withoutZone(time: Date): Date {
  const [year = 0, month = 1, ...rest] = time.toISOString().split(/\D/).map(Number);
  const [day, hour, minute, second] = rest;
  return new Date(year, month - 1, day, hour, minute, second);
}

function thirdParty(licences: readonly Licence[]): string {
  return licences
    .filter(({ kind }) => kind !== 'studio')
    .map(({ name, version, licence, text }) => `${`${name} ${version}`.trim()}: ${licence}\n\n${text}\n`)
    .join(`\n${'-'.repeat(72)}\n\n`);
}

const howToServe = (version: string) => `Adapter Studio ${version}

Trains AdapterHub adapters on a frozen RoBERTa in the browser, on WebGPU. Nothing leaves the machine that opens it.

These files are the whole studio. Serve them with any static web server, under any path:

    python3 -m http.server 8000 --bind 127.0.0.1

and open http://localhost:8000/ in Chrome or Edge. Opening index.html from the disk does not work: browsers give files no
workers and no storage. Other machines must reach it by https.

Which headers a server should set, how long what may be cached, and examples for nginx, Apache and GitHub Pages stand in
docs/hosting.md of the studio's source.

LICENSE.txt is the studio's licence, THIRD-PARTY-LICENCES.txt those of what it contains.
`;
