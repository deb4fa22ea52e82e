/**
 * One node of every op, over many shapes: what gradcheck and parity run. A case builds its node on leaves that it names,
 * and says how their values are drawn.
 */
import type { Attributes, DType, LeafKind, Rows } from '../../src/graph/graph';
import {
  GraphBuilder,
  type LeafNode,
  type OpNode,
  rowsPerSequence,
  tokensWithPrefix,
} from '../../src/graph/graph';
import type { Op } from '../../src/graph/op';
import { activation, activationFunctions, activationGrad } from '../../src/ops/activation/activation';
import { add, rowAdd } from '../../src/ops/add/add';
import {
  attention,
  attentionDelta,
  attentionGradKey,
  attentionGradQuery,
  attentionGradValue,
  attentionLse,
} from '../../src/ops/attention/attention';
import { columnSum } from '../../src/ops/columnSum/columnSum';
import { crossEntropy, crossEntropyGrad } from '../../src/ops/crossEntropy/crossEntropy';
import { dropout } from '../../src/ops/dropout/dropout';
import { siteHash } from '../../src/ops/dropout/rng';
import { gather, gatherGrad } from '../../src/ops/gather/gather';
import { gemm } from '../../src/ops/gemm/gemm';
import { joinKeys, takePrefix, takeTokens } from '../../src/ops/keys/keys';
import {
  blockMatmul,
  kroneckerGradRule,
  kroneckerGradWeight,
  kroneckerSum,
} from '../../src/ops/kronecker/kronecker';
import { layerNorm, layerNormGradGamma, layerNormGradInput } from '../../src/ops/layerNorm/layerNorm';
import { rowLoss, rowLossGrad } from '../../src/ops/losses/losses';
import { mean, meanGrad } from '../../src/ops/mean/mean';
import { minusIdentity } from '../../src/ops/minusIdentity/minusIdentity';
import { orthonormal, orthonormalGrad } from '../../src/ops/orthonormal/orthonormal';
import {
  clearPositions,
  putPositions,
  scatterPositions,
  takePositions,
} from '../../src/ops/positions/positions';
import { reshape } from '../../src/ops/reshape/reshape';
import { rowDot } from '../../src/ops/rowDot/rowDot';
import { inverseRowNorm, inverseRowNormGrad } from '../../src/ops/rowNorm/rowNorm';
import { scatterFirst, takeFirst } from '../../src/ops/rows/rows';
import { scale, scaleBy } from '../../src/ops/scale/scale';
import { repeatRows, sequenceSpread, sequenceSum, sumRepeats } from '../../src/ops/sequences/sequences';
import { place, slice } from '../../src/ops/slice/slice';
import { softmax, softmaxGrad } from '../../src/ops/softmax/softmax';
import { taskMask } from '../../src/ops/taskMask/taskMask';

/** Real lengths and padded lengths of a batch's sequences. */
export interface BatchShape {
  readonly name: string;
  readonly keys: readonly number[];
  readonly rows: readonly number[];
}

export const ragged = (...lengths: number[]): BatchShape => ({
  name: `ragged ${lengths}`,
  keys: lengths,
  rows: lengths,
});
export const padded = (length: number, ...lengths: number[]): BatchShape => ({
  name: `padded ${lengths} to ${length}`,
  keys: lengths,
  rows: lengths.map(() => length),
});

/** How a leaf is filled: normal with this scale, or one of the integer tables of the batch. */
export type Fill =
  | number
  | 'layout'
  | 'tokenLayout'
  | 'labels'
  /** A gather's ids below `classes`, the token rows by ascending id, and where each id's run begins. */
  | 'ids'
  | 'order'
  | 'starts'
  | ((i: number) => number);

export interface OpCase {
  readonly name: string;
  readonly batch: BatchShape;
  readonly node: OpNode;
  readonly leaves: readonly (readonly [LeafNode, Fill])[];
  /** Labels are below this. */
  readonly classes: number;
}

type LeafSpec = readonly [rows: Rows, cols: number, fill: Fill, dtype?: DType, kind?: LeafKind];

