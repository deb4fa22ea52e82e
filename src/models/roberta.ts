/**
 * RoBERTa's encoder as a function that builds a graph (Liu et al. 2019, arXiv:1907.11692; `modeling_roberta.py` of
 * transformers is the reference). Calls the hooks of an adapter; knows no method by name.
 *
 * M token rows, D hidden, F intermediate, nH heads. Embeddings come in as an input: see `embedding.ts`.
 */
import { StudioError } from '../errors';
import type { GraphBuilder, Node, Shape } from '../graph/graph';
import { activate } from '../ops/activation/activation';
import { attend } from '../ops/attention/attention';
import { linear } from '../ops/gemm/gemm';
import { normalize } from '../ops/layerNorm/layerNorm';
import type { BuildContext, LinearSite, ModelHooks, RobertaConfig, SublayerSite } from './hooks';

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
    embeddings,
    undefined,
    normParameters(graph, config, 'roberta.embeddings.LayerNorm'),
    'embeddings.norm',
  );
  const hidden = [context.dropout(embedded, config.hiddenDropoutRate, 'embeddings.dropout')];
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    hidden.push(
      graph.scope(`layer.${layer}`, () => buildLayer(context, config, layer, hidden[layer]!, hooks)),
    );
  }
  return hidden;
}

function buildLayer(
  context: BuildContext,
  config: RobertaConfig,
  layer: number,
  x: Node,
  hooks: ModelHooks,
): Node {
  const { graph, tokenLayout } = context;
  const { hiddenSize: D, intermediateSize: F } = config;
  const prefix = layerPrefix(layer);

  const adapted = (kind: LinearSite['kind'], module: string, input: Node, out: number) => {
    const y = frozenLinear(graph, module, input, out, kind);
    return hooks.linear?.(context, { kind, layer, module }, input, y) ?? y;
  };
  const finish = (kind: SublayerSite['kind'], module: string, h: Node, residual: Node) => {
    const parameters = normParameters(graph, config, `${module}.LayerNorm`);
    const norm = (a: Node, b: Node) => normalize(graph, a, b, parameters, `${kind}.norm`);
    const dropped = context.dropout(h, config.hiddenDropoutRate, `layer.${layer}.${kind}.dropout`);
    return (
      hooks.sublayer?.(context, { kind, layer, module }, dropped, residual, norm) ?? norm(dropped, residual)
    );
  };

  const attended = attend(
    graph,
    {
      q: adapted('query', `${prefix}.attention.self.query`, x, D),
      k: adapted('key', `${prefix}.attention.self.key`, x, D),
      v: adapted('value', `${prefix}.attention.self.value`, x, D),
      tokenLayout,
    },
    config.numAttentionHeads,
    context.attentionDropout(config.attentionDropoutRate),
    `layer.${layer}.attention.probabilities`,
  );
  const attentionOutput = frozenLinear(
    graph,
    `${prefix}.attention.output.dense`,
    attended,
    D,
    'attention.dense',
  );
  const middle = finish('attention', `${prefix}.attention.output`, attentionOutput, x);

  const expanded = adapted('intermediate', `${prefix}.intermediate.dense`, middle, F);
  const activated = activate(graph, expanded, 'gelu', 'ffn.gelu');
  const ffnOutput = adapted('output', `${prefix}.output.dense`, activated, D);
  return finish('ffn', `${prefix}.output`, ffnOutput, middle);
}

function frozenLinear(graph: GraphBuilder, module: string, x: Node, out: number, name: string): Node {
  const weight = graph.leaf('frozen', `${module}.weight`, { rows: out, cols: x.shape.cols });
  return linear(graph, x, weight, graph.leaf('frozen', `${module}.bias`, rowVector(out)), name);
}

function normParameters(graph: GraphBuilder, config: RobertaConfig, module: string) {
  return {
    gamma: graph.leaf('frozen', `${module}.weight`, rowVector(config.hiddenSize)),
    beta: graph.leaf('frozen', `${module}.bias`, rowVector(config.hiddenSize)),
    epsilon: config.layerNormEpsilon,
  };
}

const rowVector = (length: number): Shape => ({ rows: 1, cols: length });
