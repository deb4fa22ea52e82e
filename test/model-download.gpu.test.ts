/** Downloads from a hub into the browser's own storage: one revision or nothing, from the hub they began at. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { commands } from 'vitest/browser';
import type { Tensor } from '../src/formats/bundle';
import { readSafetensors, writeSafetensors } from '../src/formats/safetensors';
import { writeTorchBin } from '../src/formats/torch-bin';
import { type CallLibrary, errorOf, startLibrary, tinyFiles } from './library-in-worker';

const name = 'someone/tiny';
const shardNames = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
const main = { repo: name, revision: 'main' };
/** One of each shard. */
const weights = [
  'roberta.embeddings.LayerNorm.weight',
  'roberta.encoder.layer.1.output.dense.weight',
] as const;

let call: CallLibrary;
let small: Readonly<Record<string, string>>;
let tensors: ReadonlyMap<string, Tensor>;

beforeAll(async () => {
  call = startLibrary();
  const files = await tinyFiles();
  tensors = readSafetensors(files.get('model.safetensors')!, 'model.safetensors');
  files.delete('model.safetensors');
  small = Object.fromEntries([...files].map(([path, bytes]) => [path, base64(bytes)]));
});

afterEach(async () => {
  const { unfinished } = await call('describe');
  for (const { id } of [...(await call('models')), ...unfinished]) await call('delete', id);
  await call('setHub', '', null);
  await commands.stopHubs();
});

function base64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.byteLength; at += 0x8000)
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  return btoa(pieces.join(''));
}

/** The weights times `sign` in two shards: those of -1 have the sizes of those of 1. */
function shards(sign: 1 | -1): Record<string, string> {
  const signed = [...tensors].map(([key, { shape, data }]): [string, Tensor] => [
    key,
    { shape, data: Float32Array.from(data, (value) => sign * value) },
  ]);
  const half = signed.findIndex(([key]) => key.includes('layer.1.'));
  const parts = [signed.slice(0, half), signed.slice(half)] as const;
  const map = parts.flatMap((part, i) => part.map(([key]) => [key, shardNames[i]!]));
  const index = new TextEncoder().encode(JSON.stringify({ weight_map: Object.fromEntries(map) }));
  return {
    ...small,
    'model.safetensors.index.json': base64(index),
    ...Object.fromEntries(parts.map((part, i) => [shardNames[i]!, base64(writeSafetensors(new Map(part)))])),
  };
}

const torchFiles = (values: ReadonlyMap<string, Tensor>) => ({
  ...small,
  'pytorch_model.bin': base64(writeTorchBin(values, 'pytorch_model')),
});

/** The sign that each shard of a kept model has, against the embedded one. */
async function signs(id: string): Promise<readonly number[]> {
  return Promise.all(
    weights.map(async (key) => {
      const [kept, embedded] = await Promise.all([
        call('tensor', id, key),
        call('tensor', 'roberta-tiny', key),
      ]);
      return Math.sign(kept[0]! * embedded[0]!);
    }),
  );
}

async function startHub(options: Parameters<typeof commands.startHub>[0] = {}): Promise<string> {
  const endpoint = await commands.startHub(options);
  await call('setHub', endpoint, undefined);
  return endpoint;
}

/** Files that were asked for whole or from somewhere on, not to learn of their size. */
async function contentsAsked(endpoint: string): Promise<readonly string[]> {
  const requests = await commands.hubRequests(endpoint);
  return requests
    .filter(({ range, status, path }) => range !== 'bytes=0-0' && status < 300 && !path.startsWith('/api/'))
    .map(({ path }) => path.split('/').at(-1)!);
}

