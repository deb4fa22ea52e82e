/** Fixtures from disk, for suites that run in Node. */
import { readFile } from 'node:fs/promises';
import { filesUnder, fixturePath } from '../fixtures-folder';
import type { FixtureSource } from './source';

export const diskSource: FixtureSource = {
  async bytes(path) {
    return new Uint8Array(await readFile(fixturePath(path)));
  },
  async list(folder) {
    return filesUnder(fixturePath(folder));
  },
};
