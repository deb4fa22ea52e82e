/** The library on the browser's own storage: what is kept, what is refused, what a crash leaves. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../src/formats/safetensors';
import { writeTorchBin } from '../src/formats/torch-bin';
import type { NamedFile } from '../src/protocol/types';
import { type CallLibrary, errorOf, startLibrary, tinyFiles } from './library-in-worker';

let contents: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
let call: CallLibrary;

beforeAll(async () => {
  call = startLibrary();
  contents = await tinyFiles();
});

afterEach(async () => {
  for (const { id } of await call('models')) await call('delete', id);
});

const folder = (changes: Readonly<Record<string, Uint8Array<ArrayBuffer> | null>> = {}): NamedFile[] =>
  [...contents, ...Object.entries(changes)].flatMap(([name, bytes]) =>
    bytes && !(changes[name] === null) ? [{ path: `tiny/${name}`, file: new File([bytes], name) }] : [],
  );

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

  it('is another model where any of its files is another one', async () => {
    const { id } = await call('import', 'tiny', folder());
    const config = JSON.parse(new TextDecoder().decode(contents.get('tokenizer_config.json')));
    const changed = new TextEncoder().encode(JSON.stringify({ ...config, model_max_length: 64 }));
    const other = await call('import', 'tiny', folder({ 'tokenizer_config.json': changed }));
    expect(other.id).not.toBe(id);
    expect(other.kept?.fingerprint).toBe(
      (await call('models')).find((model) => model.id === id)?.fingerprint,
    );
    expect(await call('models')).toHaveLength(2);
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
    await call('leaveBehind', id);
    await call('sweep');
    expect(await call('folders')).toContain(id);
    expect(await call('folders')).not.toContain('left@behind');
    expect(await call('isThere', id, 'left.safetensors')).toBe(false);
    expect(await call('isThere', id, 'model.safetensors')).toBe(true);
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
    expect(set.hub).toEqual({
      endpoint: 'https://mirror.example/hf',
      hasToken: true,
      downloadHosts: ['https://*.mirror.example'],
    });
    expect(JSON.stringify(set)).not.toContain('hf_secret');
    expect((await call('setHub', 'https://mirror.example/hf', null)).hub.hasToken).toBe(false);
    expect((await call('setHub', '', undefined)).hub.endpoint).toBe('https://huggingface.co');
    expect((await call('setHub', '', undefined, 'cdn.example')).hub.downloadHosts).toEqual([
      'https://cdn.example',
    ]);
    expect((await call('setHub', '', undefined)).hub.downloadHosts).toEqual(['https://cdn.example']);
    expect((await call('setHub', 'https://a.example', undefined)).hub.downloadHosts).toEqual([
      'https://*.a.example',
    ]);
    expect((await call('setHub', '', undefined, '')).hub.downloadHosts).toContain('https://*.hf.co');
    expect((await errorOf(call('setHub', '', undefined, 'a b/c'))).code).toBe('bad-download-host');
    expect((await errorOf(call('setHub', 'http://[::1]:80', undefined))).code).toBe('bad-endpoint');
    expect((await errorOf(call('setHub', 'file:///models', undefined))).code).toBe('bad-endpoint');
  });

  it('keeps a token for the origin that it was typed for, and forgets it at another address', async () => {
    await call('setHub', 'https://mirror.example/hf', 'hf_secret');
    expect((await call('setHub', 'https://mirror.example/models', undefined)).hub.hasToken).toBe(true);
    expect((await call('setHub', 'https://other.example', undefined)).hub.hasToken).toBe(false);
    expect((await call('setHub', 'https://mirror.example/hf', undefined)).hub.hasToken).toBe(false);
    await call('setHub', '', null);
  });

  it('refuses a token that others could read, and a password in an address', async () => {
    await call('setHub', 'https://mirror.example', 'hf_first');
    const exposed = await errorOf(call('setHub', 'http://mirror.example', 'hf_secret'));
    expect(exposed.code).toBe('hub-token-exposed');
    const password = await errorOf(call('setHub', 'https://me:hunter2@mirror.example', undefined));
    expect(password.code).toBe('bad-endpoint');
    expect(JSON.stringify([exposed, password])).not.toMatch(/hf_secret|hunter2/);
    // What was set before stays.
    expect((await call('describe')).hub).toMatchObject({
      endpoint: 'https://mirror.example',
      hasToken: true,
    });
    for (const local of ['http://localhost:8080', 'http://127.0.0.1:8080'])
      expect((await call('setHub', local, 'hf_secret')).hub.hasToken).toBe(true);
    await call('setHub', '', null);
  });

  it('asks no hub for what can be no name', async () => {
    const before = await call('requests');
    for (const repo of ['', '../etc', 'a/b/c', 'a b', 'https://huggingface.co/roberta-base'])
      expect((await errorOf(call('find', { repo, revision: 'main' }))).code, repo).toBe('bad-model-name');
    expect((await errorOf(call('find', { repo: 'a', revision: '../x' }))).code).toBe('bad-model-name');
    expect(await call('requests')).toBe(before);
  });
});
