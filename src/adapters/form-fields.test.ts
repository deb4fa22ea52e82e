/** Forms against configurations: defaults agree, every option is followed or refused by the name of its key. */
import { describe, expect, it } from 'vitest';
import { StudioError } from '../errors';
import { modelFamilies } from '../models/family';
import type { EncoderConfig } from '../models/hooks';
import { buildMethod } from './builders/registry';
import type { ConfigValue } from './config';
import { configWith, fieldsOf } from './config-with';
import type { MethodField } from './method';
import { adapterMethods } from './registry';

const model: EncoderConfig = {
  family: modelFamilies.roberta,
  typeVocabSize: 1,
  padId: 1,
  maskedLmHead: false,
  hiddenSize: 64,
  numHiddenLayers: 3,
  numAttentionHeads: 4,
  intermediateSize: 128,
  vocabSize: 100,
  maxPositionEmbeddings: 66,
  layerNormEpsilon: 1e-5,
  hiddenDropoutRate: 0.1,
  attentionDropoutRate: 0.1,
  classifierDropoutRate: 0.1,
  initializerRange: 0.02,
};

/** Sizes that a hidden size of 64 divides by. */
const sized: Readonly<Record<string, Readonly<Record<string, ConfigValue>>>> = {
  compacter: { reduction_factor: 4 },
  'compacter++': { reduction_factor: 4 },
};

/** Values that a person can choose or type. */
function valuesOf(field: MethodField): readonly ConfigValue[] {
  switch (field.kind) {
    case 'integer':
    case 'number':
      return [field.minimum === 0 ? 0.5 * field.maximum : field.minimum, field.default];
    case 'numberByLayer':
      return [4, { '1': 8, default: 16 }];
    case 'numberOrWord':
      return [2, ...field.options];
    case 'boolean':
      return [true, false];
    case 'choice':
      return field.options;
    case 'choices':
    case 'members':
      return [...field.options.map((option) => [option]), field.options];
    case 'layers':
      return [[], [0, 1]];
    case 'someLayers':
      return ['all', [1]];
    default:
      return field satisfies never;
  }
}

const offered = adapterMethods.filter(({ fields }) => fields.length > 0);

describe.each(offered.map((method) => [method.id, method] as const))('the form of %s', (id, method) => {
  it('stands for the default configuration where nothing is changed', () => {
    if (method.fields.some(({ kind }) => kind === 'members')) return;
    const defaults = Object.fromEntries(method.fields.map((field) => [field.key, field.default]));
    expect(configWith(method, defaults as Record<string, ConfigValue>, adapterMethods)).toEqual(
      method.defaultConfig,
    );
  });

  const cases = method.fields.flatMap((field) => valuesOf(field).map((value) => ({ key: field.key, value })));
  it.each(cases)('$key = $value is followed, or refused by a key', ({ key, value }) => {
    const config = configWith(method, { ...sized[id], [key]: value }, adapterMethods);
    try {
      expect(buildMethod(method, config, model, 'x').parameters.length).toBeGreaterThan(0);
    } catch (error) {
      expect(error).toBeInstanceOf(StudioError);
      expect((error as StudioError).hint).toMatch(/^Use [a-z_A-Z]+ = /);
    }
  });
});

it('asks for the options of a union’s members, and keeps them by member', () => {
  const union = adapterMethods.find(({ id }) => id === 'union')!;
  const values = { configs: ['seq_bn', 'lora'], 'configs.lora.r': 4, 'configs.ia3.alpha': 3 };
  const keys = fieldsOf(union, values, adapterMethods).map(({ key }) => key);
  expect(keys).toEqual(expect.arrayContaining(['configs', 'configs.lora.r', 'configs.seq_bn.scaling']));
  expect(keys.some((key) => key.startsWith('configs.ia3'))).toBe(false);
  expect(configWith(union, values, adapterMethods)).toMatchObject({
    configs: [{ reduction_factor: 16 }, { architecture: 'lora', r: 4, alpha: 8 }],
  });
});

it('makes bottlenecks as wide as each layer’s factor says', () => {
  const seqBn = adapterMethods.find(({ id }) => id === 'seq_bn')!;
  const config = configWith(seqBn, { reduction_factor: { '1': 8, default: 16 } }, adapterMethods);
  const widths = buildMethod(seqBn, config, model, 'x')
    .parameters.filter(({ name }) => name.endsWith('adapter_down.0.weight'))
    .map(({ shape }) => shape[0]);
  expect(widths).toEqual([4, 8, 4]);
});

it.each([
  ['seq_bn', { output_adapter: false }, /output_adapter/],
  ['double_seq_bn', { residual_before_ln: 'post_add' }, /residual_before_ln/],
  ['lora', { composition_mode: 'scale' }, /r = 8/],
  ['compacter', { phm_dim: 5 }, /phm_dim/],
  ['lora', { selfattn_lora: false }, /selfattn_lora/],
  ['lora', { leave_out: [0, 1, 2] }, /leave_out/],
])('%s refuses %o', (id, values, message) => {
  const method = adapterMethods.find((m) => m.id === id)!;
  const config = configWith(method, values as Record<string, ConfigValue>, adapterMethods);
  expect(() => buildMethod(method, config, model, 'x')).toThrow(message);
});
