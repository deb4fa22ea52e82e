/** From what the form shows to what a run is recorded with: a setting that has no part in it does not stand there. */
import { headOnly } from '../../adapters/methods/head-only';
import { methodOfConfig } from '../../adapters/registry';
import type { AdapterBundle } from '../../formats/bundle';
import type { RunSettings } from '../../runs/settings';
import type { TaskType } from '../../task';

/** A continued adapter keeps its method and configuration, a fusion trains none; what the form shows does not apply. */
export function settingsOfRun(settings: RunSettings, parent: AdapterBundle | null): RunSettings {
  if (parent) {
    const { config } = parent;
    return { ...settings, method: methodOfConfig(config).id, methodConfig: config ?? {}, composition: null };
  }
  if (settings.composition?.type === 'Fuse') return { ...settings, method: headOnly.id, methodConfig: {} };
  return settings;
}

/** Only the loss of classes has weights and smoothing. */
export function settingsOfTask(settings: RunSettings, task: TaskType): RunSettings {
  return task === 'classification' ? settings : { ...settings, labelSmoothing: 0, classWeights: 'none' };
}
