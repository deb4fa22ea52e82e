/**
 * Every registered method as a trained adapter with its head, on a small base model: small sizes, random values. For tests that must hold
 * for each method of the registry; a new one is in them by being registered.
 */

import type { AdapterConfig } from '../src/adapters/config';
import { configWith, fieldsOf } from '../src/adapters/config-with';
import { dynamicFusion } from '../src/adapters/default-configs';
import { adapterMethods, methodById } from '../src/adapters/registry';
import { single } from '../src/adapters/setup';
import { collate } from '../src/data/collate';
import type { AdapterBundle, ComposedAdapters, HeadConfig, Tensor } from '../src/formats/bundle';
import { packParameters } from '../src/graph/parameters';
import { buildPlan, planOfBundle, tensorsOfBundle } from '../src/host/adapters/adapter-plan';
import { noTargets } from '../src/host/adapters/answers';
import { headOf } from '../src/host/runs/run-preparation';
import { baseTensor } from '../src/models/base-weights';
import type { EncoderConfig } from '../src/models/hooks';
import { fold, siteHash } from '../src/ops/dropout/rng';
import { referenceExecutor } from '../src/runtime/reference/reference';
import { toExecutorBatch, withVirtualTokens } from '../src/train/batch';
import { initialize } from '../src/train/initialize';
import type { BaseModel } from './golden/base-model';
import { twoClasses } from './two-classes';
import { withTensors } from './with-tensors';

/** Sizes for a hidden size of 48, where the defaults do not divide or are wider than the model. */
const sizes: Readonly<Record<string, AdapterConfig>> = {
  compacter: { reduction_factor: 4 },
  'compacter++': { reduction_factor: 4 },
  adapter_plus: { reduction_factor: 8 },
  prefix_tuning: { prefix_length: 5, bottleneck_size: 24 },
  prefix_tuning_flat: { prefix_length: 5 },
  mam: { 'configs.0.prefix_length': 5, 'configs.0.bottleneck_size': 24 },
  unipelt: { 'configs.0.prefix_length': 5, 'configs.0.bottleneck_size': 24 },
  union: { configs: ['lora', 'seq_bn'] },
  loreft: { r: 4 },
  noreft: { r: 4 },
  direft: { r: 4 },
};

type Sizes = Pick<EncoderConfig, 'hiddenSize' | 'numHiddenLayers' | 'numAttentionHeads'>;

/** A PEFT variant as it comes from its files: it has no form, and so no default configuration. Undefined for other methods. */
function peftConfig(id: string, model: Sizes): AdapterConfig | undefined {
  const modules = (...places: readonly string[]) =>
    Array.from({ length: model.numHiddenLayers }, (_, layer) =>
      places.map((place) => `roberta.encoder.layer.${layer}.${place}`),
    ).flat();
  const attention = modules('attention.self.query', 'attention.self.value');
  const feedforward = modules('attention.output.dense', 'output.dense');
  const everywhere = [...modules('attention.self.key', 'attention.self.value'), ...feedforward];
  const virtual = {
    num_virtual_tokens: 5,
    num_layers: model.numHiddenLayers,
    num_attention_heads: model.numAttentionHeads,
    token_dim: model.hiddenSize,
    num_transformer_submodules: 1,
  };
  const configs: Readonly<Record<string, AdapterConfig>> = {
    peft_lora: {
      modules: everywhere,
      r: 4,
      lora_alpha: 8,
      use_rslora: true,
      peft: { peft_type: 'LORA', target_modules: everywhere, r: 4, lora_alpha: 8, use_rslora: true },
    },
    peft_dora: {
      modules: attention,
      r: 4,
      lora_alpha: 8,
      peft: { peft_type: 'LORA', target_modules: attention, r: 4, lora_alpha: 8, use_dora: true },
    },
    peft_ia3: {
      modules: everywhere,
      feedforward,
      peft: { peft_type: 'IA3', target_modules: everywhere, feedforward_modules: feedforward },
    },
    peft_vera: {
      modules: attention,
      r: 8,
      peft: { peft_type: 'VERA', target_modules: attention, r: 8, projection_prng_key: 7 },
    },
    peft_prefix: { num_virtual_tokens: 5, peft: { peft_type: 'PREFIX_TUNING', ...virtual } },
    peft_prompt: { num_virtual_tokens: 5, peft: { peft_type: 'PROMPT_TUNING', ...virtual } },
  };
  const own = configs[id];
  return own && { architecture: id, ...own };
}

/**
 * A configuration of any method that fits a small model, `models/tiny-a` (hidden size 48) above all; with `dropout`, that rate
 * wherever the method's form has one.
 */
export function smallConfig(id: string, model: Sizes, dropout?: number): AdapterConfig {
  const own = peftConfig(id, model);
  if (own) return own;
  const [method, values] = [methodById(id), sizes[id] ?? {}];
  const rates = fieldsOf(method, values, adapterMethods).filter(({ key }) => /(^|\.)dropout$/.test(key));
  const dropping = dropout === undefined ? {} : Object.fromEntries(rates.map(({ key }) => [key, dropout]));
  return configWith(method, { ...values, ...dropping }, adapterMethods);
}

