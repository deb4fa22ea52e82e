/**
 * RoBERTa's encoder as a function that builds a graph (Liu et al. 2019, arXiv:1907.11692; `modeling_roberta.py` of
 * transformers is the reference). Calls the hooks of an adapter; knows no method by name.
 *
 * M token rows, D hidden, F intermediate, nH heads. Embeddings come in as an input: see `embedding.ts`.
 */
import { StudioError } from '../errors';
import { type Node, type Rows, rowTerms } from '../graph/graph';
import { activate } from '../ops/activation/activation';
import { sum } from '../ops/add/add';
import { attend } from '../ops/attention/attention';
import { gatherRows } from '../ops/gather/gather';
import { linear } from '../ops/gemm/gemm';
import { withPrefix } from '../ops/keys/keys';
import { normalize } from '../ops/layerNorm/layerNorm';
import { embeddingTensors } from './embedding';
import type { BuildContext, KeyPrefix, LinearSite, ModelHooks, RobertaConfig, SublayerSite } from './hooks';

/** Reads the hub's `config.json`; throws `StudioError` `unsupported-base` for what is not a RoBERTa encoder. */
export function parseRobertaConfig(json: unknown, fileName = 'config.json'): RobertaConfig {
  const config = (json ?? {}) as Record<string, unknown>;
  const refuse = (what: string) =>
    new StudioError(
      'unsupported-base',
      `${fileName}: ${what}`,
      'Use a RoBERTa base model, e.g. one of the embedded ones.',
    );
  if (config.model_type !== 'roberta')
    throw refuse(`model_type is ${JSON.stringify(config.model_type)}, expected "roberta".`);
  if (config.hidden_act !== 'gelu')
    throw refuse(`hidden_act is ${JSON.stringify(config.hidden_act)}, expected "gelu".`);
  const number = (key: string) => {
    const value = config[key];
    if (typeof value !== 'number') throw refuse(`${key} is missing or not a number.`);
    return value;
  };
  const hiddenDropoutRate = number('hidden_dropout_prob');
  const parsed: RobertaConfig = {
    hiddenSize: number('hidden_size'),
    numHiddenLayers: number('num_hidden_layers'),
    numAttentionHeads: number('num_attention_heads'),
    intermediateSize: number('intermediate_size'),
    vocabSize: number('vocab_size'),
    maxPositionEmbeddings: number('max_position_embeddings'),
    layerNormEpsilon: number('layer_norm_eps'),
    hiddenDropoutRate,
    attentionDropoutRate: number('attention_probs_dropout_prob'),
    classifierDropoutRate:
      typeof config.classifier_dropout === 'number' ? config.classifier_dropout : hiddenDropoutRate,
    initializerRange: number('initializer_range'),
  };
  if (parsed.hiddenSize % parsed.numAttentionHeads !== 0) {
    throw refuse(`hidden_size ${parsed.hiddenSize} does not divide into ${parsed.numAttentionHeads} heads.`);
  }
  return parsed;
}

export interface FrozenTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

const layerPrefix = (layer: number) => `roberta.encoder.layer.${layer}`;

/** Every frozen tensor the graph reads, with the hub's names and shapes. */
export function frozenTensors(config: RobertaConfig): readonly FrozenTensor[] {
  const { hiddenSize: D, intermediateSize: F } = config;
  const dense = (module: string, out: number, into: number): FrozenTensor[] => [
    { name: `${module}.weight`, shape: [out, into] },
    { name: `${module}.bias`, shape: [out] },
  ];
  const norm = (module: string): FrozenTensor[] => [
    { name: `${module}.weight`, shape: [D] },
    { name: `${module}.bias`, shape: [D] },
  ];
  const layers = Array.from({ length: config.numHiddenLayers }, (_, i) => {
    const layer = layerPrefix(i);
    return [
      ...['query', 'key', 'value'].flatMap((part) => dense(`${layer}.attention.self.${part}`, D, D)),
      ...dense(`${layer}.attention.output.dense`, D, D),
      ...norm(`${layer}.attention.output.LayerNorm`),
      ...dense(`${layer}.intermediate.dense`, F, D),
      ...dense(`${layer}.output.dense`, D, F),
      ...norm(`${layer}.output.LayerNorm`),
    ];
  });
  return [...norm('roberta.embeddings.LayerNorm'), ...layers.flat()];
}

