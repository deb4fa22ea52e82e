/**
 * Multi-head attention over ragged or padded sequences. Vaswani et al. 2017; the backward recomputes probabilities from
 * each row's log-sum-exp as FlashAttention does (Dao et al. 2022, arXiv:2205.14135), so nothing of size T² is kept.
 *
 * M token rows, nH heads of size dH, D = nH · dH. q, k, v, out [M, D]; lse, delta [M, nH]. `tokenLayout` u32 [M, 4] tells
 * each row's (sequence, first row, rows, keys): a row attends to the first `keys` rows of its own sequence. With the attribute
 * `prefix` P > 0, k, v, dK and dV have P more rows in front of the tokens of each sequence, which every query attends to:
 * sequence s owns the key rows from (its first token row) + s · P on.
 *   s_ij = q_i · k_j / sqrt(dH);  lse_i = log Σ_j exp(s_ij);  P_ij = exp(s_ij − lse_i)
 *   out_i = Σ_j m_ij P_ij v_j,  m_ij = keep / (1 − rate), 1 without dropout
 * Backward, dP_ij = m_ij (dOut_i · v_j) and delta_i = Σ_j P_ij dP_ij = dOut_i · out_i:
 *   dS_ij = P_ij (dP_ij − delta_i);  dQ_i = Σ_j dS_ij k_j / sqrt(dH);  dK_j = Σ_i dS_ij q_i / sqrt(dH);  dV_j = Σ_i m_ij P_ij dOut_i
 */
import { invariant } from '../../errors';
import {
  type Attributes,
  type Extents,
  formatShape,
  type GraphBuilder,
  type Node,
  type Shape,
  tokensWithPrefix,
} from '../../graph/graph';
import type { Op, ReferenceCall, StepScalars } from '../../graph/op';
import { dropThreshold, fold, maskKey, siteHash } from '../dropout/rng';

const meanLength = ({ tokens, sequences }: Extents) => tokens / sequences;

function requireHeads(x: Shape, { heads }: Attributes): number {
  invariant(x.cols % Number(heads) === 0, `attention: ${formatShape(x)} does not divide into ${heads} heads`);
  return Number(heads);
}

/** q, k, tokenLayout → lse [M, nH]. */
export const attentionLse: Op = {
  name: 'attentionLse',
  infer: ([q], attributes) => ({ rows: q!.rows, cols: requireHeads(q!, attributes) }),
  // The gradient through lse is inside the backward of `attention` (the delta term).
  backward: () => [null, null, null],
  reference(call) {
    const view = attentionView(call, call.inputs[2] as Uint32Array);
    for (let i = 0; i < call.rows; i++) {
      for (let h = 0; h < view.heads; h++) {
        const scores = view.scores(call.inputs[0]!, call.inputs[1]!, i, h);
        const max = Math.max(...scores);
        let sum = 0;
        for (const s of scores) sum += Math.exp(s - max);
        call.out[i * view.heads + h] = Math.log(sum) + max;
      }
    }
  },
  flops: ([q], _rows, _cols, extents) => 2 * q![0] * q![1] * meanLength(extents),
};