/** Noise of standard deviation about 0.1, from the tensor's name alone. */
function moved(name: string, { shape, data }: Tensor): Tensor {
  let state = fold(siteHash(name), 5);
  const uniform = () => {
    state = fold(state, 1);
    return state / 2 ** 32;
  };
  return { shape, data: data.map((value) => value + 0.2 * (uniform() + uniform() - 1)) };
}

/** The adapter `name` of a method, with a head of two classes but for what `head` says. */
export function drawnAdapter(
  base: BaseModel,
  id: string,
  name = 'main',
  head: Partial<HeadConfig> = {},
): Promise<AdapterBundle> {
  const config = id === 'head_only' ? null : smallConfig(id, base.config);
  return drawn(base, { name, config, head: { ...twoClasses, ...head } });
}

/** Two bottlenecks fused, or LoRA and a bottleneck below a second one. */
export async function drawnComposition(base: BaseModel, type: 'Stack' | 'Fuse'): Promise<AdapterBundle> {
  const ids = type === 'Fuse' ? ['seq_bn', 'par_bn'] : ['lora', 'seq_bn'];
  const parts = await Promise.all(ids.map((id, i) => drawnAdapter(base, id, `part_${i}`)));
  const others = parts.map(({ name, config, tensors }) => ({ name, config: config!, tensors }));
  const children = others.map(({ name }) => single(name));
  const composition: ComposedAdapters =
    type === 'Fuse'
      ? { setup: { type, children }, others, fusion: dynamicFusion }
      : { setup: { type, children: [...children, single('main')] }, others, fusion: null };
  const config = type === 'Fuse' ? null : smallConfig('seq_bn', base.config);
  return drawn(base, { name: 'main', config, composition, head: twoClasses });
}

/** LoReFT's base and its ±1 diagonal stay as they are drawn. */
async function drawn(
  base: BaseModel,
  parts: Pick<AdapterBundle, 'name' | 'config' | 'composition' | 'head'>,
): Promise<AdapterBundle> {
  const bundle: AdapterBundle = {
    ...parts,
    base: { name: '', modelType: 'roberta', hiddenSize: base.config.hiddenSize },
    tensors: new Map(),
    headTensors: new Map(),
  };
  const { trainable, frozen } = buildPlan(planOfBundle(bundle), {
    model: base.config,
    head: headOf(bundle),
    dropout: false,
  });
  const brought = new Set((parts.composition?.others ?? []).flatMap(({ tensors }) => [...tensors.keys()]));
  const own = [...trainable, ...frozen].filter((tensor) => !brought.has(tensor.name));
  const fresh = await initialize(own, 7, (tensor) => baseTensor(base, tensor));
  const stays = new Set(frozen.map((tensor) => tensor.name));
  const values = [...fresh].map(([tensor, value]): [string, Tensor] => [
    tensor,
    stays.has(tensor) || tensor.includes('.parametrizations.') ? value : moved(tensor, value),
  ]);
  const isHead = ([tensor]: [string, Tensor]) => tensor.startsWith('heads.');
  return {
    ...bundle,
    tensors: new Map(values.filter((entry) => !isHead(entry))),
    headTensors: new Map(values.filter(isHead)),
  };
}

const padToken = 1;

/** A padding token within the text is one of its tokens. */
export const lengthOf = (row: readonly number[]) => row.findLastIndex((id) => id !== padToken) + 1;

/** Logits [sequences, labels] of padded token ids by the reference executor, on the base model or on a merged one. */
export async function logitsOf(
  base: BaseModel,
  bundle: AdapterBundle,
  ids: readonly (readonly number[])[],
): Promise<Float32Array> {
  const { programs, batchForm } = buildPlan(planOfBundle(bundle), {
    model: base.config,
    head: headOf(bundle),
    dropout: false,
  });
  const rows = ids.map((row) => Uint32Array.from(row.slice(0, lengthOf(row))));
  // Gates average over padded positions too.
  const length = Math.max(...ids.map((row) => row.length));
  const batch = toExecutorBatch(
    collate(rows, noTargets(batchForm, rows.length), { mode: 'max_length', length }),
    base.tables,
    base.config,
    batchForm,
  );
  const tensors = tensorsOfBundle(bundle);
  const session = await referenceExecutor.open({
    programs,
    frozen: withTensors(base.frozen, tensors),
    largest: withVirtualTokens(batchForm, batch),
  });
  const zeros = new Float32Array(programs.parameters.totalFloats);
  session.writeState({
    parameters: packParameters(programs.parameters, tensors),
    exponentialAverage: zeros,
    exponentialAverageSquared: zeros,
  });
  return (await session.evaluate(batch)).logits;
}
