/** The record of a run before its preparation. */
import type { Dataset } from '../../data/dataset';
import { beforeFirstStep, type ExecutorInfo, type RunRecord } from '../../runs/record';
import type { RunSettings } from '../../runs/settings';

export function newRun(
  { id, name }: Pick<RunRecord, 'id' | 'name'>,
  settings: RunSettings,
  dataset: Dataset,
  executor: ExecutorInfo,
): RunRecord {
  return {
    version: 3,
    id,
    name,
    createdAt: Date.now(),
    status: 'training',
    settings,
    dataset: {
      id: dataset.id,
      name: dataset.name,
      fingerprint: dataset.fingerprint,
      task: dataset.task,
      labels: dataset.labelNames,
      trainRows: dataset.splits.train.texts.length,
      validationRows: dataset.splits.validation.texts.length,
    },
    base: { name: '', revision: null, fingerprint: '' },
    executor,
    kernelTable: {},
    totalSteps: 0,
    trainableParameters: 0,
    ...beforeFirstStep,
    results: null,
    adapterId: null,
    error: null,
  };
}