describe('a plain mirror, of shards that have the same sizes in both versions', () => {
  const mirror = { api: false } as const;
  const version = (sign: 1 | -1) => ({ name, files: shards(sign), commit: null });

  it('whose branch moved between two tries gives the newer model whole', async () => {
    const endpoint = await startHub(mirror);
    await commands.serveRepo(endpoint, version(1));
    await commands.hubFault(endpoint, `${name}/${shardNames[1]}`, { kind: 'html', times: 1 });
    expect((await errorOf(call('download', main))).code).toBe('file-html');
    await commands.serveRepo(endpoint, version(-1));
    const [unfinished] = (await call('describe')).unfinished;
    const { id } = await call('continue', unfinished!.id);
    expect(await signs(id)).toEqual([-1, -1]);
  });

  it('whose branch moves after the first shard gives the newer model whole', async () => {
    const endpoint = await startHub(mirror);
    await commands.serveRepo(endpoint, version(1));
    await commands.moveRepoAfter(endpoint, shardNames[0], version(-1));
    const { id } = await call('download', main);
    expect(await signs(id)).toEqual([-1, -1]);
    const asked = await contentsAsked(endpoint);
    expect(asked.filter((path) => path === shardNames[0])).toHaveLength(2);
  });

  it('whose branch moves after the last shard gives the newer model whole', async () => {
    const endpoint = await startHub(mirror);
    await commands.serveRepo(endpoint, version(1));
    await commands.moveRepoAfter(endpoint, shardNames[1], version(-1));
    const { id } = await call('download', main);
    expect(await signs(id)).toEqual([-1, -1]);
  });

  it('whose branch has not moved is asked again only for what is missing', async () => {
    const endpoint = await startHub(mirror);
    await commands.serveRepo(endpoint, version(1));
    await commands.hubFault(endpoint, `${name}/${shardNames[1]}`, { kind: 'html', times: 1 });
    await errorOf(call('download', main));
    const { id } = await call('continue', `${name}@main`);
    expect(await signs(id)).toEqual([1, 1]);
    const asked = await contentsAsked(endpoint);
    expect(asked.filter((path) => path === shardNames[0])).toHaveLength(1);
    expect(asked.filter((path) => path === shardNames[1])).toHaveLength(2);
  });
});

describe('a hub', () => {
  it('gives shards at the commit, from its CDN, which does not get the token', async () => {
    const endpoint = await startHub();
    await commands.serveRepo(endpoint, { name, files: shards(1), token: 'hf_secret' });
    await call('setHub', endpoint, 'hf_secret');
    const { id, kept } = await call('download', main);
    expect(id).toMatch(/^someone\/tiny@[0-9a-f]{8}$/);
    expect(kept?.origin).toMatchObject({ endpoint, commit: expect.stringMatching(/^[0-9a-f]{40}$/) });
    expect(await signs(id)).toEqual([1, 1]);
    const requests = await commands.hubRequests(endpoint);
    const toCdn = requests.filter(({ path }) => path.startsWith('/cdn/'));
    expect(toCdn.map(({ path }) => path.split('/').at(-1))).toEqual([...shardNames]);
    expect(toCdn.map(({ authorization }) => authorization)).toEqual([null, null]);
    const toHub = requests.filter(({ path }) => !path.startsWith('/cdn/'));
    expect(new Set(toHub.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer hf_secret']));
  });

  it('that is not the one set now is gone on with, at the commit, and gets no other hub’s token', async () => {
    const first = await startHub();
    await commands.serveRepo(first, { name, files: shards(1) });
    await commands.hubFault(first, `${name}/${shardNames[1]}`, { kind: 'html', times: 1 });
    expect((await errorOf(call('download', main))).code).toBe('file-html');
    const second = await startHub();
    await commands.serveRepo(second, { name, files: shards(-1) });
    await call('setHub', second, 'hf_of_the_second');

    const [unfinished] = (await call('describe')).unfinished;
    const { id, kept } = await call('continue', unfinished!.id);
    expect(id).toBe(unfinished!.id);
    expect(kept?.origin).toMatchObject({ endpoint: first });
    expect(await signs(id)).toEqual([1, 1]);
    expect(await commands.hubRequests(second)).toEqual([]);
    const authorizations = (await commands.hubRequests(first)).map(({ authorization }) => authorization);
    expect(new Set(authorizations)).toEqual(new Set([null]));
  });
});

describe('torch’s weights from a hub', () => {
  it('are there until the model is kept, and not downloaded again after a failure', async () => {
    const endpoint = await startHub();
    const partial = new Map([...tensors].filter(([key]) => key !== weights[1]));
    await commands.serveRepo(endpoint, { name, files: torchFiles(partial) });
    for (let i = 0; i < 2; i++) expect((await errorOf(call('download', main))).code).toBe('bad-base-weights');
    const asked = await contentsAsked(endpoint);
    expect(asked.filter((path) => path === 'pytorch_model.bin')).toHaveLength(1);
  });

  it('need room for themselves and for what they become', async () => {
    const endpoint = await startHub();
    await commands.serveRepo(endpoint, { name, files: torchFiles(tensors) });
    const { totalBytes } = await call('find', main);
    await call('pretendRoom', { usage: 0, quota: 1.5 * totalBytes });
    const error = await errorOf(call('download', main));
    await call('pretendRoom', null);
    expect(error.code).toBe('model-no-room');
    const { id } = await call('download', main);
    expect(await call('isThere', id, 'pytorch_model.bin')).toBe(false);
    expect(await signs(id)).toEqual([1, 1]);
  });
});
