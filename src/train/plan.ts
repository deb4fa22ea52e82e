/**
 * What a run will do, decided before its first step: which rows in which order, how many steps, how large a batch gets.
 * A function of settings and data alone, so a resumed run finds its place again by the step number.
 */
import { collate, largestBatch, type Padding, paddedEntries, type TokenBatch } from '../data/collate';
import { type Targets, targetsOfRows } from '../data/dataset';
import { epochOrder, torchRandperm } from '../data/random';
import { invariant } from '../errors';
import type { Extents } from '../graph/graph';
import { runLength } from '../runs/schedule';
import { evaluationSeed, type RunSettings } from '../runs/settings';

/** A split as token ids; rows that a run does not use may be empty. */
export interface EncodedSplit {
  readonly ids: readonly Uint32Array[];
  /** As `Split.labels`: the same count of numbers for every row. */
  readonly labels: Targets;
}

export type PlanSettings = Pick<
  RunSettings,
  | 'seed'
  | 'epochs'
  | 'batchSize'
  | 'trainingRows'
  | 'gradientAccumulationSteps'
  | 'padding'
  | 'maxLength'
  | 'evaluationBatchSize'
  | 'validationRows'
  | 'evaluateAllAtEnd'
>;

export interface RunPlan {
  /** Row indices of the training split, one list a micro-batch, all epochs. Python's `--order`. */
  readonly order: readonly (readonly number[])[];
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly rows: number;
  /** Rows of the validation split that every evaluation reads, in their order. */
  readonly evaluated: readonly number[];
  /** Those that the last evaluation reads besides. */
  readonly evaluatedAtEnd: readonly number[];
  /** Largest of all training and evaluation batches. */
  readonly largest: Extents;
  /** Entries of input_ids over the whole run as the reference pads them; for `total_flos`. */
  readonly inputEntries: number;
  readonly padding: Padding;
}

export function planRun(settings: PlanSettings, train: EncodedSplit, validation: EncodedSplit): RunPlan {
  const { seed, batchSize } = settings;
  const chosen = chooseRows(train.ids.length, settings.trainingRows, seed);
  const rows = chosen.length;
  invariant(rows > 0, 'planRun: no training rows');
  const { batches, batchesPerEpoch, totalSteps } = runLength(settings, rows);
  const order: number[][] = [];
  for (let epoch = 0; order.length < batches; epoch++) {
    for (const batch of epochOrder(rows, batchSize, seed, epoch))
      order.push(Array.from(batch, (i) => chosen[i]!));
  }
  order.length = batches;
  const padding: Padding =
    settings.padding === 'max_length'
      ? { mode: 'max_length', length: settings.maxLength }
      : { mode: settings.padding };
  const referencePadding: Padding = settings.padding === 'ragged' ? { mode: 'longest' } : padding;
  const lengthsOf = (indices: readonly number[]) => indices.map((i) => train.ids[i]!.length);
  const evaluated = evaluatedRows(settings, validation.ids.length);
  const read = new Set(evaluated);
  const evaluatedAtEnd = settings.evaluateAllAtEnd
    ? [...validation.ids.keys()].filter((row) => !read.has(row))
    : [];
  const bounds = [
    largestBatch(
      chosen.map((i) => train.ids[i]!.length),
      batchSize,
      padding,
    ),
    largestBatch(
      [...evaluated, ...evaluatedAtEnd].map((i) => validation.ids[i]!.length),
      settings.evaluationBatchSize,
      padding,
    ),
  ];
  return {
    order,
    totalSteps,
    stepsPerEpoch: Math.ceil(batchesPerEpoch / settings.gradientAccumulationSteps),
    rows,
    evaluated,
    evaluatedAtEnd,
    largest: {
      tokens: Math.max(...bounds.map((bound) => bound.tokens)),
      sequences: Math.max(...bounds.map((bound) => bound.sequences)),
    },
    inputEntries: order.reduce(
      (sum, indices) => sum + paddedEntries(lengthsOf(indices), referencePadding),
      0,
    ),
    padding,
  };
}

/** The rows a limit keeps: the first of a seeded permutation; all of them, in order, without a limit. */
export function chooseRows(count: number, limit: number | null, seed: number): readonly number[] {
  if (limit === null || limit >= count) return Array.from({ length: count }, (_, i) => i);
  return Array.from(torchRandperm(count, seed).subarray(0, Math.max(1, limit)));
}

/** Rows of a validation split of `count` rows that every evaluation reads, in their order. */
export const evaluatedRows = (
  { validationRows }: Pick<RunSettings, 'validationRows'>,
  count: number,
): readonly number[] => chooseRows(count, validationRows, evaluationSeed).toSorted((a, b) => a - b);

/** Micro-batches of step t, from 0. */
export function microBatchesOf(
  plan: RunPlan,
  train: EncodedSplit,
  t: number,
  accumulation: number,
): readonly TokenBatch[] {
  return plan.order
    .slice(t * accumulation, (t + 1) * accumulation)
    .map((indices) => collateRows(train, indices, plan.padding));
}

export function collateRows(split: EncodedSplit, indices: readonly number[], padding: Padding): TokenBatch {
  return collate(
    indices.map((i) => split.ids[i]!),
    targetsOfRows(split.labels, split.ids.length, indices),
    padding,
  );
}
