/** `npm run pack`: builds the studio and packs it as `adapter-studio-<version>.zip`. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'vite';
import { releaseZip } from './release';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
await build({ logLevel: 'warn' });
const bytes = releaseZip('dist', version, readFileSync('LICENSE', 'utf8'));
const fileName = `adapter-studio-${version}.zip`;
writeFileSync(fileName, bytes);
console.log(
  `${fileName}: ${(bytes.length / 1e6).toFixed(1)} MB, sha-256 ${createHash('sha256').update(bytes).digest('hex')}`,
);