/** Every tensor of the base model that can train: the embedding tables and what `frozenTensors` lists. */
export function baseTensors(config: RobertaConfig): readonly FrozenTensor[] {
  const { hiddenSize: D, vocabSize, maxPositionEmbeddings } = config;
  return [
    { name: embeddingTensors.words, shape: [vocabSize, D] },
    { name: embeddingTensors.positions, shape: [maxPositionEmbeddings, D] },
    { name: embeddingTensors.tokenTypes, shape: [1, D] },
    ...frozenTensors(config),
  ];
}

/** torch's `padding_idx` of the word and position tables: their row takes no gradient. */
const paddingRow = 1;

/** The sum of the three embeddings [tokens, D], gathered on the device: for a run that trains the tables. */
export function gatherEmbeddings(context: BuildContext, config: RobertaConfig): Node {
  const { graph } = context;
  const { hiddenSize: D, vocabSize, maxPositionEmbeddings } = config;
  const rowsOfTable = (part: keyof typeof embeddingTensors, rows: number, padding: number) => {
    const input = (name: string, size: Rows) =>
      graph.leaf('input', `${part}.${name}`, { rows: size, cols: 1 }, 'u32');
    const ids = {
      ids: input('ids', 'tokens'),
      order: input('order', 'tokens'),
      starts: input('starts', rows + 1),
    };
    return gatherRows(
      graph,
      context.base(embeddingTensors[part], [rows, D]),
      ids,
      padding,
      `embeddings.${part}`,
    );
  };
  const words = rowsOfTable('words', vocabSize, paddingRow);
  const withType = sum(graph, words, rowsOfTable('tokenTypes', 1, -1), 'embeddings.type');
  return sum(
    graph,
    withType,
    rowsOfTable('positions', maxPositionEmbeddings, paddingRow),
    'embeddings.position',
  );
}

/** The linear layers of a layer that an adapter may join, in the order of the library's modules. */
export function linearSites(config: RobertaConfig): readonly LinearSite[] {
  const { hiddenSize: D, intermediateSize: F } = config;
  return Array.from({ length: config.numHiddenLayers }, (_, layer) => {
    const prefix = layerPrefix(layer);
    const site = (kind: LinearSite['kind'], module: string, into: number, out: number): LinearSite => ({
      kind,
      layer,
      module: `${prefix}.${module}`,
      into,
      out,
    });
    return [
      site('query', 'attention.self.query', D, D),
      site('key', 'attention.self.key', D, D),
      site('value', 'attention.self.value', D, D),
      site('attentionOutput', 'attention.output.dense', D, D),
      site('intermediate', 'intermediate.dense', D, F),
      site('output', 'output.dense', F, D),
    ];
  }).flat();
}

/** The ends of the sub-layers, attention before feed-forward. */
export function sublayerSites(config: RobertaConfig): readonly SublayerSite[] {
  return Array.from({ length: config.numHiddenLayers }, (_, layer): SublayerSite[] => [
    { kind: 'attention', layer, module: `${layerPrefix(layer)}.attention.output` },
    { kind: 'ffn', layer, module: `${layerPrefix(layer)}.output` },
  ]).flat();
}

