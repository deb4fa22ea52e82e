/**
 * AdapterFusion (Pfeiffer et al. 2021, arXiv:2005.00247; `adapters.methods.modeling.BertFusion`): attention over the
 * up-projections u_i of several trained adapters, without their residuals, at every token:
 *   p = softmax_i(W_q z · W_k u_i), result Σ_i p_i W_v u_i + residual.
 * z and the residual are those of the last adapter. The scores are not scaled; dropout acts on them before the softmax.
 * With `regularization`, every step's gradient has that of 0.01 Σ ‖I − W_v‖² besides, from the second step on.
 */
import type { Node } from '../../graph/graph';
import type { BuildContext, EncoderConfig, Initializer } from '../../models/hooks';
import { sum } from '../../ops/add/add';
import { linear } from '../../ops/gemm/gemm';
import { dotRows } from '../../ops/rowDot/rowDot';
import { multiply } from '../../ops/scale/scale';
import { columnsOf, placeColumns } from '../../ops/slice/slice';
import { softmaxOfRows } from '../../ops/softmax/softmax';
import { type AdapterConfig, readBoolean, readRate, requireValue } from '../config';
import type { AdapterParameter } from './parts';

const id = 'fusion';

export interface FusionConfig {
  readonly query: boolean;
  readonly key: boolean;
  readonly value: boolean;
  readonly valueInitialized: boolean;
  readonly valueBeforeSoftmax: boolean;
  readonly residualBefore: boolean;
  readonly regularization: boolean;
  readonly dropout: number;
}

export function parseFusion(config: AdapterConfig, model: EncoderConfig): FusionConfig {
  // Its temperature falls with every forward pass of the library, evaluations included.
  requireValue(id, config, 'temperature', false);
  requireValue(id, config, 'query_before_ln', false);
  const flag = (key: string, fallback: boolean) => readBoolean(id, config, key, fallback);
  // As in the library, a rate of 0 counts as not given.
  const dropout = readRate(id, config, 'dropout_prob') || model.attentionDropoutRate;
  return {
    query: flag('query', true),
    key: flag('key', true),
    value: flag('value', true),
    valueInitialized: flag('value_initialized', true),
    valueBeforeSoftmax: flag('value_before_softmax', true),
    residualBefore: flag('residual_before', false),
    regularization: flag('regularization', true),
    dropout,
  };
}

const zero: Initializer = { kind: 'constant', value: 0 };
const normal: Initializer = { kind: 'normal', standardDeviation: 0.02 };

export const fusionPlace = (module: string, name: string) => `${module}.adapter_fusion_layer.${name}`;

export function fusionParameters(
  fusion: FusionConfig,
  place: string,
  hiddenSize: number,
): readonly AdapterParameter[] {
  const shape = [hiddenSize, hiddenSize];
  const projection = (part: 'query' | 'key'): AdapterParameter[] => [
    { name: `${place}.${part}.weight`, shape, initializer: normal },
    { name: `${place}.${part}.bias`, shape: [hiddenSize], initializer: zero },
  ];
  const value: Initializer = fusion.valueInitialized
    ? { kind: 'diagonal', diagonal: 1, elsewhere: 1e-6 }
    : normal;
  return [
    ...(fusion.query ? projection('query') : []),
    ...(fusion.key ? projection('key') : []),
    ...(fusion.value ? [{ name: `${place}.value.weight`, shape, initializer: value }] : []),
  ];
}

/** z, ups and residual [tokens, D] → [tokens, D]. */
export function fuse(
  context: BuildContext,
  fusion: FusionConfig,
  place: string,
  { query, ups, residual }: { readonly query: Node; readonly ups: readonly Node[]; readonly residual: Node },
): Node {
  const { graph, parameter } = context;
  const D = query.shape.cols;
  const projected = (part: 'query' | 'key', x: Node, name: string) =>
    fusion[part]
      ? linear(
          graph,
          x,
          parameter(`${place}.${part}.weight`, [D, D]),
          parameter(`${place}.${part}.bias`, [D]),
          name,
        )
      : x;
  const projectedValue = (x: Node, name: string) =>
    fusion.value ? linear(graph, x, parameter(`${place}.value.weight`, [D, D]), undefined, name) : x;
  // The library adds the residual to keys and values at once: they are one tensor.
  const states = fusion.residualBefore
    ? ups.map((up, i) => sum(graph, up, residual, `fusion.state.${i}`))
    : ups;

  const q = projected('query', query, 'fusion.query');
  const scores = states
    .map((state, i) => dotRows(graph, q, projected('key', state, `fusion.key.${i}`), `fusion.score.${i}`))
    .map((score, i) => placeColumns(graph, score, i, states.length, `fusion.column.${i}`))
    .reduce((all, column, i) => sum(graph, all, column, `fusion.scores.${i}`));
  const dropped = context.dropout(scores, fusion.dropout, `${place}.dropout`);
  const weights = softmaxOfRows(graph, dropped, 'fusion.softmax');
  const values = fusion.valueBeforeSoftmax
    ? states.map((state, i) => projectedValue(state, `fusion.value.${i}`))
    : states;
  const mixed = values
    .map((value, i) =>
      multiply(
        graph,
        value,
        columnsOf(graph, weights, i, 1, `fusion.weight.${i}`),
        'column',
        `fusion.part.${i}`,
      ),
    )
    .reduce((all, part, i) => sum(graph, all, part, `fusion.sum.${i}`));
  const output = fusion.valueBeforeSoftmax ? mixed : projectedValue(mixed, 'fusion.value');
  return fusion.residualBefore ? output : sum(graph, output, residual, 'fusion.residual');
}
