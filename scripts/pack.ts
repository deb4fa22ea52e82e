/**
 * `npm run pack`: builds the studio and packs it as `adapter-studio-<version>.zip`. Its files have the time of the commit that is
 * checked out, or of `SOURCE_DATE_EPOCH`, in seconds, where there is no repository.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'vite';
import { releaseZip } from './release';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
await build({ logLevel: 'warn' });
const bytes = releaseZip({
  built: 'dist',
  version,
  licence: readFileSync('LICENSE', 'utf8'),
  time: releaseTime(),
});
const fileName = `adapter-studio-${version}.zip`;
writeFileSync(fileName, bytes);
console.log(
  `${fileName}: ${(bytes.length / 1e6).toFixed(1)} MB, sha-256 ${createHash('sha256').update(bytes).digest('hex')}`,
);

function releaseTime(): Date {
  const given = process.env.SOURCE_DATE_EPOCH;
  const seconds = given ?? execFileSync('git', ['log', '-1', '--format=%ct'], { encoding: 'utf8' });
  return new Date(Number(seconds) * 1000);
}