function opCase(
  name: string,
  batch: BatchShape,
  op: Op,
  specs: readonly LeafSpec[],
  attributes: Attributes = {},
  classes = 2,
): OpCase {
  const graph = new GraphBuilder();
  const leaves = specs.map(([rows, cols, fill, dtype, kind], i) => {
    const isInteger = typeof fill === 'string';
    const leaf = graph.leaf(
      kind ?? (isInteger ? 'input' : 'trainable'),
      `leaf${i}`,
      { rows, cols },
      dtype ?? (isInteger ? 'u32' : 'f32'),
    );
    return [leaf, fill] as const;
  });
  const node = graph.apply(
    op,
    leaves.map(([leaf]) => leaf),
    attributes,
    op.name,
  );
  return { name: `${op.name} ${name}, ${batch.name}`, batch, node, leaves, classes };
}

const tokenLayout: LeafSpec = ['tokens', 4, 'tokenLayout'];
const layout: LeafSpec = ['sequences', 4, 'layout'];

export function gemmCase(
  batch: BatchShape,
  [m, k, n]: readonly [Rows, Rows, number],
  options: { ta?: boolean; tb?: boolean; alpha?: number; bias?: boolean; addend?: boolean },
  fill: Fill = 1,
): OpCase {
  const { ta = false, tb = false, alpha = 1, bias = false, addend = false } = options;
  // A matrix's columns are constant: a transposed a has m columns, an untransposed one k.
  const a: LeafSpec = ta ? [k, m as number, fill] : [m, k as number, fill];
  const b: LeafSpec = tb ? [n, k as number, fill] : [k, n, fill];
  const name = `${ta ? 'T' : 'N'}${tb ? 'T' : 'N'} ${m}×${k}×${n}${alpha === 1 ? '' : ` alpha ${alpha}`}${bias ? ' bias' : ''}${addend ? ' addend' : ''}`;
  const extras: LeafSpec[] = [
    ...(bias ? [[1, n, 1] as LeafSpec] : []),
    ...(addend ? [[m, n, 1] as LeafSpec] : []),
  ];
  return opCase(name, batch, gemm, [a, b, ...extras], {
    transposeA: ta,
    transposeB: tb,
    alpha,
    bias,
    addend,
  });
}

export function layerNormCases(batch: BatchShape, cols: number, fill: Fill = 1): OpCase[] {
  const x: LeafSpec = ['tokens', cols, fill];
  const row: LeafSpec = [1, cols, 1];
  const attributes = { epsilon: 1e-5 };
  return [
    opCase(`${cols}`, batch, layerNorm, [x, row, row], { ...attributes, residual: false }),
    opCase(`${cols} residual`, batch, layerNorm, [x, ['tokens', cols, 1], row, row], {
      ...attributes,
      residual: true,
    }),
    opCase(`${cols}`, batch, layerNormGradInput, [x, row, ['tokens', cols, 1]], {
      ...attributes,
      residual: false,
    }),
    opCase(
      `${cols} residual`,
      batch,
      layerNormGradInput,
      [x, ['tokens', cols, 1], row, ['tokens', cols, 1]],
      { ...attributes, residual: true },
    ),
    opCase(`${cols}`, batch, layerNormGradGamma, [x, ['tokens', cols, 1]], {
      ...attributes,
      residual: false,
    }),
    opCase(`${cols} residual`, batch, layerNormGradGamma, [x, ['tokens', cols, 1], ['tokens', cols, 1]], {
      ...attributes,
      residual: true,
    }),
  ];
}

