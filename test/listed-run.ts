import { lora } from '../src/adapters/methods/lora';
import type { ListedRun } from '../src/protocol/types';
import { noLosses, noPoints } from '../src/runs/series';
import { defaultSettings } from '../src/runs/settings';

const settings = { ...defaultSettings, method: 'lora', methodConfig: lora.defaultConfig! };

/** A run of a page's tests; `changes` say what matters in one. */
export function listedRun(changes: Partial<ListedRun> = {}): ListedRun {
  return {
    version: 3,
    id: 'run-1',
    name: 'amber-heron-1',
    createdAt: 1,
    status: 'training',
    settings,
    dataset: {
      id: 'd',
      name: 'Data',
      task: 'classification',
      fingerprint: '',
      labels: ['a', 'b'],
      trainRows: 10,
      validationRows: 2,
    },
    base: { name: 'roberta-mini', revision: null, fingerprint: '' },
    executor: { executor: 'webgpu', adapter: 'test', isSoftwareAdapter: false },
    dispatches: 1,
    kernelTable: {},
    bitExact: true,
    step: 0,
    totalSteps: 10,
    trainableParameters: 5,
    elapsedSeconds: 1,
    series: noPoints,
    losses: noLosses,
    lastEvaluation: null,
    skippedSteps: 0,
    results: null,
    adapterId: null,
    error: null,
    canResume: false,
    ...changes,
  };
}
