/** The library on the browser's own storage: what is kept, what is refused, what a crash leaves. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../src/formats/safetensors';
import { writeTorchBin } from '../src/formats/torch-bin';
import type { NamedFile } from '../src/protocol/types';
import type { LibraryAnswer, LibraryCalls } from './model-library.worker';

const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
const contents = new Map<string, Uint8Array<ArrayBuffer>>();
let worker: Worker;
let calls = 0;

beforeAll(async () => {
  worker = new Worker(new URL('./model-library.worker.ts', import.meta.url), { type: 'module' });
  for (const name of names) {
    const response = await fetch(`/models/roberta-tiny/${name}`);
    contents.set(name, new Uint8Array(await response.arrayBuffer()));
  }
});

/** Files are written by workers only, so the library lives in one. */
function call<N extends keyof LibraryCalls>(
  method: N,
  ...args: Parameters<LibraryCalls[N]>
): Promise<Awaited<ReturnType<LibraryCalls[N]>>> {
  const id = calls++;
  return new Promise((resolve, reject) => {
    const listen = ({ data }: MessageEvent<LibraryAnswer>) => {
      if (data.id !== id) return;
      worker.removeEventListener('message', listen);
      if (data.error) reject(data.error);
      else resolve(data.value as Awaited<ReturnType<LibraryCalls[N]>>);
    };
    worker.addEventListener('message', listen);
    worker.postMessage({ id, method, args });
  });
}

afterEach(async () => {
  for (const { id } of await call('models')) await call('delete', id);
});

const folder = (changes: Readonly<Record<string, Uint8Array<ArrayBuffer> | null>> = {}): NamedFile[] =>
  [...contents, ...Object.entries(changes)].flatMap(([name, bytes]) =>
    bytes && !(changes[name] === null) ? [{ path: `tiny/${name}`, file: new File([bytes], name) }] : [],
  );

async function errorOf(
  promise: Promise<unknown>,
): Promise<{ readonly code: string; readonly message: string }> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!error) throw new Error('nothing was refused');
  return error as { readonly code: string; readonly message: string };
}

const weight = 'roberta.encoder.layer.0.output.dense.weight';

describe('a model folder', () => {
  it('is kept, told of, and gives the values of the embedded model', async () => {
    const model = await call('import', 'tiny', folder());
    const [record] = await call('models');
    expect(model).toMatchObject({
      title: 'tiny',
      layers: 2,
      hiddenSize: 128,
      kept: { origin: { kind: 'disk' } },
    });
    expect(record?.files.map(({ path }) => path)).toEqual([
      'config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'model.safetensors',
    ]);
    expect(await call('lastEvent')).toMatchObject({ type: 'library' });
    expect((await call('describe')).baseModels.map(({ id }) => id)).toEqual([
      'roberta-mini',
      'roberta-tiny',
      model.id,
    ]);
    expect(await call('tensor', model.id, weight)).toEqual(await call('tensor', 'roberta-tiny', weight));
    // The same files once more are the same model.
    expect((await call('import', 'tiny', folder())).id).toBe(model.id);
    expect(await call('models')).toHaveLength(1);
  });

  it('with torch’s weights is kept as safetensors', async () => {
    const tensors = readSafetensors(contents.get('model.safetensors')!, 'model.safetensors');
    const model = await call(
      'import',
      'tiny',
      folder({ 'model.safetensors': null, 'pytorch_model.bin': writeTorchBin(tensors, 'pytorch_model') }),
    );
    const [record] = await call('models');
    expect(record?.files.map(({ path }) => path)).not.toContain('pytorch_model.bin');
    expect(await call('isThere', model.id, 'pytorch_model.bin')).toBe(false);
    expect(await call('tensor', model.id, weight)).toEqual(await call('tensor', 'roberta-tiny', weight));
  });

  it('that cannot be read leaves nothing', async () => {
    const before = await call('folders');
    const broken = new TextEncoder().encode('PK, but no archive');
    const error = await errorOf(
      call('import', 'tiny', folder({ 'model.safetensors': null, 'pytorch_model.bin': broken })),
    );
    expect(error.message).toContain('pytorch_model.bin');
    expect(await call('models')).toEqual([]);
    expect(await call('folders')).toEqual(before);
  });

  it('is refused with figures where there is no room, before anything is written', async () => {
    await call('pretendRoom', { usage: 9_000_000, quota: 10_000_000 });
    const error = await errorOf(call('import', 'tiny', folder()));
    await call('pretendRoom', null);
    expect(error.code).toBe('model-no-room');
    expect(error.message).toMatch(/needs 4 MB more; .* 10 MB in all, of which 9 MB/);
    expect(await call('models')).toEqual([]);
  });

  it('is missed where the browser took a file of it away', async () => {
    const { id } = await call('import', 'tiny', folder());
    await call('removeFile', id, 'model.safetensors');
    const error = await errorOf(call('tensor', id, weight));
    expect(error.code).toBe('model-damaged');
    expect(error.message).toContain('model.safetensors');
  });

  it('is deleted with its files, and can be got again', async () => {
    const { id } = await call('import', 'tiny', folder());
    await call('delete', id);
    expect(await call('folders')).not.toContain(id);
    expect((await errorOf(call('tensor', id, weight))).code).toBe('unknown-base');
    expect((await call('import', 'tiny', folder())).id).toBe(id);
  });
});

describe('the library', () => {
  it('clears away what a crash left, and keeps what has a record', async () => {
    const { id } = await call('import', 'tiny', folder());
    await call('leaveBehind', 'left@behind');
    await call('sweep');
    expect(await call('folders')).toContain(id);
    expect(await call('folders')).not.toContain('left@behind');
  });

  it('writes one model at a time', async () => {
    const [first, second] = await Promise.allSettled([
      call('import', 'tiny', folder()),
      call('import', 'tiny', folder()),
    ]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'model-in-use' } });
  });

  it('takes a hub’s address as people write it, and gives no token back', async () => {
    const set = await call('setHub', ' https://mirror.example/hf/ ', 'hf_secret');
    expect(set.hub).toEqual({ endpoint: 'https://mirror.example/hf', hasToken: true });
    expect(JSON.stringify(set)).not.toContain('hf_secret');
    expect((await call('setHub', '', undefined)).hub).toEqual({
      endpoint: 'https://huggingface.co',
      hasToken: true,
    });
    expect((await call('setHub', '', null)).hub.hasToken).toBe(false);
    expect((await errorOf(call('setHub', 'file:///models', undefined))).code).toBe('bad-endpoint');
  });

  it('asks no hub for what can be no name', async () => {
    const before = await call('requests');
    for (const repo of ['', '../etc', 'a/b/c', 'a b', 'https://huggingface.co/roberta-base'])
      expect((await errorOf(call('find', { repo, revision: 'main' }))).code, repo).toBe('bad-model-name');
    expect((await errorOf(call('find', { repo: 'a', revision: '../x' }))).code).toBe('bad-model-name');
    expect(await call('requests')).toBe(before);
  });
});
