/** What is read as a base model, whole, in shards or from old files, and what is refused. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { StudioError } from '../../errors';
import type { Tensor } from '../../formats/bundle';
import { readSafetensors, writeSafetensors } from '../../formats/safetensors';
import { readModel } from './model-files';

const folder = 'public/models/roberta-tiny';
const files = new Map<string, Uint8Array>(
  readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(`${folder}/${name}`))]),
);
const tensors = readSafetensors(files.get('model.safetensors')!, 'model.safetensors');
const text = (value: string) => new TextEncoder().encode(value);
const json = (value: unknown) => text(JSON.stringify(value));

/** The folder with some files changed; null takes one away. */
function read(changes: Readonly<Record<string, Uint8Array | null>>) {
  const changed = new Map([...files, ...Object.entries(changes)]);
  const there = [...changed].filter((entry): entry is [string, Uint8Array<ArrayBuffer>] => entry[1] !== null);
  return readModel(new Map(there.map(([name, bytes]) => [name, new Blob([bytes])])), 'tiny');
}

async function refusal(changes: Readonly<Record<string, Uint8Array | null>>): Promise<string> {
  const error = await read(changes).then(
    () => 'read',
    (thrown: unknown) => thrown,
  );
  return error instanceof StudioError ? `${error.code}: ${error.message}` : String(error);
}

const half = Math.floor(tensors.size / 2);
const shards = {
  'model.safetensors': null,
  'model-00001-of-00002.safetensors': writeSafetensors(new Map([...tensors].slice(0, half))),
  'model-00002-of-00002.safetensors': writeSafetensors(new Map([...tensors].slice(half))),
  'model.safetensors.index.json': json({
    weight_map: Object.fromEntries(
      [...tensors.keys()].map((name, i) => [name, `model-0000${i < half ? 1 : 2}-of-00002.safetensors`]),
    ),
  }),
};
const word = 'roberta.embeddings.word_embeddings.weight';
const withTensor = (name: string, tensor: Tensor | null) => {
  const changed = new Map<string, Tensor>(tensors);
  if (tensor) changed.set(name, tensor);
  else changed.delete(name);
  return writeSafetensors(changed);
};

describe('a base model', () => {
  it('is read from its file, tensor by tensor', async () => {
    const { config, weights, tokenizer } = await read({});
    expect(config.numHiddenLayers).toBe(2);
    expect((await weights.tensor(word)).data).toEqual(tensors.get(word)!.data);
    expect([...tokenizer.encode('good', 8)][0]).toBe(0);
  });

  it('is the same in shards', async () => {
    const { weights } = await read(shards);
    expect([...weights.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
    for (const [name, { data }] of tensors) expect((await weights.tensor(name)).data, name).toEqual(data);
  });

  it('has its tokenizer built where there are only its parts', async () => {
    const [whole, built] = await Promise.all([
      read({}),
      read({ 'tokenizer.json': null, 'tokenizer_config.json': null }),
    ]);
    const sample = 'It’s <mask> good, isn’t it?  ’Twas  ünbelievable 中.';
    expect(built.tokenizer.encode(sample, 80)).toEqual(whole.tokenizer.encode(sample, 80));
  });

  it.each([
    [
      'a tensor that is missing',
      { 'model.safetensors': withTensor(word, null) },
      /^bad-base-weights: .*word_embeddings/,
    ],
    [
      'a tensor of another shape',
      { 'model.safetensors': withTensor(word, { shape: [1, 2], data: new Float32Array(2) }) },
      /^bad-base-weights: .*\[1,2\]/,
    ],
    ['another kind of model', { 'config.json': json({ model_type: 'gpt2' }) }, /^unsupported-base: .*gpt2/],
    ['a broken configuration', { 'config.json': text('{') }, /^model-file-damaged: tiny\/config\.json/],
    ['a configuration that is none', { 'config.json': text('3') }, /^model-file-damaged/],
    [
      'weights that end early',
      { 'model.safetensors': files.get('model.safetensors')!.slice(0, 90_000) },
      /^safetensors-/,
    ],
    [
      'a shard that is missing',
      { ...shards, 'model-00002-of-00002.safetensors': null },
      /^model-files-missing: .*00002/,
    ],
    [
      'an index that leads elsewhere',
      { ...shards, 'model.safetensors.index.json': json({ weight_map: { a: '../other.safetensors' } }) },
      /^model-file-damaged/,
    ],
    ['weights without a file', { 'model.safetensors': null }, /^model-files-missing: .*model\.safetensors/],
  ])('is refused for %s', async (_, changes, expected) => {
    expect(await refusal(changes)).toMatch(expected);
  });

  it('is refused where its weights are integers', async () => {
    // One dtype of the header is another one of the same width.
    const bytes = files.get('model.safetensors')!.slice();
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    const { dtype } = tensors.get(word)!;
    const other = { F16: 'I16', F32: 'I32' }[dtype];
    const changed = header.replace(new RegExp(`("${word}":\\{"dtype":)"${dtype}"`), `$1"${other}"`);
    expect(changed).not.toBe(header);
    bytes.set(text(changed), 8);
    expect(await refusal({ 'model.safetensors': bytes })).toMatch(/^bad-base-weights: .*stored as I/);
  });
});
