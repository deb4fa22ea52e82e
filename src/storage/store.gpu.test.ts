import { beforeEach, describe, expect, it, vi } from 'vitest';
import { StudioError } from '../errors';
import type { AdapterRecord, CheckpointRecord, DatasetRecord } from '../protocol/records';
import type { RunStatus } from '../runs/life';
import type { RunRecord } from '../runs/record';
import { joinChunks, type SeriesChunk } from '../runs/series';
import { defaultSettings } from '../runs/settings';
import { newestKey, slotKey } from './checkpoint-keys';
import { Database } from './database';
import { chunkKey } from './series-keys';
import { StudioStore } from './store';

let database: Database;
let store: StudioStore;
let databases = 0;

beforeEach(() => {
  database = new Database(`test-${Date.now()}-${databases++}`);
  store = new StudioStore(database);
});

function runOf(id: string, status: RunStatus = 'training', createdAt = 0): RunRecord {
  return {
    version: 3,
    id,
    name: `run ${id}`,
    createdAt,
    status,
    settings: { ...defaultSettings, method: 'lora', methodConfig: { r: 8 } },
    dataset: {
      id: 'd',
      name: 'd',
      fingerprint: '',
      task: 'classification',
      labels: ['a', 'b'],
      trainRows: 1,
      validationRows: 1,
    },
    base: { name: 'roberta-mini', revision: null, fingerprint: 'f' },
    executor: { executor: 'webgpu', adapter: 'test', isSoftwareAdapter: true },
    dispatches: 0,
    kernelTable: { 'matmul 8x8': 'tiled' },
    bitExact: true,
    step: 3,
    totalSteps: 10,
    trainableParameters: 4,
    elapsedSeconds: 1.5,
    series: { trainLoss: 3, gradientNorm: 0, learningRate: 0, evaluations: 1 },
    losses: { sum: 0.75, count: 3 },
    lastEvaluation: { step: 3, epoch: 1, loss: -0 },
    skippedSteps: 0,
    results: null,
    adapterId: null,
    error: null,
  };
}

function adapterOf(id: string, createdAt = 0): AdapterRecord {
  const shared = new Float32Array([1, 2, 3]);
  return {
    version: 2,
    id,
    name: 'main',
    createdAt,
    runId: 'r',
    parentId: null,
    baseModel: 'roberta-mini',
    baseStorage: 'checkpoint',
    base: { name: 'roberta-mini', revision: null, fingerprint: 'f' },
    method: 'lora',
    datasetId: 'd',
    datasetName: 'd',
    maxLength: 80,
    parameterCount: 3,
    sizeBytes: 12,
    sha256: '',
    evaluation: null,
    bundle: {
      name: 'main',
      base: { name: 'x', modelType: 'roberta', hiddenSize: 3 },
      config: { r: 8 },
      head: {
        headType: 'classification',
        numLabels: 2,
        layers: 1,
        activationFunction: 'tanh',
        labels: ['bad', 'good 🙂'],
        usePooler: false,
        dropoutRate: null,
        bias: false,
      },
      tensors: new Map([['a.main.b', { shape: [3], data: shared }]]),
      headTensors: new Map(),
    },
  };
}

function checkpointOf(run: RunRecord, step: number): Omit<CheckpointRecord, 'sha256'> {
  return {
    version: 1,
    runId: run.id,
    step,
    savedAt: step,
    parameters: new Float32Array([step, Number.NaN, -0, 4]),
    exponentialAverage: new Float32Array([5, 6, 7, step]),
    exponentialAverageSquared: new Float32Array(4),
    run: { ...run, step },
  };
}

async function errorOf(promise: Promise<unknown>): Promise<StudioError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof StudioError)) throw new Error(`no StudioError but ${error}`);
  return error;
}