export function attentionCases(
  batch: BatchShape,
  heads: number,
  headSize: number,
  rate: number,
  magnitude = 1,
  prefix = 0,
): OpCase[] {
  const x: LeafSpec = ['tokens', heads * headSize, magnitude];
  const key: LeafSpec = [tokensWithPrefix(prefix), heads * headSize, magnitude];
  const perHead: LeafSpec = ['tokens', heads, 1];
  const attributes = { heads, rate, site: siteHash('test'), prefix };
  const name = `${heads} heads of ${headSize}, dropout ${rate}, prefix ${prefix}`;
  return [
    opCase(name, batch, attentionLse, [x, key, tokenLayout], { heads, prefix }),
    opCase(name, batch, attention, [x, key, key, perHead, tokenLayout], attributes),
    opCase(name, batch, attentionDelta, [x, x], attributes),
    opCase(name, batch, attentionGradQuery, [x, key, key, perHead, perHead, x, tokenLayout], attributes),
    opCase(name, batch, attentionGradKey, [x, key, key, perHead, perHead, x, tokenLayout], attributes),
    opCase(name, batch, attentionGradValue, [x, key, perHead, x, tokenLayout], attributes),
  ];
}

/** Every other op once for a batch and a width. */
export function smallCases(batch: BatchShape, cols: number): OpCase[] {
  const x: LeafSpec = ['tokens', cols, 1];
  const perSequence: LeafSpec = ['sequences', cols, 1];
  const labels: LeafSpec = ['sequences', 1, 'labels'];
  const drop = { rate: 0.3, site: siteHash('test') };
  return [
    opCase(`${cols}`, batch, add, [x, x]),
    opCase(`${cols}`, batch, columnSum, [x]),
    opCase(`${cols} tokens`, batch, dropout, [x, tokenLayout], drop),
    opCase(`${cols} sequences`, batch, dropout, [perSequence], drop),
    opCase(`${cols}`, batch, takeFirst, [x, layout, tokenLayout]),
    opCase(`${cols}`, batch, scatterFirst, [perSequence, tokenLayout]),
    opCase(`${cols}`, batch, crossEntropy, [perSequence, labels], {}, cols),
    opCase(`${cols}`, batch, crossEntropyGrad, [perSequence, labels, ['sequences', 1, 1]], {}, cols),
    opCase('', batch, mean, [['sequences', 1, 1]]),
    opCase('', batch, meanGrad, [[1, 1, 1]], { rows: 'sequences' }),
  ];
}

export function activationCases(batch: BatchShape, cols: number, fill: Fill = 2): OpCase[] {
  return Object.keys(activationFunctions).flatMap((kind) => [
    opCase(`${kind} ${cols}`, batch, activation, [['tokens', cols, fill]], { kind }),
    opCase(
      `${kind} ${cols}`,
      batch,
      activationGrad,
      [
        ['tokens', cols, fill],
        ['tokens', cols, 1],
      ],
      { kind },
    ),
  ]);
}

export function crossEntropyCases(batch: BatchShape, classes: number, fill: Fill): OpCase[] {
  const logits: LeafSpec = ['sequences', classes, fill];
  const labels: LeafSpec = ['sequences', 1, 'labels'];
  return [
    opCase(`${classes} large`, batch, crossEntropy, [logits, labels], {}, classes),
    opCase(`${classes} large`, batch, crossEntropyGrad, [logits, labels, ['sequences', 1, 1]], {}, classes),
  ];
}

/** Every label is 0, and the logits say so: its gradient is minus the sum of small numbers, not a difference of large ones. */
export const sureRowsCase = (batch: BatchShape, classes: number): OpCase =>
  opCase(
    `${classes}, sure`,
    batch,
    crossEntropyGrad,
    [
      ['sequences', classes, (i) => (i % classes === 0 ? 12 : Math.sin(i))],
      ['sequences', 1, 'labels'],
      ['sequences', 1, 1],
    ],
    {},
    1,
  );

