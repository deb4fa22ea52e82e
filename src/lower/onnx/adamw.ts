/**
 * The update of all trainable parameters on the flat blocks, as `optimizer/adamw` defines it: global norm, clipping, AdamW, and
 * the guard that leaves everything as it was where the loss or a gradient is not finite.
 */
import { type AdamWSettings, clipEpsilon, updateScalars } from '../../optimizer/adamw';
import { arithmetic } from './arithmetic';
import type { OnnxGraph, Value } from './onnx-graph';

const scalarNames = [
  'decayFactor',
  'stepSize',
  'secondMomentScale',
  'beta1',
  'oneMinusBeta1',
  'beta2',
  'oneMinusBeta2',
  'epsilon',
  'largestNorm',
] as const;

export const scalarCount = scalarNames.length;

/** The step's numbers in the order of the model's input. */
export function scalarsOf(settings: AdamWSettings): Float32Array {
  const { beta1, beta2, epsilon, maxGradNorm } = settings;
  const values: Record<(typeof scalarNames)[number], number> = {
    ...updateScalars(settings),
    beta1,
    oneMinusBeta1: 1 - beta1,
    beta2,
    oneMinusBeta2: 1 - beta2,
    epsilon,
    // Nothing is clipped to infinity.
    largestNorm: maxGradNorm > 0 ? maxGradNorm : Number.POSITIVE_INFINITY,
  };
  return Float32Array.from(scalarNames, (name) => values[name]);
}

export interface Blocks {
  /** f32 [totalFloats], as all three. */
  readonly parameters: Value;
  readonly exponentialAverage: Value;
  readonly exponentialAverageSquared: Value;
}

export interface Update extends Blocks {
  /** f32 [1] before clipping. */
  readonly gradientNorm: Value;
  /** bool [1]. */
  readonly finite: Value;
}

/** `gradients` f32 [totalFloats], `loss` f32 [1], `scalars` f32 [scalarCount]. */
export function lowerAdamW(
  graph: OnnxGraph,
  blocks: Blocks,
  gradients: Value,
  loss: Value,
  scalars: Value,
  decayedFloats: number,
  totalFloats: number,
): Update {
  const a = arithmetic(graph);
  const { add, sub, mul, div, sqrt, where } = a;
  const scalar = (name: (typeof scalarNames)[number]) => {
    const at = scalarNames.indexOf(name);
    return a.slice(scalars, 0, at, at + 1);
  };
  const gradientNorm = sqrt(a.op('ReduceSumSquare', [gradients, a.axes(0)], { keepdims: 1 }));
  // Infinity times zero is not a number.
  const finite = a.op('Not', [a.op('IsNaN', [mul(add(gradientNorm, loss), a.float(0))])]);
  const clip = a.op('Min', [div(scalar('largestNorm'), add(gradientNorm, a.float(clipEpsilon))), a.float(1)]);
  const g = mul(gradients, clip);
  const m = add(mul(blocks.exponentialAverage, scalar('beta1')), mul(g, scalar('oneMinusBeta1')));
  const v = add(
    mul(blocks.exponentialAverageSquared, scalar('beta2')),
    mul(mul(g, g), scalar('oneMinusBeta2')),
  );
  const part = (start: number, end: number) => a.slice(blocks.parameters, 0, start, end);
  const parts = [
    ...(decayedFloats > 0 ? [mul(part(0, decayedFloats), scalar('decayFactor'))] : []),
    ...(decayedFloats < totalFloats ? [part(decayedFloats, totalFloats)] : []),
  ];
  const decayed = parts.length === 1 ? parts[0]! : a.concatRows(...parts);
  const change = div(
    mul(m, scalar('stepSize')),
    add(mul(sqrt(v), scalar('secondMomentScale')), scalar('epsilon')),
  );
  return {
    parameters: where(finite, sub(decayed, change), blocks.parameters),
    exponentialAverage: where(finite, m, blocks.exponentialAverage),
    exponentialAverageSquared: where(finite, v, blocks.exponentialAverageSquared),
    gradientNorm,
    finite,
  };
}
