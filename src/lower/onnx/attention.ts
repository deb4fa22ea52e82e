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

/** What `make` makes of each grid, [B, T + prefix of the result, …, N] → the batch's rows [rows, N]. */
function overGrids(call: LoweringCall, before: 'none' | 'prefix', make: (grid: Grid) => Value): Value {
  const prefix = before === 'prefix' ? Number(call.node.attributes.prefix ?? 0) : 0;
  const xs = call.grids.grids.map((sequences, group) => make(gridOf(call, sequences, group)));
  return call.grids.fromGrids(xs, prefix);
}

/** `sequences` are the grid's, `group` is its number. */
function gridOf(call: LoweringCall, sequences: Sequences, group: number) {
  const { node, graph } = call;
  const a = arithmetic(graph);
  const heads = Number(node.attributes.heads);
  const prefix = Number(node.attributes.prefix ?? 0);
  const width = node.inputs[0]!.shape.cols;
  const headSize = width / heads;
  /** [rows, nH · n] → [B, rows of the grid, nH, n]; split before the gather, which grids then share. */
  const split = (x: Value, before: number, size = headSize) =>
    sequences.toGrid(a.reshape(x, -1, heads, size), before);
  /** [B, rows, nH, n] with zeros where no query is. */
  const onlyQueries = (x: Value) => a.mul(x, a.op('Unsqueeze', [sequences.rowMask(0), a.axes(3)]));
  return {
    a,
    heads,
    queries: (q: Value) => a.transpose(split(q, 0), 0, 2, 1, 3),
    keys: (k: Value) => a.transpose(split(k, prefix), 0, 2, 1, 3),
    /** [B, nH, dH, K]. */
    keysTransposed: (k: Value) => a.transpose(split(k, prefix), 0, 2, 3, 1),
    /** dOut where a query is; elsewhere 0, or anything where the dropout factors are 0 there. */
    dQueries(dOut: Value) {
      const grid = split(dOut, 0);
      return a.transpose(node.attributes.rate ? grid : onlyQueries(grid), 0, 2, 1, 3);
    },
    swapped: (x: Value) => a.transpose(x, 0, 1, 3, 2),
    /** [B, nH, T or K, dH] → [B · T or K, D]. */
    joined: (x: Value) => a.reshape(a.transpose(x, 0, 2, 1, 3), -1, width),
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
      const factors = dropoutGrid(call, group);
      return factors === undefined ? x : a.mul(x, factors);
    },
    /** dS / √dH, [B, nH, T, K]. */
    dScores([q, k, v, , delta, dOut]: readonly Value[]) {
      const dP = this.dropped(a.matmul(this.dQueries(dOut!), this.swapped(this.keys(v!))));
      // [M, nH] → [B, nH, T, 1], zero where no query is.
      const ofQueries = a.transpose(onlyQueries(split(delta!, 0, 1)), 0, 2, 1, 3);
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
export const attentionLse: OnnxLowering = (call) =>
  overGrids(call, 'none', (grid) => {
    const { a, heads } = grid;
    const x = grid.scores(call.inputs[0]!, call.inputs[1]!);
    const max = a.max(x, -1);
    const lse = a.add(a.log(a.sum(a.exp(a.sub(x, max)), -1)), max);
    return a.reshape(a.transpose(lse, 0, 2, 1, 3), -1, heads);
  });

export const attention: OnnxLowering = (call) => {
  const [q, k, v] = call.inputs as [Value, Value, Value];
  return overGrids(call, 'none', (grid) =>
    grid.joined(grid.a.matmul(grid.dropped(grid.probabilities(q, k)), grid.keys(v))),
  );
};

export const attentionDelta: OnnxLowering = ({ node, inputs: [dOut, out], graph }) => {
  const { mul, sum, reshape } = arithmetic(graph);
  const heads = Number(node.attributes.heads);
  return sum(reshape(mul(dOut!, out!), -1, heads, node.inputs[0]!.shape.cols / heads), 2, true);
};

/** Inputs of the two below: q, k, v, lse, delta, dOut, tokenLayout. */
export const attentionGradQuery: OnnxLowering = (call) =>
  overGrids(call, 'none', (grid) =>
    grid.joined(grid.a.matmul(grid.dScores(call.inputs), grid.keys(call.inputs[1]!))),
  );

export const attentionGradKey: OnnxLowering = (call) =>
  overGrids(call, 'prefix', (grid) => {
    const dScores = grid.swapped(grid.dScores(call.inputs));
    return grid.joined(grid.a.matmul(dScores, grid.queries(call.inputs[0]!)));
  });

/** Inputs: q, k, lse, dOut, tokenLayout. */
export const attentionGradValue: OnnxLowering = (call) => {
  const [q, k, , dOut] = call.inputs as [Value, Value, Value, Value];
  return overGrids(call, 'prefix', (grid) => {
    const weights = grid.swapped(grid.dropped(grid.probabilities(q, k)));
    return grid.joined(grid.a.matmul(weights, grid.dQueries(dOut)));
  });
};