/** q, k, v, lse, tokenLayout → out [M, D]. */
export const attention: Op = {
  name: 'attention',
  infer(inputs, attributes) {
    const [q, k, v, lse] = inputs as [Shape, Shape, Shape, Shape];
    const heads = requireHeads(q, attributes);
    const keyRows = tokensWithPrefix(Number(attributes.prefix ?? 0));
    const fits =
      k.cols === q.cols &&
      v.cols === q.cols &&
      k.rows === keyRows &&
      v.rows === keyRows &&
      lse.cols === heads;
    invariant(
      fits,
      `attention: q ${formatShape(q)} k ${formatShape(k)} v ${formatShape(v)} lse ${formatShape(lse)}`,
    );
    return q;
  },
  backward(node, dOut, wants, graph) {
    const [q, k, v, lse, tokenLayout] = node.inputs as [Node, Node, Node, Node, Node];
    const { name, attributes } = node;
    const apply = (op: Op, inputs: Node[], part: string) =>
      graph.apply(op, inputs, attributes, `${name}.${part}`);
    const dV = wants[2] ? apply(attentionGradValue, [q, k, lse, dOut, tokenLayout], 'dV') : null;
    if (!wants[0] && !wants[1]) return [null, null, dV, null, null];
    const delta = apply(attentionDelta, [dOut, node], 'delta');
    const inputs = [q, k, v, lse, delta, dOut, tokenLayout];
    const dQ = wants[0] ? apply(attentionGradQuery, inputs, 'dQ') : null;
    const dK = wants[1] ? apply(attentionGradKey, inputs, 'dK') : null;
    return [dQ, dK, dV, null, null];
  },
  reference(call) {
    const [q, k, v, lse, tokenLayout] = call.inputs as Float64Array[];
    const view = attentionView(call, tokenLayout as unknown as Uint32Array);
    view.forEachPair((i, j, h) => {
      const weight = view.mask(i, j, h) * Math.exp(view.score(q!, k!, i, j, h) - lse![i * view.heads + h]!);
      for (let d = 0; d < view.headSize; d++) call.out[view.at(i, h) + d]! += weight * v![view.at(j, h) + d]!;
    });
  },
  flops: ([q], _rows, _cols, extents) => 4 * q![0] * q![1] * meanLength(extents),
};

/** dOut, out → delta [M, nH] = dOut · out within each head. */
export const attentionDelta: Op = {
  name: 'attentionDelta',
  infer: ([dOut], attributes) => ({ rows: dOut!.rows, cols: requireHeads(dOut!, attributes) }),
  reference({ inputs: [dOut, attended], inputShapes, attributes, rows, out }) {
    const heads = Number(attributes.heads);
    const headSize = inputShapes[0]![1] / heads;
    for (let i = 0; i < rows * heads; i++) {
      for (let d = 0; d < headSize; d++) out[i]! += dOut![i * headSize + d]! * attended![i * headSize + d]!;
    }
  },
  flops: ([dOut]) => 2 * dOut![0] * dOut![1],
};

/** Inputs of the two gradients below: q, k, v, lse, delta, dOut, tokenLayout. */
function forEachScoreGradient(
  call: ReferenceCall,
  use: (i: number, j: number, head: number, dScore: number, view: AttentionView) => void,
) {
  const [q, k, v, lse, delta, dOut, tokenLayout] = call.inputs as Float64Array[];
  const view = attentionView(call, tokenLayout as unknown as Uint32Array);
  view.forEachPair((i, j, h) => {
    const probability = Math.exp(view.score(q!, k!, i, j, h) - lse![i * view.heads + h]!);
    const dProbability = view.mask(i, j, h) * view.dot(dOut!, v!, i, j, h);
    use(
      i,
      j,
      h,
      (probability * (dProbability - delta![i * view.heads + h]!)) / Math.sqrt(view.headSize),
      view,
    );
  });
}

/** → dQ [M, D]. */
export const attentionGradQuery: Op = {
  name: 'attentionGradQuery',
  infer: ([q]) => q!,
  reference(call) {
    forEachScoreGradient(call, (i, j, h, dScore, { at, headSize }) => {
      for (let d = 0; d < headSize; d++) call.out[at(i, h) + d]! += dScore * call.inputs[1]![at(j, h) + d]!;
    });
  },
  flops: ([q], _rows, _cols, extents) => 6 * q![0] * q![1] * meanLength(extents),
};

/** → dK [M, D]; zero for rows that are padding. */
export const attentionGradKey: Op = {
  name: 'attentionGradKey',
  infer: ([, k]) => k!,
  reference(call) {
    forEachScoreGradient(call, (i, j, h, dScore, { at, headSize }) => {
      for (let d = 0; d < headSize; d++) call.out[at(j, h) + d]! += dScore * call.inputs[0]![at(i, h) + d]!;
    });
  },
  flops: ([q], _rows, _cols, extents) => 6 * q![0] * q![1] * meanLength(extents),
};

