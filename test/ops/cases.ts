/**
 * One node of every op, over many shapes: what gradcheck and parity run. A case builds its node on leaves that it names,
 * and says how their values are drawn.
 */
import type { Attributes, DType, Rows } from '../../src/graph/graph';
import { GraphBuilder, type LeafNode, type OpNode } from '../../src/graph/graph';
import type { Op } from '../../src/graph/op';
import { activation, activationFunctions, activationGrad } from '../../src/ops/activation/activation';
import { add } from '../../src/ops/add/add';
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
import { gemm } from '../../src/ops/gemm/gemm';
import { layerNorm, layerNormGradInput } from '../../src/ops/layerNorm/layerNorm';
import { mean, meanGrad } from '../../src/ops/mean/mean';
import { scatterFirst, takeFirst } from '../../src/ops/rows/rows';

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
export type Fill = number | 'layout' | 'tokenLayout' | 'labels' | ((i: number) => number);

export interface OpCase {
  readonly name: string;
  readonly batch: BatchShape;
  readonly node: OpNode;
  readonly leaves: readonly (readonly [LeafNode, Fill])[];
  /** Labels are below this. */
  readonly classes: number;
}

type LeafSpec = readonly [rows: Rows, cols: number, fill: Fill, dtype?: DType];

function opCase(
  name: string,
  batch: BatchShape,
  op: Op,
  specs: readonly LeafSpec[],
  attributes: Attributes = {},
  classes = 2,
): OpCase {
  const graph = new GraphBuilder();
  const leaves = specs.map(([rows, cols, fill, dtype], i) => {
    const isInteger = typeof fill === 'string';
    const leaf = graph.leaf(
      isInteger ? 'input' : 'trainable',
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
  ];
}

export function attentionCases(
  batch: BatchShape,
  heads: number,
  headSize: number,
  rate: number,
  scale = 1,
): OpCase[] {
  const x: LeafSpec = ['tokens', heads * headSize, scale];
  const perHead: LeafSpec = ['tokens', heads, 1];
  const attributes = { heads, rate, site: siteHash('test') };
  const name = `${heads} heads of ${headSize}, dropout ${rate}`;
  return [
    opCase(name, batch, attentionLse, [x, x, tokenLayout], { heads }),
    opCase(name, batch, attention, [x, x, x, perHead, tokenLayout], attributes),
    opCase(name, batch, attentionDelta, [x, x], attributes),
    opCase(name, batch, attentionGradQuery, [x, x, x, perHead, perHead, x, tokenLayout], attributes),
    opCase(name, batch, attentionGradKey, [x, x, x, perHead, perHead, x, tokenLayout], attributes),
    opCase(name, batch, attentionGradValue, [x, x, perHead, x, tokenLayout], attributes),
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
