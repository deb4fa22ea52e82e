import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StudioError } from '../errors';
import { sha256 } from '../formats/sha256';
import { loadBaseModel, type ModelProgress } from './model-cache';

const base = 'https://models.test/tiny';
let cacheName = '';
let served: Map<string, { body: string; type?: string; etag?: string; length?: number }>;
let requests: string[];
let isOffline = false;
let count = 0;

beforeEach(() => {
  cacheName = `test-models-${Date.now()}-${count++}`;
  requests = [];
  isOffline = false;
  served = new Map([
    ['config.json', { body: '{"hidden_size":8}', etag: '"c1"' }],
    ['tokenizer.json', { body: '{"model":{}}' }],
    ['tokenizer_config.json', { body: '{}' }],
    ['model.safetensors', { body: 'weights', etag: '"w1"' }],
  ]);
});
afterEach(() => caches.delete(cacheName));

const network: typeof fetch = async (input, init) => {
  if (isOffline) throw new TypeError('Failed to fetch');
  const method = init?.method ?? 'GET';
  const file = String(input).slice(base.length + 1);
  requests.push(`${method} ${file}`);
  const found = served.get(file);
  if (!found) return new Response('no', { status: 404 });
  const headers = new Headers({ 'content-length': String(found.length ?? found.body.length) });
  if (found.etag) headers.set('etag', found.etag);
  return new Response(method === 'HEAD' ? null : found.body, { headers });
};

const load = (onProgress?: (progress: ModelProgress) => void) =>
  loadBaseModel(base, { fetch: network, cacheName, ...(onProgress && { onProgress }) });

async function errorOf(promise: Promise<unknown>): Promise<StudioError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof StudioError)) throw new Error(`no StudioError but ${error}`);
  return error;
}

describe('base model files', () => {
  it('are fetched once, with progress and a fingerprint', async () => {
    const progress: ModelProgress[] = [];
    const files = await load((step) => progress.push(step));
    expect(files.config).toEqual({ hidden_size: 8 });
    expect(new TextDecoder().decode(files.weights)).toBe('weights');
    expect(files.fingerprint).toBe(await sha256([new TextEncoder().encode('weights')]));
    expect(progress.at(-1)).toEqual({
      file: 'model.safetensors',
      loadedBytes: 7,
      totalBytes: 7,
      fromCache: false,
    });
    requests = [];
    expect(await load((step) => progress.push(step))).toEqual(files);
    expect(requests.every((request) => request.startsWith('HEAD'))).toBe(true);
    expect(progress.at(-1)?.fromCache).toBe(true);
  });

  it('are fetched again once the server has others', async () => {
    await load();
    served.set('model.safetensors', { body: 'newer weights', etag: '"w2"' });
    served.set('tokenizer.json', { body: '{"model":{"longer":1}}' });
    const files = await load();
    expect(new TextDecoder().decode(files.weights)).toBe('newer weights');
    expect(files.tokenizer).toEqual({ model: { longer: 1 } });
  });

  it('work offline once they are kept, and say so where they are not', async () => {
    isOffline = true;
    const error = await errorOf(load());
    expect(error.code).toBe('model-offline');
    expect(error.message).toContain('config.json');
    isOffline = false;
    const files = await load();
    isOffline = true;
    expect(await load()).toEqual(files);
  });

  it.each([
    ['a missing file', 'tokenizer.json', undefined, 'model-file-missing'],
    ['a fallback page', 'config.json', { body: '<!doctype html><html></html>' }, 'file-html'],
    [
      'an LFS pointer',
      'model.safetensors',
      { body: 'version https://git-lfs.github.com/spec/v1' },
      'file-lfs-pointer',
    ],
    ['a file that ends early', 'model.safetensors', { body: 'wei', length: 7 }, 'model-file-incomplete'],
    ['broken JSON', 'tokenizer_config.json', { body: '{' }, 'model-file-damaged'],
    ['an empty file', 'config.json', { body: '' }, 'file-empty'],
  ])('name %s', async (_, file, answer, code) => {
    if (answer) served.set(file, answer);
    else served.delete(file);
    const error = await errorOf(load());
    expect(error.code).toBe(code);
    expect(error.message).toContain(file);
  });
});
