import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeHub, type FakeHubOptions, type FakeRepo } from '../../../test/fake-hub';
import { StudioError } from '../../errors';
import { hubFetch } from './hub-fetch';
import { listRepo, neededFiles, probeFile } from './hub-repo';

let hub: FakeHub;
afterEach(() => hub.close());

const bytes = (text: string) => new TextEncoder().encode(text);
const files = new Map([
  ['config.json', bytes('{}')],
  ['tokenizer.json', bytes('{"model":{}}')],
  ['model.safetensors', bytes('weights')],
  ['pytorch_model.bin', bytes('older weights')],
]);

async function ask(repo: string, served: FakeRepo, options: FakeHubOptions = {}) {
  hub = new FakeHub(options);
  hub.serve(served);
  const endpoint = await hub.listen();
  const network = { fetch, sleep: async () => {}, onWait: () => {} };
  const request = {
    endpoint,
    repo,
    revision: 'main',
    fetch: hubFetch({ endpoint, token: null }, network, new AbortController().signal),
  };
  return { request, list: () => listRepo(request) };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof StudioError ? error.code : String(error);
}

describe('a repository', () => {
  it('is listed at its commit, with the sha-256 of large files', async () => {
    const { list } = await ask('owner/tiny', { name: 'owner/tiny', files });
    const listing = await list();
    expect(listing.commit).toMatch(/^[0-9a-f]{40}$/);
    expect([...listing.files.keys()]).toEqual([...files.keys()]);
    expect(listing.files.get('model.safetensors')).toEqual({
      path: 'model.safetensors',
      sizeBytes: 7,
      sha256: createHash('sha256').update('weights').digest('hex'),
      etag: null,
    });
    expect(listing.files.get('config.json')?.sha256).toBeNull();
    expect(hub.requests.map(({ path }) => path)).toEqual([
      '/api/models/owner/tiny/revision/main',
      `/api/models/owner/tiny/tree/${listing.commit}`,
    ]);
  });

  it('of a plain mirror is asked for file by file', async () => {
    const { list } = await ask('tiny', { name: 'tiny', files }, { api: false });
    const listing = await list();
    expect(listing.commit).toMatch(/^[0-9a-f]{40}$/);
    expect([...listing.files.keys()]).toEqual(['config.json', 'tokenizer.json', 'model.safetensors']);
    expect(listing.files.get('model.safetensors')?.sizeBytes).toBe(7);
    // Only its first request is of a branch; those after it are of the commit that this named.
    expect(hub.requests.filter(({ path }) => path.includes('/main/'))).toHaveLength(1);
  });

  it('needs no commit', async () => {
    const { list } = await ask('tiny', { name: 'tiny', files, commit: null }, { api: false });
    expect((await list()).commit).toBeNull();
    const etag = (await list()).files.get('config.json')?.etag;
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
  });

  it('whose listing has no commit is asked for file by file: ETags tell whether it moves', async () => {
    const { list } = await ask('tiny', { name: 'tiny', files, commit: null });
    const { commit, files: found } = await list();
    expect(commit).toBeNull();
    expect([...found.values()].map(({ etag }) => typeof etag)).toEqual(['string', 'string', 'string']);
  });

  it('that is not there, or not for everybody, is told alike', async () => {
    const { list } = await ask('other', { name: 'tiny', files });
    expect(await codeOf(list())).toBe('hub-access');
  });

  it('without a config.json is none', async () => {
    const { list } = await ask('tiny', { name: 'tiny', files: new Map() }, { api: false });
    expect(await codeOf(list())).toBe('hub-no-repo');
  });

  it('of a server that answers everything with a page is none', async () => {
    const { request } = await ask('tiny', { name: 'tiny', files });
    hub.fault('tiny/config.json', { kind: 'html' });
    const pages: typeof fetch = async () =>
      new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } });
    expect(await codeOf(listRepo({ ...request, fetch: pages }))).toBe('hub-unreadable');
  });

  it('names the commit and size of one file', async () => {
    const { request } = await ask('tiny', { name: 'tiny', files });
    expect(await probeFile(request, 'nothing.txt')).toBeNull();
    expect((await probeFile(request, 'config.json'))?.file.sizeBytes).toBe(2);
  });
});

describe('the needed files', () => {
  const codeFor = (...names: string[]) => {
    try {
      return neededFiles(new Set(names), null).join(' ');
    } catch (error) {
      return error instanceof StudioError ? `${error.code} ${error.message}` : String(error);
    }
  };
  const all = [
    'README.md',
    'config.json',
    'model.safetensors',
    'pytorch_model.bin',
    'tokenizer.json',
    'vocab.json',
  ];

  it('are those of one form of the weights and one of the tokenizer', () => {
    expect(codeFor(...all)).toBe('config.json tokenizer.json model.safetensors');
    expect(
      codeFor('config.json', 'vocab.json', 'merges.txt', 'pytorch_model.bin', 'tokenizer_config.json'),
    ).toBe('config.json vocab.json merges.txt tokenizer_config.json pytorch_model.bin');
    expect(codeFor('config.json', 'vocab.txt', 'model.safetensors')).toBe(
      'config.json vocab.txt model.safetensors',
    );
  });

  it('are missed by name', () => {
    expect(codeFor('model.safetensors')).toMatch(/^model-files-missing .*config\.json/);
    expect(codeFor('config.json', 'tokenizer.json', 'tf_model.h5')).toMatch(
      /^model-files-missing .*safetensors/,
    );
    expect(codeFor('config.json', 'model.safetensors')).toMatch(/^model-tokenizer/);
    expect(codeFor('config.json', 'model.safetensors', 'sentencepiece.bpe.model')).toMatch(
      /^model-tokenizer .*sentencepiece/,
    );
  });

  it('include every shard that the index names', () => {
    const index = 'model.safetensors.index.json';
    const names = ['config.json', 'tokenizer.json', index, 'model-00001-of-00002.safetensors'];
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    expect(() => neededFiles(new Set(names), shards)).toThrow(/model-00002-of-00002/);
    expect(neededFiles(new Set([...names, shards[1]!]), shards).slice(2)).toEqual([index, ...shards]);
  });
});