describe('runs', () => {
  it('are kept, listed newest first, replaced and deleted with their checkpoints', async () => {
    await store.saveRun(runOf('r', 'training', 1));
    await store.saveRun(runOf('r2', 'finished', 2));
    await store.saveCheckpoint(checkpointOf(runOf('r', 'training', 1), 4));
    expect((await store.listRuns()).map(({ id }) => id)).toEqual(['r2', 'r']);
    expect(await store.getRun('r')).toEqual({ ...runOf('r', 'training', 1), step: 4 });
    await store.deleteRun('r');
    expect(await store.getRun('r')).toBeUndefined();
    expect(await store.loadCheckpoint('r')).toBeUndefined();
    expect(await database.keys('')).toEqual(['run/r2']);
  });

  it('end together with their adapter; their checkpoints go when they are no longer needed', async () => {
    await store.saveCheckpoint(checkpointOf(runOf('r'), 4));
    await store.finishRun({ ...runOf('r', 'finished'), adapterId: 'a' }, adapterOf('a'));
    expect((await store.getRun('r'))?.adapterId).toBe('a');
    expect([...(await store.runsWithCheckpoint())]).toEqual(['r']);
    await store.deleteCheckpoints('r');
    expect(await database.keys('')).toEqual(['adapter/a', 'bundle/a', 'run/r']);
    expect([...(await store.runsWithCheckpoint())]).toEqual([]);
  });

  it('take an end back that was not what it should be', async () => {
    await store.saveCheckpoint(checkpointOf(runOf('r'), 4));
    await store.finishRun(runOf('r', 'finished'), adapterOf('a'));
    await store.takeBackEnd(runOf('r', 'interrupted'), 'a');
    expect(await store.listAdapters()).toEqual([]);
    expect((await store.getRun('r'))?.status).toBe('interrupted');
    expect((await store.loadCheckpoint('r'))?.step).toBe(4);
  });

  it('count the numbers of their names', async () => {
    expect(await store.lastRunNumber()).toBeUndefined();
    await store.createRun(runOf('r'), 7);
    expect(await store.lastRunNumber()).toBe(7);
    expect(await store.getRun('r')).toEqual(runOf('r'));
  });

  it('keep the old state where any part of the end cannot be written', async () => {
    await store.saveCheckpoint(checkpointOf(runOf('r'), 4));
    const before = await store.getRun('r');
    const adapter = adapterOf('a');
    const broken = {
      ...adapter,
      bundle: { ...adapter.bundle, config: { r: (() => 1) as unknown as number } },
    };
    expect((await errorOf(store.finishRun(runOf('r', 'finished'), broken))).code).toBe('storage-failed');
    expect(await store.getRun('r')).toEqual(before);
    expect((await store.loadCheckpoint('r'))?.step).toBe(4);
    expect(await store.listAdapters()).toEqual([]);
  });
});

describe('adapters', () => {
  it('are listed without tensors and come back whole', async () => {
    await store.saveAdapter(adapterOf('a', 1));
    await store.saveAdapter(adapterOf('b', 2));
    const { bundle: _, ...summary } = adapterOf('b', 2);
    expect(await store.listAdapters()).toEqual([
      {
        ...summary,
        task: 'classification',
        labels: ['bad', 'good 🙂'],
        exports: { adapterhub: null, peft: expect.any(String), merged: expect.any(String) },
      },
      expect.objectContaining({ id: 'a' }),
    ]);
    expect(await store.getAdapter('a')).toEqual(adapterOf('a', 1));
    expect(await store.getAdapter('c')).toBeUndefined();
    await store.deleteAdapter('a');
    expect(await database.keys('')).toEqual(['adapter/b', 'bundle/b']);
  });
});

