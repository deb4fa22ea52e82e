/**
 * Attention on a grid of padded sequences: q [B, T, nH, dH], k and v [B, K, nH, dH], K = T + prefix. Places of the grid where
 * no row is are masked as keys; as queries their results are not read, and in the backward their dOut is zero.
 *
 * The probabilities are the softmax of the masked scores, written the same way by every part, so that one step computes them
 * once; the log-sum-exp that other executors recompute them from is only computed where it is an output itself.
 */
import { fold } from '../../ops/dropout/rng';
import { arithmetic } from './arithmetic';
import { dropoutFactors } from './dropout-factors';
import type { LoweringCall, OnnxLowering } from './lowering';
import type { Value } from './onnx-graph';

/** What exp turns into an exact zero, and what no sum overflows. */
const masked = -1e30;

function gridOf(call: LoweringCall) {
  const { node, graph, sequences } = call;
  const a = arithmetic(graph);
  const heads = Number(node.attributes.heads);
  const prefix = Number(node.attributes.prefix ?? 0);
  const width = node.inputs[0]!.shape.cols;
  const headSize = width / heads;
  /** [rows, D] → [B, rows of the grid, nH, dH]. */
  const split = (x: Value, before: number) =>
    a.op('Reshape', [sequences.toGrid(x, before), a.axes(0, 0, heads, headSize)]);
  const joined = (x: Value, before: number) =>
    sequences.fromGrid(a.reshape(a.transpose(x, 0, 2, 1, 3), -1, width), before);
  return {
    a,
    heads,
    prefix,
    queries: (q: Value) => a.transpose(split(q, 0), 0, 2, 1, 3),
    keys: (k: Value) => a.transpose(split(k, prefix), 0, 2, 1, 3),
    /** [B, nH, dH, K]. */
    keysTransposed: (k: Value) => a.transpose(split(k, prefix), 0, 2, 3, 1),
    /** dOut where a query is, else 0. */
    dQueries(dOut: Value) {
      const grid = a.mul(sequences.toGrid(dOut, 0), sequences.rowMask(0));
      return a.transpose(a.op('Reshape', [grid, a.axes(0, 0, heads, headSize)]), 0, 2, 1, 3);
    },
    swapped: (x: Value) => a.transpose(x, 0, 1, 3, 2),
    /** [B, nH, T, dH] → [M, D]. */
    ofQueries: (x: Value) => joined(x, 0),
    ofKeys: (x: Value) => joined(x, prefix),
    /** 1 / √dH. */
    scale: a.float(1 / Math.sqrt(headSize)),
    /** Masked scores [B, nH, T, K]. */
    scores(q: Value, k: Value) {
      const bias = a.op('Unsqueeze', [
        a.where(sequences.isKey(prefix), a.float(0), a.float(masked)),
        a.axes(1, 2),
      ]);
      return a.add(a.mul(a.matmul(this.queries(q), this.keysTransposed(k)), this.scale), bias);
    },
    probabilities(q: Value, k: Value) {
      return a.op('Softmax', [this.scores(q, k)], { axis: -1 });
    },
    /** x times the dropout factors; x itself without dropout. */
    dropped(x: Value): Value {
      const factors = dropoutGrid(call);
      return factors === undefined ? x : a.mul(x, factors);
    },
    /** dS / √dH, [B, nH, T, K]. */
    dScores([q, k, v, , delta, dOut]: readonly Value[]) {
      const dP = this.dropped(a.matmul(this.dQueries(dOut!), this.swapped(this.keys(v!))));
      // [M, nH] → [B, nH, T, 1], zero where no query is.
      const deltas = a.mul(sequences.toGrid(delta!, 0), sequences.rowMask(0));
      const ofQueries = a.op('Unsqueeze', [a.transpose(deltas, 0, 2, 1), a.axes(3)]);
      return a.mul(a.mul(this.probabilities(q!, k!), a.sub(dP, ofQueries)), this.scale);
    },
  };
}

/** f32 [B, nH, T, K]: 0 or 1 / (1 − rate), keyed as in the op's definition; undefined where nothing is dropped. */
function dropoutGrid({ node, hostInput }: LoweringCall): Value | undefined {
  const { rate, site, heads, prefix = 0 } = node.attributes;
  if (!rate) return undefined;
  const dims = (layout: Uint32Array) => {
    let longest = 0;
    for (let s = 0; s < layout.length / 4; s++) longest = Math.max(longest, layout[4 * s + 1]!);
    return [layout.length / 4, Number(heads), longest, longest + Number(prefix)] as const;
  };
  return hostInput({
    name: `dropout.${site}.attention`,
    dims: (_step, layout) => dims(layout),
    compute(step, layout) {
      const [sequences, nH, T, K] = dims(layout);
      const all = new Float32Array(sequences * nH * T * K);
      const { key, fillRow } = dropoutFactors(node.attributes, step);
      for (let s = 0; s < sequences; s++) {
        const sequenceKey = fold(key, s);
        const [rows, keys] = [layout[4 * s + 1]!, layout[4 * s + 2]! + Number(prefix)];
        for (let h = 0; h < nH; h++) {
          const headKey = fold(sequenceKey, h);
          for (let i = 0; i < rows; i++) fillRow(all, ((s * nH + h) * T + i) * K, keys, fold(headKey, i));
        }
      }
      return all;
    },
  });
}

/** log Σ exp of each query's scores, [M, nH]. */
export const attentionLse: OnnxLowering = (call) => {
  const { a, heads, scores } = {
    ...gridOf(call),
    scores: gridOf(call).scores(call.inputs[0]!, call.inputs[1]!),
  };
  const max = a.max(scores, -1);
  const lse = a.add(a.log(a.sum(a.exp(a.sub(scores, max)), -1)), max);
  return call.sequences.fromGrid(a.reshape(a.transpose(lse, 0, 2, 1, 3), -1, heads), 0);
};

export const attention: OnnxLowering = (call) => {
  const [q, k, v] = call.inputs as [Value, Value, Value];
  const grid = gridOf(call);
  return grid.ofQueries(grid.a.matmul(grid.dropped(grid.probabilities(q, k)), grid.keys(v)));
};

export const attentionDelta: OnnxLowering = ({ node, inputs: [dOut, out], graph }) => {
  const { mul, sum, reshape } = arithmetic(graph);
  const heads = Number(node.attributes.heads);
  return sum(reshape(mul(dOut!, out!), -1, heads, node.inputs[0]!.shape.cols / heads), 2, true);
};

/** Inputs of the two below: q, k, v, lse, delta, dOut, tokenLayout. */
export const attentionGradQuery: OnnxLowering = (call) => {
  const grid = gridOf(call);
  return grid.ofQueries(grid.a.matmul(grid.dScores(call.inputs), grid.keys(call.inputs[1]!)));
};

export const attentionGradKey: OnnxLowering = (call) => {
  const grid = gridOf(call);
  const dScores = grid.swapped(grid.dScores(call.inputs));
  return grid.ofKeys(grid.a.matmul(dScores, grid.queries(call.inputs[0]!)));
};

/** Inputs: q, k, lse, dOut, tokenLayout. */
export const attentionGradValue: OnnxLowering = (call) => {
  const [q, k, , dOut] = call.inputs as [Value, Value, Value, Value];
  const grid = gridOf(call);
  const weights = grid.swapped(grid.dropped(grid.probabilities(q, k)));
  return grid.ofKeys(grid.a.matmul(weights, grid.dQueries(dOut)));
};
