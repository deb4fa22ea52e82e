/** WGSL of the update: what runs after the last micro-batch of a step, and what collects gradients before. */

import { type AdamWSettings, updateScalars } from '../../../optimizer/adamw';
import { linearGrid, u32 } from '../grid';
import grid from '../grid.wgsl?raw';
import accumulateWgsl from './accumulate.wgsl?raw';
import accumulateLossWgsl from './accumulate-loss.wgsl?raw';
import adamwWgsl from './adamw.wgsl?raw';
import finishWgsl from './norm.finish.wgsl?raw';
import partialsWgsl from './norm.partials.wgsl?raw';

/** Partial sums of the gradient norm. */
export const normLanes = 1024;
/** Of the uniform `Update`, and of the storage struct `Control` { clip, skipped, norm, loss }. */
export const updateUniformBytes = 48;
export const controlBytes = 16;

/** A kernel whose bindings the session fills in by hand, in the order of its text. */
export interface UpdateKernel {
  readonly label: string;
  readonly wgsl: string;
  readonly constants: Readonly<Record<string, string>>;
  readonly workgroups: readonly [number, number, number];
}

export function updateKernels(totalFloats: number, decayedFloats: number) {
  const total = u32(totalFloats);
  return {
    /** gradients, sums, flags */
    partials: {
      label: 'norm.partials',
      wgsl: partialsWgsl,
      constants: { TOTAL: total, LANES: u32(normLanes) },
      workgroups: [normLanes / 64, 1, 1],
    },
    /** update, sums, flags, lossSum, control */
    finish: {
      label: 'norm.finish',
      wgsl: finishWgsl,
      constants: { LANES: u32(normLanes) },
      workgroups: [1, 1, 1],
    },
    /** update, control, gradients, parameters, firstMoment, secondMoment */
    adamw: {
      label: 'adamw',
      wgsl: grid + adamwWgsl,
      constants: { TOTAL: total, DECAYED: u32(decayedFloats) },
      workgroups: linearGrid(totalFloats),
    },
  } satisfies Record<string, UpdateKernel>;
}

/** gradient, its slice of the flat block */
export function accumulateKernel(length: number): UpdateKernel {
  return {
    label: 'accumulate',
    wgsl: grid + accumulateWgsl,
    constants: { LENGTH: u32(length) },
    workgroups: linearGrid(length),
  };
}

/** loss, lossScale, lossSum */
export const accumulateLossKernel: UpdateKernel = {
  label: 'accumulate.loss',
  wgsl: accumulateLossWgsl,
  constants: {},
  workgroups: [1, 1, 1],
};

/** Contents of the uniform `Update`. */
export function updateUniform(settings: AdamWSettings): Float32Array<ArrayBuffer> {
  const { decayFactor, stepSize, secondMomentScale } = updateScalars(settings);
  const { beta1, beta2, epsilon, maxGradNorm } = settings;
  return Float32Array.of(
    decayFactor,
    stepSize,
    secondMomentScale,
    epsilon,
    beta1,
    beta2,
    1 - beta1,
    1 - beta2,
    maxGradNorm,
    0,
    0,
    0,
  );
}