describe('checkpoints', () => {
  it('alternate between two slots and come back bit for bit', async () => {
    const run = runOf('r');
    for (const step of [1, 2, 3]) await store.saveCheckpoint(checkpointOf(run, step));
    expect(await database.keys('checkpoint/')).toEqual([
      'checkpoint/r/a',
      'checkpoint/r/b',
      'checkpoint/r/newest',
    ]);
    expect(await database.get(newestKey('r'))).toBe('a');
    const loaded = (await store.loadCheckpoint('r'))!;
    expect(loaded).toMatchObject(checkpointOf(run, 3));
    expect(Object.is(loaded.parameters[2], -0)).toBe(true);
    expect(Object.is(loaded.run.lastEvaluation?.loss, -0)).toBe(true);
    expect(loaded.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['a changed parameter', (c: CheckpointRecord) => ({ ...c, parameters: c.parameters.with(0, 9) })],
    [
      'a changed average',
      (c: CheckpointRecord) => ({ ...c, exponentialAverage: c.exponentialAverage.with(3, 0) }),
    ],
    ['a changed step', (c: CheckpointRecord) => ({ ...c, step: 99 })],
    ['a missing block', ({ parameters: _, ...c }: CheckpointRecord) => c],
    ['nothing but a number', () => 5],
  ])('fall back to the other slot for %s', async (_, damage) => {
    for (const step of [1, 2]) await store.saveCheckpoint(checkpointOf(runOf('r'), step));
    const newest = (await database.get(slotKey('r', 'b'))) as CheckpointRecord;
    await database.change({ set: [[slotKey('r', 'b'), damage(newest)]] });
    expect((await store.loadCheckpoint('r'))?.step).toBe(1);
    await store.saveCheckpoint(checkpointOf(runOf('r'), 3));
    expect((await store.loadCheckpoint('r'))?.step).toBe(3);
  });

  it('are absent where there never was one, and refused where none can be read', async () => {
    expect(await store.loadCheckpoint('none')).toBeUndefined();
    for (const step of [1, 2]) await store.saveCheckpoint(checkpointOf(runOf('r'), step));
    await database.change({
      set: [
        [slotKey('r', 'a'), null],
        [slotKey('r', 'b'), { version: 2 }],
      ],
    });
    const error = await errorOf(store.loadCheckpoint('r'));
    expect(error.code).toBe('checkpoint-damaged');
    expect(error.message).toMatch(/has version 2.*has no version/);
    expect(store.setAside.list().map(({ key }) => key)).toEqual([slotKey('r', 'b'), slotKey('r', 'a')]);
    expect(await store.runsWithCheckpoint()).toEqual(new Set());
  });
});

/** Steps from `from` + 1 on, with as many losses. */
function chunkOf(index: number, from: number, ...losses: readonly number[]): SeriesChunk {
  const none = { step: [], value: [] };
  return {
    version: 1,
    runId: 'r',
    index,
    from: { trainLoss: from, gradientNorm: 0, learningRate: 0, evaluations: 0 },
    trainLoss: { step: losses.map((_, i) => from + i + 1), value: [...losses] },
    gradientNorm: none,
    learningRate: none,
    evaluations: [],
  };
}

/** What the studio before version 3 stored. */
function oldRun(id: string, status: RunStatus) {
  const { series: _s, losses: _l, lastEvaluation: _e, ...run } = runOf(id, status);
  const evaluations = [{ step: 2, epoch: 1, loss: 0.5 }];
  const series = {
    trainLoss: { step: [1, 2], value: [0.5, Number.NaN] },
    gradientNorm: { step: [1, 2], value: [-0, 4] },
    learningRate: { step: [1, 2], value: [1, 2] },
    evaluations,
  };
  return { record: { ...run, ...series, version: 2 }, series };
}

describe('series', () => {
  const seriesOf = async (id = 'r') =>
    joinChunks((await store.storedSeries(id)).chunks, (await store.getRun(id))!.series);
  const runTo = (trainLoss: number) => ({ ...runOf('r'), series: { ...runOf('r').series, trainLoss } });

  it('are written with the record, a chunk at a time, and gone with it', async () => {
    await store.saveCheckpoint(checkpointOf(runTo(2), 2), [chunkOf(0, 0, 0.5, -0)]);
    await store.saveCheckpoint(checkpointOf(runTo(3), 3), [chunkOf(1, 2, Number.NaN)]);
    await store.saveRun({ ...runOf('r/other') });
    expect(await database.keys('series/')).toEqual(['series/r/00000000', 'series/r/00000001']);
    expect(await seriesOf()).toMatchObject({ trainLoss: { step: [1, 2, 3], value: [0.5, -0, Number.NaN] } });
    expect((await store.storedSeries('r')).nextIndex).toBe(2);
    expect(await store.storedSeries('r/other')).toEqual({ chunks: [], nextIndex: 0 });
    expect(JSON.stringify(await store.listRuns())).not.toContain('0.5,0.25');
    await store.deleteRun('r');
    expect(await database.keys('')).toEqual(['run/r/other']);
  });

  it('lack only what a chunk had that cannot be read, which is named, taken away and deleted by itself', async () => {
    const chunks = [chunkOf(0, 0, 1), chunkOf(1, 1, 2), chunkOf(2, 2, 3)];
    await store.saveRun(runTo(3), chunks);
    await database.change({ set: [[chunkKey('r', 1), { ...chunks[1], trainLoss: 7 }]] });
    expect((await seriesOf()).trainLoss).toEqual({ step: [1, 3], value: [1, 3] });
    expect((await store.storedSeries('r')).nextIndex).toBe(3);
    const key = 'series/r/00000001';
    expect(store.setAside.list()).toMatchObject([{ key, keys: [key], kind: 'series' }]);
    expect(JSON.stringify(await store.encodeSetAside(key))).toContain('"trainLoss":7');
    await store.sweep();
    expect(await database.keys('series/')).toHaveLength(3);
    await store.deleteSetAside(key);
    expect(await database.keys('series/')).toEqual(['series/r/00000000', 'series/r/00000002']);
    expect(store.setAside.list()).toEqual([]);
  });

  it('go with a run that cannot be read, when the person deletes it', async () => {
    await store.saveRun(runTo(1), [chunkOf(0, 0, 1)]);
    await database.change({ set: [['run/r', 5]] });
    await store.sweep();
    expect(await database.keys('')).toEqual(['run/r', 'series/r/00000000']);
    const encoded = JSON.stringify(await store.encodeSetAside('run/r'));
    expect(encoded).toContain('"series/r/00000000"');
    await store.deleteSetAside('run/r');
    expect(await database.keys('')).toEqual([]);
  });

  it('of an older studio are found in their run, and apart once it is written', async () => {
    const { record, series } = oldRun('r', 'finished');
    await database.change({ set: [['run/r', record]] });
    expect(await store.listRuns()).toMatchObject([
      { version: 3, losses: { sum: 0.5, count: 1 }, lastEvaluation: { step: 2 } },
    ]);
    expect(await seriesOf()).toEqual(series);
    // Whoever writes the run first, and knows nothing of this.
    await store.saveRun({ ...(await store.getRun('r'))!, name: 'another' });
    expect(await database.keys('')).toEqual(['run/r', 'series/r/00000000']);
    expect(await database.get('run/r')).not.toHaveProperty('inline');
    expect(await seriesOf()).toEqual(series);
  });

  it('of an older studio are put apart at start, and the run goes on after them', async () => {
    const { record, series } = oldRun('r', 'training');
    const checkpoint = { ...checkpointOf(runOf('r'), 2), run: record } as unknown as CheckpointRecord;
    await database.change({
      set: [
        ['run/r', record],
        ['run/old', oldRun('old', 'stopped').record],
      ],
    });
    await store.saveCheckpoint(checkpoint);
    await database.change({ set: [['run/r', record]] });
    await store.sweep();
    expect(await database.keys('series/')).toEqual(['series/old/00000000', 'series/r/00000000']);
    expect(await seriesOf('old')).toEqual(series);
    expect(await store.getRun('r')).toMatchObject({ version: 3, status: 'interrupted' });
    const loaded = await store.loadCheckpoint('r');
    expect(loaded?.run).toMatchObject({ version: 3, series: { trainLoss: 2 }, lastEvaluation: { step: 2 } });
    expect(loaded?.run).not.toHaveProperty('inline');
    expect((await store.storedSeries('r')).nextIndex).toBe(1);
  });

  it('whose run is gone are swept', async () => {
    await store.saveRun(runTo(1), [chunkOf(0, 0, 1)]);
    await database.change({ delete: ['run/r'] });
    await store.sweep(new Set(['r']));
    expect(await database.keys('')).toHaveLength(1);
    await store.sweep();
    expect(await database.keys('')).toEqual([]);
  });
});

describe('sweep', () => {
  it('marks runs that a crash ended and removes what nothing needs', async () => {
    for (const status of ['training', 'paused', 'interrupted', 'finished', 'stopped', 'failed'] as const)
      await store.saveCheckpoint(checkpointOf(runOf(`${status}/x`, status), 1));
    await store.saveCheckpoint(checkpointOf(runOf('elsewhere', 'training'), 1));
    await store.saveCheckpoint(checkpointOf(runOf('gone', 'training'), 1));
    await store.saveAdapter(adapterOf('a'));
    await database.change({ delete: ['run/gone'], set: [['bundle/orphan', await database.get('bundle/a')]] });
    const interrupted = await store.sweep(new Set(['elsewhere']));
    expect(interrupted.map(({ id }) => id).sort()).toEqual(['paused/x', 'training/x']);
    const status = Object.fromEntries((await store.listRuns()).map((run) => [run.id, run.status]));
    expect(status).toEqual({
      'training/x': 'interrupted',
      'paused/x': 'interrupted',
      'interrupted/x': 'interrupted',
      'finished/x': 'finished',
      'stopped/x': 'stopped',
      'failed/x': 'failed',
      elsewhere: 'training',
    });
    const kept = new Set(
      (await database.keys('checkpoint/')).map((key) => key.split('/').slice(1, -1).join('/')),
    );
    expect([...kept].sort()).toEqual(['elsewhere', 'failed/x', 'interrupted/x', 'paused/x', 'training/x']);
    expect(await database.keys('bundle/')).toEqual(['bundle/a']);
  });
});

describe('records', () => {
  it('of a newer studio are set aside and left alone, their checkpoints too', async () => {
    await store.saveCheckpoint(checkpointOf(runOf('r'), 1));
    await store.saveRun(runOf('other'));
    await database.change({ set: [['run/r', { ...runOf('r'), version: 4 }]] });
    const before = await database.entries('');
    expect(await store.getRun('r')).toBeUndefined();
    expect((await store.sweep()).map(({ id }) => id)).toEqual(['other']);
    expect((await store.listRuns()).map(({ id }) => id)).toEqual(['other']);
    expect(store.setAside.list()).toEqual([
      {
        key: 'run/r',
        keys: ['run/r', 'checkpoint/r/a', 'checkpoint/r/b', 'checkpoint/r/newest', 'series/r/'],
        kind: 'run',
        name: 'run r',
        reason: expect.stringContaining('has version 4; this studio knows versions up to 3'),
        sizeBytes: expect.any(Number),
      },
    ]);
    const others = ([key]: readonly [string, unknown]) => key !== 'run/other';
    expect((await database.entries('')).filter(others)).toEqual(before.filter(others));
  });

  it('leave their place aside when they can be read again, or are written anew', async () => {
    await store.saveSetting('hub-endpoint', 'https://mirror.example');
    expect(await database.get('setting/hub-endpoint')).toEqual({
      version: 1,
      value: 'https://mirror.example',
    });
    await database.change({
      set: [
        ['setting/hub-endpoint', 'no address'],
        ['run/r', { ...runOf('r'), id: 'another' }],
      ],
    });
    expect(await store.getSetting('hub-endpoint')).toBeUndefined();
    expect(await store.listRuns()).toEqual([]);
    expect(store.setAside.list().map(({ key }) => key)).toEqual(['setting/hub-endpoint', 'run/r']);
    await store.saveSetting('hub-endpoint', 'https://other.example');
    await database.change({ set: [['run/r', runOf('r')]] });
    expect(await store.listRuns()).toHaveLength(1);
    expect(store.setAside.list()).toEqual([]);
    expect((await errorOf(store.deleteSetAside('run/r'))).code).toBe('not-set-aside');
    expect(await store.getRun('r')).toEqual(runOf('r'));
  });

  it('keep data sets and settings', async () => {
    const dataset: DatasetRecord = {
      version: 3,
      id: 'd',
      name: 'reviews.csv',
      createdAt: 1,
      task: 'classification',
      fingerprint: 'f',
      labelNames: ['x', 'y'],
      rows: { train: 2, validation: 1, test: null },
      labelCounts: [1, 1],
      range: null,
      preview: [{ text: '🙂', label: 'y' }],
      sampledFrom: null,
      files: { folder: 'd', textBytes: 5, indexBytes: 27, indexSha256: 's' },
    };
    await store.saveDataset(dataset);
    expect(await store.getDataset('d')).toEqual(dataset);
    expect(await store.datasetIds()).toEqual(['d']);
    await store.deleteDataset('d');
    expect(await store.getDataset('d')).toBeUndefined();
    await store.saveSetting('theme', 'dark');
    expect(await store.getSetting('theme')).toBe('dark');
    expect(await store.getSetting('other')).toBeUndefined();
  });

  it('survive a full disk, which is named as such', async () => {
    const megabyte = 1024 * 1024;
    const noise = new Float32Array(2 * megabyte).map(Math.random);
    const full = adapterOf('full');
    const large = {
      ...full,
      bundle: { ...full.bundle, tensors: new Map([['a.main.b', { shape: [noise.length], data: noise }]]) },
    };
    const bucket = await smallBucket(5 * megabyte);
    vi.stubGlobal('indexedDB', bucket.indexedDB);
    try {
      store = new StudioStore(new Database('small'));
      await store.saveCheckpoint(checkpointOf(runOf('r'), 4));
      await store.saveAdapter(adapterOf('a'));
      const error = await errorOf(store.finishRun(runOf('r', 'finished'), large));
      expect(error.code).toBe('storage-full');
      expect(error.hint).toContain('delete');
      expect((await store.getRun('r'))?.status).toBe('training');
      expect((await store.loadCheckpoint('r'))?.step).toBe(4);
      expect((await store.listAdapters()).map(({ id }) => id)).toEqual(['a']);
      await store.deleteAdapter('a'); // the way out that the hint names
      await store.finishRun(runOf('r', 'finished'), full);
      expect((await store.listAdapters()).map(({ id }) => id)).toEqual(['full']);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

/** A storage bucket with a quota of its own, so that a real QuotaExceededError comes without filling the disk. */
async function smallBucket(quota: number): Promise<{ indexedDB: IDBFactory }> {
  // Not in TypeScript's DOM library yet: https://wicg.github.io/storage-buckets/
  const { storageBuckets } = navigator as unknown as {
    storageBuckets: { open(name: string, options: object): Promise<{ indexedDB: IDBFactory }> };
  };
  return storageBuckets.open(`small-${Date.now()}`, { quota });
}
