/**
 * The encoder of BERT and its relatives as a function that builds a graph (Devlin et al. 2019, arXiv:1810.04805; `modeling_*.py`
 * of transformers are the reference). Names come from the family; calls the hooks of an adapter, knows no method by name.
 *
 * M token rows, D hidden, F intermediate, nH heads. Embeddings come in as an input: see `embedding.ts`.
 */
import { type Node, type Rows, rowTerms } from '../graph/graph';
import { activate } from '../ops/activation/activation';
import { sum } from '../ops/add/add';
import { attend } from '../ops/attention/attention';
import { gatherRows } from '../ops/gather/gather';
import { linear } from '../ops/gemm/gemm';
import { withPrefix } from '../ops/keys/keys';
import { normalize } from '../ops/layerNorm/layerNorm';
import { type EmbeddingPart, embeddingParts } from './embedding';
import { layerPrefix } from './family';
import type { BuildContext, EncoderConfig, KeyPrefix, LinearSite, ModelHooks, SublayerSite } from './hooks';

/** A tensor of the base model by the hub's name. */
export interface BaseTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

const dense = (module: string, out: number, into: number): BaseTensor[] => [
  { name: `${module}.weight`, shape: [out, into] },
  { name: `${module}.bias`, shape: [out] },
];

const embeddingNorm = ({ family }: EncoderConfig) => `${family.prefix}.embeddings.LayerNorm`;

/** Every frozen tensor the graph reads, with the hub's names and shapes. */
export function frozenTensors(config: EncoderConfig): readonly BaseTensor[] {
  const { hiddenSize: D, intermediateSize: F, family } = config;
  const { modules } = family;
  const norm = (module: string): BaseTensor[] => [
    { name: `${module}.weight`, shape: [D] },
    { name: `${module}.bias`, shape: [D] },
  ];
  const layers = Array.from({ length: config.numHiddenLayers }, (_, i) => {
    const layer = layerPrefix(family, i);
    return [
      ...[modules.query, modules.key, modules.value].flatMap((part) => dense(`${layer}.${part}`, D, D)),
      ...dense(`${layer}.${modules.attentionOutput}`, D, D),
      ...norm(`${layer}.${modules.attentionNorm}`),
      ...dense(`${layer}.${modules.intermediate}`, F, D),
      ...dense(`${layer}.${modules.output}`, D, F),
      ...norm(`${layer}.${modules.outputNorm}`),
    ];
  });
  return [...norm(embeddingNorm(config)), ...layers.flat()];
}

/** Every tensor of the base model that can train: the embedding tables and what `frozenTensors` lists. */
export function baseTensors(config: EncoderConfig): readonly BaseTensor[] {
  const { hiddenSize: D } = config;
  const tables = embeddingParts(config).map(({ name, rows }) => ({ name, shape: [rows, D] }));
  return [...tables, ...frozenTensors(config)];
}

/** The pooler, which only a head with `use_pooler` reads; none where the family has none. */
export function poolerTensors({ family, hiddenSize: D }: EncoderConfig): readonly BaseTensor[] {
  return family.hasPooler ? dense(`${family.prefix}.pooler.dense`, D, D) : [];
}

/** The sum of the embeddings [tokens, D], gathered on the device: for a run that trains the tables. */
export function gatherEmbeddings(context: BuildContext, config: EncoderConfig): Node {
  const { graph } = context;
  const rowsOfTable = ({ part, name: table, rows, paddingRow }: EmbeddingPart) => {
    const input = (name: string, size: Rows) =>
      graph.leaf('input', `${part}.${name}`, { rows: size, cols: 1 }, 'u32');
    const ids = {
      ids: input('ids', 'tokens'),
      order: input('order', 'tokens'),
      starts: input('starts', rows + 1),
    };
    return gatherRows(
      graph,
      context.base(table, [rows, config.hiddenSize]),
      ids,
      paddingRow ?? -1,
      `embeddings.${part}`,
    );
  };
  const [words, positions, tokenTypes] = embeddingParts(config).map(rowsOfTable);
  const withType = tokenTypes ? sum(graph, words!, tokenTypes, 'embeddings.type') : words!;
  return sum(graph, withType, positions!, 'embeddings.position');
}

/** The linear layers of a layer that an adapter may join, in the order of the library's modules. */
export function linearSites(config: EncoderConfig): readonly LinearSite[] {
  const { hiddenSize: D, intermediateSize: F, family } = config;
  return Array.from({ length: config.numHiddenLayers }, (_, layer) => {
    const site = (kind: LinearSite['kind'], into: number, out: number): LinearSite => ({
      kind,
      layer,
      module: `${layerPrefix(family, layer)}.${family.modules[kind]}`,
      into,
      out,
    });
    return [
      site('query', D, D),
      site('key', D, D),
      site('value', D, D),
      site('attentionOutput', D, D),
      site('intermediate', D, F),
      site('output', F, D),
    ];
  }).flat();
}

/** The ends of the sub-layers, attention before feed-forward. */
export function sublayerSites(config: EncoderConfig): readonly SublayerSite[] {
  const { family, numHiddenLayers } = config;
  const { attentionEnd, attentionNorm, ffnEnd, outputNorm } = family.modules;
  return Array.from({ length: numHiddenLayers }, (_, layer): SublayerSite[] => {
    const inLayer = (module: string) => `${layerPrefix(family, layer)}.${module}`;
    return [
      { kind: 'attention', layer, module: inLayer(attentionEnd), norm: inLayer(attentionNorm) },
      { kind: 'ffn', layer, module: inLayer(ffnEnd), norm: inLayer(outputNorm) },
    ];
  }).flat();
}

/** Hidden states: `[0]` the embedding output, `[i]` the output of layer i; each [M, D]. */
export function buildEncoder(
  context: BuildContext,
  config: EncoderConfig,
  embeddings: Node,
  hooks: ModelHooks,
): readonly Node[] {
  const { graph } = context;
  const embedded = normalize(
    graph,
    hooks.embeddingSum?.(context, embeddings) ?? embeddings,
    undefined,
    normParameters(context, config, embeddingNorm(config)),
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
  config: EncoderConfig,
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
    const parameters = normParameters(context, config, site.norm);
    const norm = (a: Node, b: Node) => normalize(graph, a, b, parameters, `${kind}.norm`);
    const drops = kind === 'ffn' || config.family.attentionOutputDropout;
    const rate = drops ? config.hiddenDropoutRate : 0;
    const dropped = context.dropout(h, rate, `layer.${layer}.${kind}.dropout`);
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
  config: EncoderConfig,
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

function normParameters(context: BuildContext, config: EncoderConfig, module: string) {
  return {
    gamma: context.base(`${module}.weight`, [config.hiddenSize]),
    beta: context.base(`${module}.bias`, [config.hiddenSize]),
    epsilon: config.layerNormEpsilon,
  };
}
