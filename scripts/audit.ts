/** `npm run audit -- DUMP`: known vulnerabilities of the packages in package-lock.json; see `advisories.ts`. */
import { readFileSync } from 'node:fs';
import { StudioError } from '../src/errors';
import { audit } from './advisories';

try {
  const { packages, advisories, newest, findings } = await audit({
    dump: process.argv[2],
    lockfile: readFileSync('package-lock.json', 'utf8'),
  });
  for (const { package: locked, advisory } of findings) {
    const names = [advisory.id, ...(advisory.aliases ?? [])].join(', ');
    console.log(`${locked.name} ${locked.version} (${locked.path}): ${names}: ${advisory.summary ?? ''}`);
  }
  console.log(
    `${packages} packages against ${advisories} advisories up to ${newest}: ${findings.length} found.`,
  );
  process.exitCode = findings.length === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof StudioError)) throw error;
  console.error(`${error.message} ${error.hint}`);
  process.exitCode = 2;
}
