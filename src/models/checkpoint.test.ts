import { describe, expect, it } from 'vitest';
import { type CheckpointShapes, checkpointNames } from './checkpoint';
import { baseTensors, poolerTensors } from './encoder';
import { maximumTokens, parseEncoderConfig } from './encoder-config';
import { type ModelType, modelFamilies } from './family';

const sizes = {
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 16,
  vocab_size: 30,
  max_position_embeddings: 12,
};
const distilbertSizes = {
  dim: 8,
  n_layers: 2,
  n_heads: 2,
  hidden_dim: 16,
  vocab_size: 30,
  max_position_embeddings: 12,
};
const jsonOf = (modelType: string) => ({
  model_type: modelType,
  ...(modelType === 'distilbert' ? distilbertSizes : sizes),
});
const families = Object.keys(modelFamilies) as ModelType[];

/** A checkpoint of everything, with what a masked-LM model has beside it. */
function shapesOf(modelType: ModelType, rename: (name: string) => string = (name) => name): CheckpointShapes {
  const config = parseEncoderConfig(jsonOf(modelType));
  return new Map([
    ...[...baseTensors(config), ...poolerTensors(config)].map(
      ({ name, shape }) => [rename(name), { shape }] as const,
    ),
    ['lm_head.bias', { shape: [30] }],
    [rename(`${config.family.prefix}.embeddings.position_ids`), { shape: [1, 12] }],
  ]);
}

describe.each(families)('%s', (modelType) => {
  const config = parseEncoderConfig(jsonOf(modelType));
  const { prefix } = config.family;
  const bare = (name: string) => name.slice(prefix.length + 1);
  const legacy = (name: string) =>
    /norm\.(weight|bias)$/i.test(name) ? name.replace(/weight$/, 'gamma').replace(/bias$/, 'beta') : name;

  it.each([
    ['the hub’s names', (name: string) => name],
    ['names without the prefix', bare],
    ['gamma and beta', legacy],
    ['gamma and beta without the prefix', (name: string) => legacy(bare(name))],
  ])('finds every tensor under %s and leaves the others', (_, rename) => {
    const names = checkpointNames(config, shapesOf(modelType, rename));
    const expected = [...baseTensors(config), ...poolerTensors(config)].map(({ name }) => [
      name,
      rename(name),
    ]);
    expect(Object.fromEntries(names)).toEqual(Object.fromEntries(expected));
  });

  it('does without a pooler', () => {
    const shapes = new Map([...shapesOf(modelType)].filter(([name]) => !name.includes('.pooler.')));
    expect(checkpointNames(config, shapes).size).toBe(baseTensors(config).length);
  });

  it('names a tensor that is missing, and one of another shape', () => {
    const name = `${prefix}.embeddings.LayerNorm.weight`;
    const missing = new Map([...shapesOf(modelType)].filter(([other]) => other !== name));
    expect(() => checkpointNames(config, missing)).toThrow(`tensor ${name} is missing`);
    const changed = new Map([...shapesOf(modelType), [name, { shape: [9] }]]);
    expect(() => checkpointNames(config, changed)).toThrow(`tensor ${name} is [9], config.json asks for [8]`);
  });
});

it('refuses what is another function', () => {
  const refused = (change: Record<string, unknown>) => () =>
    parseEncoderConfig({ ...jsonOf('bert'), ...change });
  expect(refused({ model_type: 'albert' })).toThrow(
    'model_type is "albert"; supported are roberta, xlm-roberta',
  );
  expect(refused({ hidden_act: 'relu' })).toThrow('hidden_act is "relu", supported is "gelu"');
  expect(refused({ position_embedding_type: 'relative_key' })).toThrow(
    '"relative_key", supported is "absolute"',
  );
  expect(refused({ is_decoder: true })).toThrow('is_decoder is true');
  expect(refused({ hidden_size: undefined })).toThrow('hidden_size is missing');
  expect(refused({ num_attention_heads: 3 })).toThrow('does not divide into 3 heads');
});

it('takes transformers’ values for settings that are left out', () => {
  expect(parseEncoderConfig(jsonOf('bert'))).toMatchObject({
    layerNormEpsilon: 1e-12,
    typeVocabSize: 2,
    padId: 0,
    hiddenDropoutRate: 0.1,
    classifierDropoutRate: 0.1,
  });
  expect(parseEncoderConfig(jsonOf('distilbert'))).toMatchObject({
    hiddenSize: 8,
    layerNormEpsilon: 1e-12,
    typeVocabSize: 0,
    padId: 0,
    classifierDropoutRate: 0.2,
  });
  expect(maximumTokens(parseEncoderConfig(jsonOf('roberta')))).toBe(10);
  expect(maximumTokens(parseEncoderConfig(jsonOf('bert')))).toBe(12);
});
