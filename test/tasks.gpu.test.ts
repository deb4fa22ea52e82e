/** Several labels and numbers through the real worker: from a CSV to a trained adapter, its files, and back. */
import { beforeAll, expect, it } from 'vitest';
import { configWith } from '../src/adapters/config-with';
import { readZip } from '../src/formats/zip';
import { StudioClient } from '../src/protocol/client';
import type {
  AdapterSummary,
  DatasetSummary,
  EventMessage,
  ExportFormat,
  LabelKind,
  StudioDescription,
} from '../src/protocol/types';
import type { RunRecord } from '../src/runs/record';
import type { RunSeries } from '../src/runs/series';
import type { HeadSettings, RunSettings } from '../src/runs/settings';

const listeners = new Set<(event: EventMessage) => void>();
let client: StudioClient;
let description: StudioDescription;
let settings: RunSettings;

function trained(changes: Partial<RunSettings>, datasetId: string): Promise<RunRecord & RunSeries> {
  return new Promise((resolve, reject) => {
    const listen = (event: EventMessage) => {
      if (event.type === 'problem') reject(new Error(JSON.stringify(event.error)));
      if (event.type !== 'run' || !['finished', 'failed'].includes(event.run.status)) return;
      listeners.delete(listen);
      const { run } = event;
      client.send('series', { runId: run.id }).then((series) => resolve({ ...run, ...series }), reject);
    };
    listeners.add(listen);
    client.send('train', { settings: { ...settings, ...changes }, datasetId }).catch(reject);
  });
}

async function dataset(name: string, rows: readonly string[], kind: LabelKind): Promise<DatasetSummary> {
  const file = new File([`text,label\n${rows.join('\n')}\n`], name, { type: 'text/csv' });
  const preview = await client.send('inspectFile', { file });
  expect(preview.labelColumns.label!.guess).toEqual(kind);
  const { importId } = preview;
  return client.send('createDataset', { importId, textColumn: 'text', labelColumn: 'label', kind, seed: 1 });
}

async function adapterOf(run: RunRecord): Promise<AdapterSummary> {
  return (await client.send('listAdapters', {})).find(({ id }) => id === run.adapterId)!;
}

async function reimported(adapterId: string, format: ExportFormat) {
  const { fileName, bytes } = await client.send('downloadAdapter', { adapterId, format });
  return client.send('importAdapter', {
    name: fileName,
    files: [{ path: fileName, bytes }],
    otherBase: false,
  });
}

const text = 'something good and round';
const scores = async (adapterId: string) =>
  (await client.send('predict', { adapterId, text })).labels.map(({ score }) => score);

async function expectSameScores(adapterId: string, otherId: string): Promise<void> {
  const [expected, got] = [await scores(adapterId), await scores(otherId)];
  expect(got).toHaveLength(expected.length);
  for (const [i, score] of got.entries()) expect(score).toBeCloseTo(expected[i]!, 5);
}

let tags: DatasetSummary;
let stars: DatasetSummary;

beforeAll(async () => {
  const worker = new Worker(new URL('../workers/training.worker.ts', import.meta.url), { type: 'module' });
  client = new StudioClient(
    worker,
    (event) => {
      for (const listen of listeners) listen(event);
    },
    (error) => console.error(error),
  );
  description = await client.send('open', { executor: 'webgpu' });
  const lora = description.methods.find(({ id }) => id === 'lora')!;
  settings = {
    ...description.defaults,
    baseModel: 'roberta-tiny',
    method: 'lora',
    methodConfig: configWith(lora, {}, description.methods),
    trainingRows: null,
    epochs: 2,
    batchSize: 8,
    learningRate: 2e-3,
  };
  const words = ['good', 'round', 'red'];
  const ofRow = (i: number) => words.filter((_, k) => (i >> k) & 1);
  tags = await dataset(
    'tags.csv',
    Array.from({ length: 32 }, (_, i) => `a ${ofRow(i).join(' and ')} thing ${i},${ofRow(i).join(';')}`),
    { task: 'multilabel', separator: ';' },
  );
  stars = await dataset(
    'stars.csv',
    Array.from(
      { length: 32 },
      (_, i) => `${i % 2 ? 'good' : 'bad'} thing ${i},${((i % 2) + i / 100).toFixed(2)}`,
    ),
    { task: 'regression' },
  );
});

const otherHead: HeadSettings = { layers: 3, activationFunction: 'relu', bias: false, usePooler: false };

