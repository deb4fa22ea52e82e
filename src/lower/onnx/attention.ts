/**
 * Attention on grids of padded sequences: q [B, T, nH, dH], k and v [B, K, nH, dH], K = T + prefix, B and T those of a group
 * of like length. Places of a grid where no row is are masked as keys; as queries their results are not read, and in the
 * backward their dOut is zero.
 *
 * The probabilities are the softmax of the masked scores, written the same way by every part, so that one step computes them
 * once; the log-sum-exp that other executors recompute them from is only computed where it is an output itself.
 */
import { fold } from '../../ops/dropout/rng';
import { arithmetic } from './arithmetic';
import { dropoutFactors } from './dropout-factors';
import { groupsOf, longestOf } from './length-groups';
import type { LoweringCall, OnnxLowering } from './lowering';
import type { Value } from './onnx-graph';
import type { Sequences } from './sequences-of-batch';

/** What exp turns into an exact zero, and what no sum overflows. */
const masked = -1e30;

type Grid = ReturnType<typeof gridOf>;

/** What `make` makes of each grid, [B, nH, T or K, n] → the batch's rows of queries or keys, [rows, nH · n]. */
function overGrids(call: LoweringCall, rows: 'queries' | 'keys', make: (grid: Grid) => Value): Value {
  const { heads, prefix = 0 } = call.node.attributes;
  const xs = call.grids.grids.map((sequences, group) => make(gridOf(call, sequences, group)));
  const before = rows === 'keys' ? Number(prefix) : 0;
  return call.grids.fromHeads(xs, before, Number(heads), call.node.shape.cols / Number(heads));
}

/** `sequences` are the grid's, `group` is its number. */
function gridOf(call: LoweringCall, sequences: Sequences, group: number) {
  const { node, graph } = call;
  const a = arithmetic(graph);
  const heads = Number(node.attributes.heads);
  const prefix = Number(node.attributes.prefix ?? 0);
  const headSize = node.inputs[0]!.shape.cols / heads;
  /** [B, nH, T, n] with zeros where no query is. */
  const onlyQueries = (x: Value) => a.mul(x, a.op('Unsqueeze', [sequences.rowMask(0), a.axes(1)]));
  return {
    a,
    /** [B, nH, T, dH]. */
    queries: (q: Value) => sequences.toHeads(q, 0, heads, headSize),
    /** [B, nH, K, dH]. */
    keys: (k: Value) => sequences.toHeads(k, prefix, heads, headSize),
    /** dOut where a query is; elsewhere 0, or anything where the dropout factors are 0 there. */
    dQueries(dOut: Value) {
      return node.attributes.rate ? this.queries(dOut) : onlyQueries(this.queries(dOut));
    },
    swapped: (x: Value) => a.transpose(x, 0, 1, 3, 2),
    /** 1 / √dH. */
    scale: a.float(1 / Math.sqrt(headSize)),
    /** Masked scores [B, nH, T, K]. */
    scores(q: Value, k: Value) {
      const bias = a.op('Unsqueeze', [
        a.where(sequences.isKey(prefix), a.float(0), a.float(masked)),
        a.axes(1, 2),
      ]);
      return a.add(a.mul(a.matmul(this.queries(q), this.swapped(this.keys(k))), this.scale), bias);
    },
    probabilities(q: Value, k: Value) {
      return a.op('Softmax', [this.scores(q, k)], { axis: -1 });
    },
    /** x times the dropout factors; x itself without dropout. */
    dropped(x: Value): Value {
      const factors = dropoutGrid(call, group);
      return factors === undefined ? x : a.mul(x, factors);
    },
    /** dS / √dH, [B, nH, T, K]. */
    dScores([q, k, v, , delta, dOut]: readonly Value[]) {
      const dP = this.dropped(a.matmul(this.dQueries(dOut!), this.swapped(this.keys(v!))));
      // [M, nH] → [B, nH, T, 1], zero where no query is.
      const ofQueries = onlyQueries(sequences.toHeads(delta!, 0, heads, 1));
      return a.mul(a.mul(this.probabilities(q!, k!), a.sub(dP, ofQueries)), this.scale);
    },
  };
}

/** f32 [B, nH, T, K] of a group: 0 or 1 / (1 − rate), keyed as in the op's definition; undefined where nothing is dropped. */
function dropoutGrid({ node, hostInput }: LoweringCall, group: number): Value | undefined {
  const { rate, site, heads, prefix = 0 } = node.attributes;
  if (!rate) return undefined;
  const dims = (layout: Uint32Array) => {
    const longest = longestOf(layout);
    return [layout.length / 4, Number(heads), longest, longest + Number(prefix)] as const;
  };
  return hostInput({
    name: `dropout.${site}.attention.${group}`,
    type: 'f32',
    dims: (_step, batch) => dims(groupsOf(batch)[group]!),
    compute(step, batch) {
      const layout = groupsOf(batch)[group]!;
      const [sequences, nH, T, K] = dims(layout);
      const all = new Float32Array(sequences * nH * T * K);
      const { key, fillRow } = dropoutFactors(node.attributes, step);
      for (let s = 0; s < sequences; s++) {
        const sequenceKey = fold(key, layout[4 * s + 3]!);
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
  const [q, k] = call.inputs as [Value, Value];
  return overGrids(call, 'queries', (grid) => {
    const { a } = grid;
    const scores = grid.scores(q, k);
    const max = a.max(scores, -1);
    return a.add(a.log(a.sum(a.exp(a.sub(scores, max)), -1)), max);
  });
};

export const attention: OnnxLowering = (call) => {
  const [q, k, v] = call.inputs as [Value, Value, Value];
  return overGrids(call, 'queries', (grid) =>
    grid.a.matmul(grid.dropped(grid.probabilities(q, k)), grid.keys(v)),
  );
};

export const attentionDelta: OnnxLowering = ({ node, inputs: [dOut, out], graph }) => {
  const { mul, sum, reshape } = arithmetic(graph);
  const heads = Number(node.attributes.heads);
  return sum(reshape(mul(dOut!, out!), -1, heads, node.inputs[0]!.shape.cols / heads), 2, true);
};

/** Inputs of the two below: q, k, v, lse, delta, dOut, tokenLayout. */
export const attentionGradQuery: OnnxLowering = (call) =>
  overGrids(call, 'queries', (grid) => grid.a.matmul(grid.dScores(call.inputs), grid.keys(call.inputs[1]!)));

export const attentionGradKey: OnnxLowering = (call) =>
  overGrids(call, 'keys', (grid) =>
    grid.a.matmul(grid.swapped(grid.dScores(call.inputs)), grid.queries(call.inputs[0]!)),
  );

/** Inputs: q, k, lse, dOut, tokenLayout. */
export const attentionGradValue: OnnxLowering = (call) => {
  const [q, k, , dOut] = call.inputs as [Value, Value, Value, Value];
  return overGrids(call, 'keys', (grid) => {
    const weights = grid.swapped(grid.dropped(grid.probabilities(q, k)));
    return grid.a.matmul(weights, grid.dQueries(dOut));
  });
};
