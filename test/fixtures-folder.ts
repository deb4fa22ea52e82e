/**
 * Which folder of golden numbers the tests read: `ADAPTER_FIXTURES` if it is set, else `../shared/fixtures` beside the
 * checkout, else the few cases kept in the repository.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const inRepository = fileURLToPath(new URL('./fixtures', import.meta.url));
const besideCheckout = fileURLToPath(new URL('../../shared/fixtures', import.meta.url));

/** Where a fixture is: some are kept in the repository only, as its `README.md` says. */
export function fixturePath(path: string): string {
  return join(/^(families|storage)\//.test(path) ? inRepository : fixturesFolder(), path);
}

/** Absolute path of the fixtures folder. Throws where `ADAPTER_FIXTURES` names a folder that is not there. */
export function fixturesFolder(): string {
  const named = process.env.ADAPTER_FIXTURES;
  if (named) {
    if (!existsSync(named)) throw new Error(`ADAPTER_FIXTURES names ${named}, which is not there`);
    return named;
  }
  return existsSync(besideCheckout) ? besideCheckout : inRepository;
}

/** Paths of all files under a folder, relative to it, with slashes, sorted. */
export function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort();
}