it('several labels: trained with BCE, judged by F1, each label with a probability of its own', async () => {
  expect(tags).toMatchObject({ task: 'multilabel', labels: ['good', 'red', 'round'], range: null });
  const run = await trained({ labelSmoothing: 0.1, classWeights: 'balanced' }, tags.id);
  expect([run.status, run.error]).toEqual(['finished', null]);
  // Of a loss that this task does not have.
  expect(run.settings).toMatchObject({ labelSmoothing: 0, classWeights: 'none' });
  // ln 2 is the loss of a coin for each label.
  expect(run.trainLoss.value[0]).toBeGreaterThan(0.5);
  expect(run.trainLoss.value[0]).toBeLessThan(0.9);
  expect(Object.keys(run.results!.evalMetrics).sort()).toEqual(['exactMatch', 'macroF1', 'microF1']);
  const adapter = await adapterOf(run);
  expect(adapter).toMatchObject({
    task: 'multilabel',
    exports: { adapterhub: null, peft: null, merged: null },
  });
  const evaluated = await client.send('evaluate', {
    adapterId: adapter.id,
    datasetId: tags.id,
    split: 'validation',
  });
  expect(evaluated.loss).toBeCloseTo(run.results!.evalLoss, 5);
  expect(evaluated.microF1).toBe(run.results!.evalMetrics.microF1);
  const { adapter: again, warning } = await reimported(adapter.id, 'adapterhub');
  expect([again.task, again.labels, warning]).toEqual(['multilabel', ['good', 'red', 'round'], null]);
  await expectSameScores(adapter.id, again.id);
  const ofImported = await client.send('evaluate', {
    adapterId: again.id,
    datasetId: tags.id,
    split: 'validation',
  });
  expect(ofImported.loss).toBeCloseTo(evaluated.loss, 5);
  const joint = await client.send('predictJointly', {
    adapterIds: [again.id, adapter.id],
    texts: [text, 'red'],
    block: 'Parallel',
  });
  const alone = await scores(adapter.id);
  for (const { prediction } of joint.slice(0, 2)) {
    expect(prediction.task).toBe('multilabel');
    for (const [i, { score }] of prediction.labels.entries()) expect(score).toBeCloseTo(alone[i]!, 5);
  }
  // PEFT's files cannot tell, and the person is told.
  expect((await reimported(adapter.id, 'peft')).warning).toContain('do not name the labels');
  const { fileName, bytes } = await client.send('downloadAdapter', {
    adapterId: adapter.id,
    format: 'merged',
  });
  expect(new TextDecoder().decode(readZip(bytes, fileName).get('config.json'))).toContain(
    'multi_label_classification',
  );
  const replay = await client.send('downloadRun', { runId: run.id });
  const replayFiles = readZip(replay.bytes, replay.fileName);
  expect(new TextDecoder().decode(replayFiles.get('README.md'))).toContain('--task multilabel');
  expect(new TextDecoder().decode(replayFiles.get('train.csv'))).toMatch(/,good\|red\|round/);
});

it('a number: trained with squared error, judged by its errors, predicted as it is', async () => {
  expect(stars).toMatchObject({ task: 'regression', labels: ['label'], labelCounts: null });
  const run = await trained({ head: otherHead, learningRate: 5e-3, epochs: 4 }, stars.id);
  expect([run.status, run.error]).toEqual(['finished', null]);
  expect(run.trainLoss.value.at(-1)).toBeLessThan(run.trainLoss.value[0]!);
  const { mae, mse } = run.results!.evalMetrics;
  expect(mse).toBeCloseTo(run.results!.evalLoss, 4);
  expect(mae).toBeLessThan(1);
  const adapter = await adapterOf(run);
  expect(adapter.exports).toMatchObject({
    adapterhub: null,
    peft: expect.any(String),
    merged: expect.any(String),
  });
  const evaluated = await client.send('evaluate', {
    adapterId: adapter.id,
    datasetId: stars.id,
    split: 'validation',
  });
  expect(evaluated.mae).toBeCloseTo(mae!, 4);
  const { adapter: again } = await reimported(adapter.id, 'adapterhub');
  expect(again.task).toBe('regression');
  await expectSameScores(adapter.id, again.id);
  const continued = await trained({ startFrom: again.id, epochs: 1 }, stars.id);
  expect(continued.trainLoss.value[0]).toBeLessThan(run.trainLoss.value[0]!);
  const replay = await client.send('downloadRun', { runId: run.id });
  expect(new TextDecoder().decode(readZip(replay.bytes, replay.fileName).get('README.md'))).toContain(
    'it is a record, not a replay',
  );
});

it('refuses data of another task, and a head on a pooler that the base model has not', async () => {
  const adapters = await client.send('listAdapters', {});
  const numbers = adapters.find(({ task }) => task === 'regression')!;
  await expect(
    client.send('evaluate', { adapterId: numbers.id, datasetId: tags.id, split: 'validation' }),
  ).rejects.toMatchObject({ code: 'task-differs', message: expect.stringContaining('predicts a number') });
  await expect(trained({ startFrom: numbers.id }, tags.id)).rejects.toMatchObject({ code: 'task-differs' });
  const head = { ...settings.head, usePooler: true };
  expect(await trained({ head }, stars.id)).toMatchObject({
    status: 'failed',
    error: { code: 'unsupported-base' },
  });
  const described = await client.send('describeSettings', {
    settings: { ...settings, head },
    task: 'regression',
    labels: 1,
  });
  expect(described.problem).toContain('pooler');
});
