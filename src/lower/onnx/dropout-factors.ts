/**
 * Dropout's factors as the op's definition keys them (`ops/dropout/rng.ts`). They come from the host: one pass over plain
 * integers there, fifteen over tensors as operators.
 */
import type { Attributes } from '../../graph/graph';
import type { StepScalars } from '../../graph/op';
import { dropThreshold, fold, maskKey } from '../../ops/dropout/rng';

export interface DropoutFactors {
  /** Of the site in this micro-step; who fills a row folds into it where the row stands. */
  readonly key: number;
  /** Writes `count` factors from `at` on: 1 / (1 − rate) where an element is kept, nothing into the zeros of `into` where not. */
  fillRow(into: Float32Array, at: number, count: number, rowKey: number): void;
}

export function dropoutFactors({ rate, site }: Attributes, step: StepScalars): DropoutFactors {
  const threshold = dropThreshold(Number(rate));
  const kept = 1 / (1 - Number(rate));
  return {
    key: maskKey(step.seed, step.microStep, Number(site)),
    fillRow(into, at, count, rowKey) {
      for (let j = 0; j < count; j++) if (fold(rowKey, j) >= threshold) into[at + j] = kept;
    },
  };
}
