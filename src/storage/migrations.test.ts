import { describe, expect, it } from 'vitest';
import { codeOf } from '../../test/hostile';
import type { AdapterSummary } from '../protocol/types';
import type { RunRecord } from '../runs/record';
import { emptySeries } from '../runs/series';
import { defaultSettings } from '../runs/settings';
import { type Migration, migrate } from './migrations';

// Frozen shapes of an invented kind: seconds became milliseconds, then a name was added.
const steps: readonly Migration[] = [
  ({ startedSeconds, ...rest }) => ({ ...rest, startedAt: (startedSeconds as number) * 1000 }),
  (record) => ({ ...record, name: `run of ${record.startedAt}` }),
];
const version1 = Object.freeze({ version: 1, id: 'r', startedSeconds: 5 });
const version3 = { version: 3, id: 'r', startedAt: 5000, name: 'run of 5000' };

/** Settings as version 1 wrote them, whole. */
const settingsOfVersion1 = Object.freeze({
  baseModel: 'roberta-tiny',
  method: 'lora',
  methodConfig: { architecture: 'lora', r: 8 },
  startFrom: null,
  learningRate: 1e-4,
  epochs: 6,
  batchSize: 32,
  maxLength: 80,
  seed: 42,
  trainingRows: 512,
  weightDecay: 0,
  warmupSteps: 0,
  scheduler: 'linear',
  maxGradNorm: 1,
  gradientAccumulationSteps: 1,
  padding: 'ragged',
  dropout: true,
  evaluateEverySteps: 0,
  evaluationBatchSize: 32,
});

describe('migrate', () => {
  it('gives an old run every setting that a run has today', () => {
    const { settings } = migrate<RunRecord>('run', {
      version: 1,
      settings: settingsOfVersion1,
      dataset: {},
      results: null,
      ...emptySeries(),
    });
    expect(settings).toMatchObject(settingsOfVersion1);
    const today = { ...defaultSettings, method: '', methodConfig: {} };
    expect(Object.keys(settings).sort()).toEqual(Object.keys(today).sort());
    expect(settings.composition).toBeNull();
  });

  it('takes every step from the version a record has', () => {
    expect(migrate('run', version1, steps)).toEqual(version3);
    expect(migrate('run', { version: 2, id: 'r', startedAt: 5000 }, steps)).toEqual(version3);
    expect(migrate('run', version3, steps)).toEqual(version3);
  });

  it('refuses what it does not know', () => {
    expect(codeOf(() => migrate('run', { version: 4 }, steps))).toBe('record-from-newer-studio');
    expect(codeOf(() => migrate('adapter', { version: 3 }))).toBe('record-from-newer-studio');
    for (const value of [undefined, null, 5, {}, { version: '1' }, { version: 0 }, { version: 1.5 }])
      expect(codeOf(() => migrate('run', value, steps))).toBe('record-damaged');
  });

  it('brings the records of the first studio to today', () => {
    const run = migrate<RunRecord>('run', {
      version: 1,
      id: 'r',
      settings: { learningRate: 1e-4, baseModel: 'roberta-tiny' },
      baseFingerprint: 'f00d',
      dataset: { labels: ['a', 'b'] },
      results: { evalLoss: 0.3, evalAccuracy: 0.9 },
      ...emptySeries(),
    });
    expect(run.base).toEqual({ name: 'roberta-tiny', revision: null, fingerprint: 'f00d' });
    expect(run).not.toHaveProperty('baseFingerprint');
    expect(run.dataset).toEqual({ task: 'classification', labels: ['a', 'b'] });
    expect(run.results).toEqual({ evalLoss: 0.3, evalMetrics: { accuracy: 0.9 } });
    expect(
      migrate<RunRecord>('run', { version: 1, settings: {}, results: null, ...emptySeries() }).results,
    ).toBeNull();
    const splits = { train: { texts: ['x'], labels: new Uint32Array([0]) } };
    expect(migrate('dataset', { version: 1, labelNames: ['a', 'b'], splits })).toEqual({
      version: 3,
      task: 'classification',
      labelNames: ['a', 'b'],
      inline: splits,
    });
    expect(run.settings).toMatchObject({
      learningRate: 1e-4,
      head: { layers: 2, activationFunction: 'tanh', bias: true, usePooler: false },
      labelSmoothing: 0,
      classWeights: 'none',
      accumulationMode: 'mean',
      baseStorage: 'f32',
      recompute: false,
    });
    const adapter = migrate<AdapterSummary>('adapter', {
      version: 1,
      id: 'a',
      method: 'seq_bn',
      baseModel: 'roberta-tiny',
    });
    expect(adapter.base).toEqual({ name: 'roberta-tiny', revision: null, fingerprint: '' });
    expect(adapter.task).toBe('classification');
    expect(adapter.baseStorage).toBe('checkpoint');
    expect(adapter.exports).toMatchObject({
      adapterhub: null,
      peft: expect.any(String),
      merged: expect.any(String),
    });
    expect(migrate('bundle', { version: 1, bundle: { name: 'x', head: { layers: 2 } } })).toEqual({
      version: 2,
      bundle: { name: 'x', head: { layers: 2, dropoutRate: null } },
    });
  });
});
