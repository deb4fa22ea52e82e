/** What prediction of one adapter and of several have in common: a session that only answers, and the answer in words. */

import type { Targets } from '../../data/dataset';
import type { Tensor } from '../../formats/bundle';
import type { Extents } from '../../graph/graph';
import { packParameters } from '../../graph/parameters';
import type { Program } from '../../graph/program';
import type { AdapterRecord } from '../../protocol/records';
import type { Prediction } from '../../protocol/types';
import type { Executor, Session } from '../../runtime/executor';
import { targetsPerRow } from '../../task';
import type { BatchForm } from '../../train/batch';
import { scoresOf } from '../../train/metrics';
import type { BuiltTraining } from '../../train/programs';
import { otherBaseWarning } from '../models/base-identity';
import type { BaseKeeper } from '../models/base-keeper';
import type { LoadedBaseModel } from '../models/base-models';

/** In the place of a train program where only answers are wanted. */
const nothingToTrain: Program = { nodes: [], leaves: [], outputs: {}, gradients: new Map() };

/** The evaluate program also computes a loss; in a prediction nobody reads it. */
export const noTargets = ({ task, classes }: BatchForm, rows: number): Targets =>
  task === 'classification' ? new Uint32Array(rows) : new Float32Array(rows * targetsPerRow(task, classes));

/** `tensors` are the adapters' and their heads', those that would train and those that would not. */
export async function openToAnswer(
  keeper: BaseKeeper,
  executor: Executor,
  { programs }: Pick<BuiltTraining, 'programs'>,
  base: LoadedBaseModel,
  tensors: ReadonlyMap<string, Tensor>,
  largest: Extents,
): Promise<Session> {
  const session = await keeper.open(executor, base, {
    programs: { ...programs, train: nothingToTrain },
    tensors,
    largest,
  });
  const zeros = new Float32Array(programs.parameters.totalFloats);
  session.writeState({
    parameters: packParameters(programs.parameters, tensors),
    exponentialAverage: zeros,
    exponentialAverageSquared: zeros,
  });
  return session;
}

/** From the logits of one text, of `whole` tokens, of which `tokens` were read. */
export function predictionOf(
  adapter: AdapterRecord,
  base: LoadedBaseModel,
  { task }: BatchForm,
  logits: Float32Array,
  { tokens, whole }: { readonly tokens: number; readonly whole: number },
): Prediction {
  const scores = scoresOf(task, logits);
  return {
    task,
    labels: adapter.bundle.head.labels.map((label, i) => ({ label, score: scores[i]! })),
    tokens,
    truncated: whole > tokens,
    warning: otherBaseWarning(adapter, base.identity),
  };
}
