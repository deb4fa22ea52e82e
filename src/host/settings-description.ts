/** What a form's settings would train and hold, told before a run begins. */
import { toErrorReport } from '../errors';
import { defaultHead } from '../heads/classification';
import type { RunSettings } from '../protocol/settings';
import type { SettingsDescription } from '../protocol/types';
import type { Executor } from '../runtime/executor';
import { memoryProblem, planMemory } from '../runtime/memory-plan';
import type { TaskType } from '../task';
import { withVirtualTokens } from '../train/batch';
import { recomputingLayers } from '../train/recompute';
import { buildPlan, planOfRun, type SavedAdapters } from './adapter-plan';
import { bytesOf } from './adapter-sizes';
import { type LoadedBaseModel, storedBase } from './base-models';
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
    limits,
  }: {
    readonly base: LoadedBaseModel;
    readonly saved: SavedAdapters;
    readonly task: TaskType;
    readonly labels: number;
    readonly limits: Executor['limits'];
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
    const memory = planMemory({
      programs,
      // What an adapter brings beside the base model is in float32.
      frozen: { storage: (name) => (frozen.elements(name) === undefined ? 'f32' : frozen.storage(name)) },
      largest: withVirtualTokens(batchForm, { tokens: sequences * settings.maxLength, sequences }),
    });
    return {
      trainableParameters: programs.parameters.count,
      downloadBytes: bytesOf([...built.trainable, ...built.frozen]),
      memory,
      caution: memoryProblem(memory, limits)?.message ?? null,
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
