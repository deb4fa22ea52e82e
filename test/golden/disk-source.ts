/** Fixtures from disk, for suites that run in Node. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesUnder, fixturesFolder } from '../fixtures-folder';
import type { FixtureSource } from './source';

export const diskSource: FixtureSource = {
  async bytes(path) {
    return new Uint8Array(await readFile(join(fixturesFolder(), path)));
  },
  async list(folder) {
    return filesUnder(join(fixturesFolder(), folder));
  },
};