/** q, k, lse, dOut, tokenLayout → dV [M, D]; zero for rows that are padding. */
export const attentionGradValue: Op = {
  name: 'attentionGradValue',
  infer: ([, k]) => k!,
  reference(call) {
    const [q, k, lse, dOut, tokenLayout] = call.inputs as Float64Array[];
    const view = attentionView(call, tokenLayout as unknown as Uint32Array);
    view.forEachPair((i, j, h) => {
      const weight = view.mask(i, j, h) * Math.exp(view.score(q!, k!, i, j, h) - lse![i * view.heads + h]!);
      for (let d = 0; d < view.headSize; d++)
        call.out[view.at(j, h) + d]! += weight * dOut![view.at(i, h) + d]!;
    });
  },
  flops: ([q], _rows, _cols, extents) => 4 * q![0] * q![1] * meanLength(extents),
};

type AttentionView = ReturnType<typeof attentionView>;

/** Index arithmetic, scores and masks shared by the references. */
function attentionView({ attributes, inputShapes, step }: ReferenceCall, tokenLayout: Uint32Array) {
  const heads = Number(attributes.heads);
  const width = inputShapes[0]![1];
  const headSize = width / heads;
  const at = (row: number, head: number) => row * width + head * headSize;
  const mask = dropoutMask(attributes, step, tokenLayout);
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>, i: number, j: number, head: number) => {
    let sum = 0;
    for (let d = 0; d < headSize; d++) sum += a[at(i, head) + d]! * b[at(j, head) + d]!;
    return sum;
  };
  const score = (q: ArrayLike<number>, k: ArrayLike<number>, i: number, j: number, head: number) =>
    dot(q, k, i, j, head) / Math.sqrt(headSize);
  const prefix = Number(attributes.prefix ?? 0);
  const keysOf = (i: number) => ({
    first: tokenLayout[4 * i + 1]! + tokenLayout[4 * i]! * prefix,
    count: tokenLayout[4 * i + 3]! + prefix,
  });
  return {
    heads,
    headSize,
    at,
    dot,
    mask,
    score,
    scores(q: ArrayLike<number>, k: ArrayLike<number>, i: number, head: number) {
      const { first, count } = keysOf(i);
      return Array.from({ length: count }, (_, j) => score(q, k, i, first + j, head));
    },
    forEachPair(use: (i: number, j: number, head: number) => void) {
      for (let i = 0; i < step.tokens; i++) {
        const { first, count } = keysOf(i);
        for (let j = first; j < first + count; j++) for (let h = 0; h < heads; h++) use(i, j, h);
      }
    },
  };
}

/** Mask of a probability: keyed by (head, query position, key position) within its sequence. */
function dropoutMask({ rate, site, prefix = 0 }: Attributes, step: StepScalars, tokenLayout: Uint32Array) {
  if (!rate) return () => 1;
  const key = maskKey(step.seed, step.microStep, Number(site));
  const threshold = dropThreshold(Number(rate));
  const scale = 1 / (1 - Number(rate));
  return (i: number, j: number, head: number) => {
    const first = tokenLayout[4 * i + 1]!;
    const sequence = tokenLayout[4 * i]!;
    const keyPosition = j - first - sequence * Number(prefix);
    const hash = fold(fold(fold(fold(key, sequence), head), i - first), keyPosition);
    return hash >= threshold ? scale : 0;
  };
}

export interface AttentionInputs {
  readonly q: Node;
  /** Token rows; with a prefix, `tokensWithPrefix(prefix)` rows, and so `v`. */
  readonly k: Node;
  readonly v: Node;
  readonly tokenLayout: Node;
  /** Key rows in front of each sequence's tokens. */
  readonly prefix?: number;
}

/** Attention with dropout `rate` on the probabilities at the site with this stable name. */
export function attend(
  graph: GraphBuilder,
  { q, k, v, tokenLayout, prefix = 0 }: AttentionInputs,
  heads: number,
  rate: number,
  site: string,
): Node {
  const keys: Attributes = prefix > 0 ? { prefix } : {};
  const lse = graph.apply(attentionLse, [q, k, tokenLayout], { heads, ...keys }, `${site}.lse`);
  const attributes = { heads, rate, site: siteHash(site), ...keys };
  return graph.apply(attention, [q, k, v, lse, tokenLayout], attributes, site);
}