/** What the adapter methods are made of, once for a batch and a width. */
export function methodCases(batch: BatchShape, cols: number): OpCase[] {
  const x: LeafSpec = ['tokens', cols, 1];
  const perSequence: LeafSpec = ['sequences', cols, 1];
  const block: LeafSpec = [rowsPerSequence(3), cols, 1];
  const places: readonly LeafSpec[] = [tokenLayout, layout];
  const start = { from: 'start', offset: 1, count: 3 };
  const end = { from: 'end', offset: 0, count: 3 };
  const keys = { prefix: 3, before: 2 };
  const drawnRule: LeafSpec = [3 * 4, 2, 1];
  const drawnWeight: LeafSpec = [3 * 5, cols, 1];
  // Away from 0, where a row has no direction.
  const vectors: LeafSpec = [7, cols + 1, 1];
  return [
    opCase(`element ${cols}`, batch, scale, [x, x], { mode: 'element' }),
    opCase(`blocks ${cols}`, batch, dropout, [block], { rate: 0.3, site: siteHash('test') }),
    opCase(`row ${cols}`, batch, scale, [x, [1, cols, 1]], { mode: 'row' }),
    opCase(`column ${cols}`, batch, scale, [x, ['tokens', 1, 1]], { mode: 'column' }),
    opCase(`scalar ${cols}`, batch, scale, [x, [1, 1, 1]], { mode: 'scalar' }),
    opCase(`sequence ${cols}`, batch, scale, [x, ['sequences', 1, 1], ...places], {
      mode: 'sequence',
      block: 0,
    }),
    opCase(`sequence blocks ${cols}`, batch, scale, [block, ['sequences', 1, 1], ...places], {
      mode: 'sequence',
      block: 3,
    }),
    opCase(`${cols}`, batch, rowAdd, [x, [1, cols, 1]]),
    opCase(`${cols}`, batch, scaleBy, [x], { factor: -2.5 }),
    opCase(`${cols}`, batch, rowDot, [x, x]),
    ...[true, false].flatMap((mean) => [
      opCase(`mean ${mean} ${cols}`, batch, sequenceSum, [x, ...places], { mean, block: 0 }),
      opCase(`mean ${mean} blocks ${cols}`, batch, sequenceSum, [block, ...places], { mean, block: 3 }),
      opCase(`mean ${mean} ${cols}`, batch, sequenceSpread, [perSequence, ...places], {
        mean,
        block: 0,
        rows: 'tokens',
      }),
      opCase(`mean ${mean} blocks ${cols}`, batch, sequenceSpread, [perSequence, ...places], {
        mean,
        block: 3,
        rows: rowsPerSequence(3),
      }),
    ]),
    opCase(`${cols}`, batch, repeatRows, [[3, cols, 1]]),
    opCase(`${cols}`, batch, sumRepeats, [block], { rows: 3 }),
    ...[start, end].flatMap((at) => [
      opCase(`${at.from} ${cols}`, batch, takePositions, [x, ...places], at),
      opCase(`${at.from} ${cols}`, batch, scatterPositions, [block, ...places], at),
      opCase(`${at.from} ${cols}`, batch, putPositions, [x, block, ...places], at),
      opCase(`${at.from} ${cols}`, batch, clearPositions, [x, ...places], at),
    ]),
    opCase(`columns ${cols}`, batch, slice, [x], {
      rowStart: 0,
      rows: 'tokens',
      colStart: 1,
      cols: cols - 1,
    }),
    opCase(`rows ${cols}`, batch, slice, [[7, cols, 1]], { rowStart: 2, rows: 4, colStart: 0, cols }),
    opCase(`columns ${cols}`, batch, place, [x], {
      rowStart: 0,
      rows: 'tokens',
      colStart: 2,
      cols: cols + 3,
    }),
    opCase(`rows ${cols}`, batch, place, [[4, cols, 1]], { rowStart: 3, rows: 9, colStart: 0, cols }),
    opCase(`${cols}`, batch, reshape, [[6, cols, 1]], { rows: 3, cols: 2 * cols, detached: false }),
    opCase(`${cols}`, batch, softmax, [x]),
    opCase(`${cols}`, batch, softmaxGrad, [['tokens', cols, (i) => 1 / (2 + (i % 5))], x]),
    opCase(`${cols}`, batch, kroneckerSum, [drawnRule, drawnWeight], { blocks: 3 }),
    opCase(`${cols}`, batch, kroneckerGradRule, [[4 * 5, 2 * cols, 1], drawnWeight], {
      blocks: 3,
      rows: 3 * 4,
      cols: 2,
    }),
    opCase(`${cols}`, batch, kroneckerGradWeight, [[4 * 5, 2 * cols, 1], drawnRule], {
      blocks: 3,
      rows: 3 * 5,
      cols,
    }),
    opCase(
      `NN ${cols}`,
      batch,
      blockMatmul,
      [
        [3 * 4, 2, 1],
        [3 * 2, cols, 1],
      ],
      {
        blocks: 3,
        transposeA: false,
        transposeB: false,
      },
    ),
    opCase(
      `TN ${cols}`,
      batch,
      blockMatmul,
      [
        [3 * 4, 2, 1],
        [3 * 4, cols, 1],
      ],
      {
        blocks: 3,
        transposeA: true,
        transposeB: false,
      },
    ),
    opCase(
      `NT ${cols}`,
      batch,
      blockMatmul,
      [
        [3 * 4, cols, 1],
        [3 * 5, cols, 1],
      ],
      {
        blocks: 3,
        transposeA: false,
        transposeB: true,
      },
    ),
    opCase(`${cols}`, batch, joinKeys, [block, [tokensWithPrefix(2), cols, 1], ...places], keys),
    opCase(`first ${cols}`, batch, joinKeys, [block, x, ...places], { prefix: 3, before: 0 }),
    opCase(`${cols}`, batch, takePrefix, [[tokensWithPrefix(5), cols, 1], ...places], keys),
    opCase(`${cols}`, batch, takeTokens, [[tokensWithPrefix(5), cols, 1], ...places], keys),
    opCase(`first ${cols}`, batch, takeTokens, [[tokensWithPrefix(3), cols, 1], ...places], {
      prefix: 3,
      before: 0,
    }),
    opCase(`${cols}`, batch, taskMask, [x, tokenLayout, ['sequences', 1, 'labels']], { task: 1 }),
    opCase(`${cols}`, batch, inverseRowNorm, [vectors]),
    opCase(`${cols}`, batch, inverseRowNormGrad, [vectors, [7, 1, (i) => 1 / (2 + i)], [7, 1, 1]]),
    opCase(
      `${cols}`,
      batch,
      gather,
      [
        [5, cols, 1],
        ['tokens', 1, 'ids'],
        ['tokens', 1, 'order'],
        [6, 1, 'starts'],
      ],
      { padding: -1 },
      5,
    ),
    ...[-1, 1].map((padding) => gatherGradCase(batch, cols, 5, padding)),
    opCase(`${cols}`, batch, minusIdentity, [[cols, cols, 1]]),
    ...['softCrossEntropy', 'binaryCrossEntropy', 'squaredError'].flatMap((kind) => [
      opCase(`${kind} ${cols}`, batch, rowLoss, [perSequence, fixedTargets(cols)], { kind }),
      opCase(`${kind} ${cols}`, batch, rowLossGrad, [perSequence, fixedTargets(cols), ['sequences', 1, 1]], {
        kind,
      }),
    ]),
  ];
}

/** Gradient of a table of `rows` rows, each of which many tokens have where there are few. */
export const gatherGradCase = (batch: BatchShape, cols: number, rows: number, padding: number): OpCase =>
  opCase(
    `${cols}, ${rows} rows, padding ${padding}`,
    batch,
    gatherGrad,
    [
      ['tokens', cols, 1],
      ['tokens', 1, 'order'],
      [rows + 1, 1, 'starts'],
    ],
    { padding, rows },
    rows,
  );

/** Targets are inputs, not trained: their leaf takes no gradient. */
const fixedTargets = (cols: number): LeafSpec => ['sequences', cols, (i) => (i % 3) / 4, 'f32', 'input'];

/** A diagonal near −1.5, whose integer part central differences do not change, and small numbers beside it. */
export function orthonormalCases(batch: BatchShape, rank: number, size: number): OpCase[] {
  const original: LeafSpec = [
    rank,
    size,
    (i) => (Math.floor(i / size) === i % size ? -1.5 : Math.sin(3 * i + 1)),
  ];
  return [
    opCase(`${rank} of ${size}`, batch, orthonormal, [original]),
    opCase(`${rank} of ${size}`, batch, orthonormalGrad, [original, [rank, size, 1]]),
  ];
}