/** Hidden states: `[0]` the embedding output, `[i]` the output of layer i; each [M, D]. */
export function buildEncoder(
  context: BuildContext,
  config: RobertaConfig,
  embeddings: Node,
  hooks: ModelHooks,
): readonly Node[] {
  const { graph } = context;
  const embedded = normalize(
    graph,
    hooks.embeddingSum?.(context, embeddings) ?? embeddings,
    undefined,
    normParameters(context, config, 'roberta.embeddings.LayerNorm'),
    'embeddings.norm',
  );
  const dropped = context.dropout(embedded, config.hiddenDropoutRate, 'embeddings.dropout');
  const hidden = [hooks.embedding?.(context, dropped) ?? dropped];
  const sites = linearSites(config);
  const ends = sublayerSites(config);
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const parts: LayerParts = {
      layer,
      linear: (kind) => sites.find((site) => site.layer === layer && site.kind === kind)!,
      end: (kind) => ends.find((site) => site.layer === layer && site.kind === kind)!,
    };
    hidden.push(
      graph.scope(`layer.${layer}`, () => buildLayer(context, config, parts, hidden[layer]!, hooks)),
    );
  }
  return hidden;
}

interface LayerParts {
  readonly layer: number;
  linear(kind: LinearSite['kind']): LinearSite;
  end(kind: SublayerSite['kind']): SublayerSite;
}

function buildLayer(
  context: BuildContext,
  config: RobertaConfig,
  { layer, linear: linearSite, end }: LayerParts,
  x: Node,
  hooks: ModelHooks,
): Node {
  const { graph } = context;
  const adapted = (kind: LinearSite['kind'], input: Node, name: string = kind) => {
    const site = linearSite(kind);
    const frozen = (value: Node) => baseLinear(context, site, value, name);
    return hooks.linear?.(context, site, input, frozen) ?? frozen(input);
  };
  const finish = (kind: SublayerSite['kind'], h: Node, residual: Node) => {
    const site = end(kind);
    const parameters = normParameters(context, config, `${site.module}.LayerNorm`);
    const norm = (a: Node, b: Node) => normalize(graph, a, b, parameters, `${kind}.norm`);
    const dropped = context.dropout(h, config.hiddenDropoutRate, `layer.${layer}.${kind}.dropout`);
    return hooks.sublayer?.(context, site, { h: dropped, residual, norm }) ?? norm(dropped, residual);
  };

  const attended = attendWithPrefixes(context, config, layer, {
    q: adapted('query', x),
    k: adapted('key', x),
    v: adapted('value', x),
    prefixes: hooks.prefixes?.(context, layer, x) ?? [],
  });
  const middle = finish('attention', adapted('attentionOutput', attended, 'attention.dense'), x);
  const activated = activate(graph, adapted('intermediate', middle), 'gelu', 'ffn.gelu');
  const output = finish('ffn', adapted('output', activated), middle);
  return hooks.layerOutput?.(context, layer, output) ?? output;
}

function attendWithPrefixes(
  { graph, layout, tokenLayout, attentionDropout }: BuildContext,
  config: RobertaConfig,
  layer: number,
  {
    q,
    k,
    v,
    prefixes,
  }: { readonly q: Node; readonly k: Node; readonly v: Node; readonly prefixes: readonly KeyPrefix[] },
): Node {
  const layouts = { layout, tokenLayout };
  const join = (part: 'keys' | 'values', own: Node) =>
    prefixes.reduce(
      (joined, prefix, i) => withPrefix(graph, prefix[part], joined, layouts, `prefix.${i}.${part}`),
      own,
    );
  const keys = join('keys', k);
  return attend(
    graph,
    { q, k: keys, v: join('values', v), tokenLayout, prefix: rowTerms(keys.shape.rows).sequences },
    config.numAttentionHeads,
    attentionDropout(config.attentionDropoutRate),
    `layer.${layer}.attention.probabilities`,
  );
}

function baseLinear(context: BuildContext, { module, into, out }: LinearSite, x: Node, name: string): Node {
  const weight = context.base(`${module}.weight`, [out, into]);
  return linear(context.graph, x, weight, context.base(`${module}.bias`, [out]), name);
}

function normParameters(context: BuildContext, config: RobertaConfig, module: string) {
  return {
    gamma: context.base(`${module}.weight`, [config.hiddenSize]),
    beta: context.base(`${module}.bias`, [config.hiddenSize]),
    epsilon: config.layerNormEpsilon,
  };
}
