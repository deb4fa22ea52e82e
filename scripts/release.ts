/** The release's zip: the built folder, what it is made of and how to serve it. The same build gives the same bytes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Licence } from '../src/app/licences';
import { writeZip } from '../src/formats/zip';

/** `built` is the folder that `npm run build` wrote; everything lies in one folder of the release's name. */
export function releaseZip(built: string, version: string, licence: string): Uint8Array<ArrayBuffer> {
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
  return writeZip(new Map(names.map((name) => [`adapter-studio-${version}/${name}`, files.get(name)!])));
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
