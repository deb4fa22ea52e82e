/** What a form's settings would train and hold, told before a run begins. */
import { type StudioError, toErrorReport } from '../../errors';
import { defaultHead } from '../../heads/classification';
import type { SettingsDescription } from '../../protocol/types';
import type { RunSettings } from '../../runs/settings';
import type { Executor, MemoryLimits } from '../../runtime/executor';
import { heapProblem, planHeap } from '../../runtime/heap-plan';
import { memoryProblem, planMemory } from '../../runtime/memory-plan';
import type { TaskType } from '../../task';
import { withVirtualTokens } from '../../train/batch';
import { recomputingLayers } from '../../train/recompute';
import { buildPlan, planOfRun, type SavedAdapters } from '../adapters/adapter-plan';
import { bytesOf } from '../adapters/adapter-sizes';
import { type LoadedBaseModel, storedBase } from '../models/base-models';
import { headOf, requireBaseTensors } from './run-preparation';

/**
 * The memory is that of a batch whose texts all reach the maximal length. Where that does not fit, the settings are still
 * no problem: most texts are shorter, and a run, which knows its largest batch, is refused before its first step.
 */
export function describeSettings(
  settings: RunSettings,
  {
    base,
    saved,
    task,
    labels,
    executor: { name, limits },
  }: {
    readonly base: LoadedBaseModel;
    readonly saved: SavedAdapters;
    readonly task: TaskType;
    readonly labels: number;
    readonly executor: Pick<Executor, 'name' | 'limits'>;
  },
): SettingsDescription {
  try {
    const plain = buildPlan(planOfRun(settings, saved, 'described'), {
      model: base.config,
      head: saved.parent ? headOf(saved.parent) : defaultHead('described', labels, task, settings.head),
      dropout: settings.dropout,
    });
    requireBaseTensors(plain, base);
    const built = settings.recompute ? recomputingLayers(plain) : plain;
    const { programs, batchForm } = built;
    const sequences = Math.max(settings.batchSize, settings.evaluationBatchSize);
    const { frozen } = storedBase(base, settings.baseStorage);
    const largest = withVirtualTokens(batchForm, { tokens: sequences * settings.maxLength, sequences });
    // What an adapter brings beside the base model is in float32.
    const storage = (tensor: string) =>
      frozen.elements(tensor) === undefined ? 'f32' : frozen.storage(tensor);
    const { plan, problem } =
      name === 'onnx'
        ? judged(planHeap({ programs, largest }), heapProblem, limits)
        : judged(planMemory({ programs, frozen: { storage }, largest }), memoryProblem, limits);
    return {
      trainableParameters: programs.parameters.count,
      downloadBytes: bytesOf([...built.trainable, ...built.frozen]),
      memory: plan,
      caution: problem?.message ?? null,
      problem: null,
    };
  } catch (error) {
    const { message, hint } = toErrorReport(error);
    return {
      trainableParameters: 0,
      downloadBytes: 0,
      memory: null,
      caution: null,
      problem: `${message} ${hint}`,
    };
  }
}

function judged<P>(
  plan: P,
  problemOf: (plan: P, limits: MemoryLimits) => StudioError | null,
  limits: MemoryLimits,
): { readonly plan: P; readonly problem: StudioError | null } {
  return { plan, problem: problemOf(plan, limits) };
}
