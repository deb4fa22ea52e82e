/**
 * What the studio of commit bdaf26f kept (`fixtures/storage`), opened by the present one: every run, adapter, data set, base model,
 * download and setting is there and of use. Asks through the worker's protocol, however it is stored now.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peftMethods } from '../src/adapters/methods/peft-methods';
import { sha256OfBundle } from '../src/formats/bundle-digest';
import type { DatasetRecord, InlineDatasetRecord } from '../src/protocol/records';
import type { AdapterSummary, StudioDescription } from '../src/protocol/types';
import type { RunRecord } from '../src/runs/record';
import type { RunSeries } from '../src/runs/series';
import { defaultDownloadHosts } from '../src/storage/models/hub-hosts';
import { decodeValue } from '../src/storage/record-file';
import { StudioStore } from '../src/storage/store';
import { OpenStudio } from './recorded/open-studio';
import { clearStorage, type Recording, readRecording, restore, storedRecords } from './recorded/recording';

type OldRun = RunRecord & RunSeries;

type OldDataset = Omit<InlineDatasetRecord, 'inline'> & { readonly splits: InlineDatasetRecord['inline'] };

let recording: Recording;
let studio: OpenStudio;
let description: StudioDescription;

const recorded = <T>(prefix: string): readonly T[] =>
  Object.entries(recording.records)
    .filter(([key]) => key.startsWith(prefix))
    .map(([, value]) => decodeValue(value) as T);

beforeAll(async () => {
  recording = await readRecording('/@fixtures/storage/bdaf26f.json.gz');
  await restore(recording);
  studio = new OpenStudio();
  // The text is short, and there is nothing to compile.
  description = await studio.open('reference');
});

afterAll(async () => {
  studio.close();
  await clearStorage();
});

it('holds every kind of record in every state that lasts', () => {
  const statuses = new Set(recorded<RunRecord>('run/').map(({ status }) => status));
  expect([...statuses].sort()).toEqual(['failed', 'finished', 'interrupted', 'stopped', 'training']);
  const adapters = recorded<AdapterSummary>('adapter/');
  // 28 of the form, and PEFT's own.
  expect(new Set(adapters.map(({ method }) => method)).size).toBe(28 + peftMethods.length);
  expect(new Set(adapters.map(({ task }) => task)).size).toBe(3);
  expect(new Set(adapters.map(({ composed }) => composed?.type)).size).toBe(3);
  expect(adapters.filter(({ importedFrom }) => importedFrom)).toHaveLength(3 + peftMethods.length);
  const prefixes = Object.keys(recording.records).map((key) => key.split('/')[0]);
  expect([...new Set(prefixes)].sort()).toEqual([
    'adapter',
    'bundle',
    'checkpoint',
    'dataset',
    'download',
    'model',
    'run',
    'setting',
  ]);
});

describe('opened by this studio', () => {
  it('has every run with its curve', async () => {
    const runs = new Map((await studio.send('listRuns', {})).map((run) => [run.id, run]));
    const before = recorded<OldRun>('run/');
    expect(runs.size).toBe(before.length);
    for (const { status, ...run } of before) {
      const now = runs.get(run.id)!;
      expect(now.status).toBe(status === 'training' ? 'interrupted' : status);
      const { name, createdAt, settings, dataset, step } = run;
      expect(now).toMatchObject({ name, createdAt, settings, dataset, step });
      const { trainLoss, gradientNorm, learningRate, evaluations } = run;
      expect(now.series.trainLoss).toBe(trainLoss.step.length);
      expect(now.lastEvaluation).toEqual(evaluations.at(-1) ?? null);
      const series = await studio.send('series', { runId: run.id });
      expect(series).toEqual({ trainLoss, gradientNorm, learningRate, evaluations });
      expect([now.results, now.adapterId, now.error]).toEqual([run.results, run.adapterId, run.error]);
    }
  });

  it('has put the curves of its runs apart', async () => {
    const stored = await storedRecords();
    for (const { id, trainLoss } of recorded<OldRun>('run/')) {
      expect(stored.get(`run/${id}`)).toMatchObject({ version: 3 });
      expect(stored.get(`run/${id}`)).not.toHaveProperty('trainLoss');
      expect(stored.get(`run/${id}`)).not.toHaveProperty('inline');
      expect(stored.get(`series/${id}/00000000`)).toMatchObject({ trainLoss });
    }
  });

  it('has every adapter, with all of its numbers', async () => {
    const adapters = new Map((await studio.send('listAdapters', {})).map((one) => [one.id, one]));
    const before = recorded<AdapterSummary>('adapter/');
    expect(adapters.size).toBe(before.length);
    const store = new StudioStore();
    for (const summary of before) {
      expect(adapters.get(summary.id)).toMatchObject(summary);
      const record = await store.getAdapter(summary.id);
      expect(await sha256OfBundle(record!.bundle), summary.name).toBe(summary.sha256);
    }
  });

  it('has every data set, its rows moved to files', async () => {
    const store = new StudioStore();
    const own = new Map(description.datasets.map((dataset) => [dataset.id, dataset]));
    for (const { id, name, task, labelNames, fingerprint, splits } of recorded<OldDataset>('dataset/')) {
      const now = own.get(id)!;
      expect(now).toMatchObject({ name, source: 'file', task, labels: labelNames });
      expect(now.rows).toEqual({
        train: splits.train!.texts.length,
        validation: splits.validation!.texts.length,
        test: splits.test?.texts.length ?? null,
      });
      expect(now.preview[0]!.text).toBe(splits.train!.texts[0]);
      const record = (await store.getDataset(id)) as DatasetRecord;
      expect(record).toMatchObject({ version: 3, fingerprint, files: { folder: id } });
      expect(record).not.toHaveProperty('inline');
    }
  });

  it('has the base models, the half download and the hub', () => {
    const { baseModels, unfinished, hub } = description.library;
    const kept = baseModels.filter((model) => model.kept);
    expect(kept.map(({ title }) => title).sort()).toEqual(['small-distilbert', 'someone/roberta-copy']);
    const half = recording.files.filter(({ path }) => path.includes('half'));
    expect(unfinished).toMatchObject([
      {
        request: { repo: 'someone/half', revision: 'main' },
        doneBytes: half.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      },
    ]);
    expect(hub).toEqual({
      endpoint: 'http://localhost:9/mirror',
      hasToken: true,
      downloadHosts: defaultDownloadHosts('http://localhost:9/mirror'),
    });
  });

  it('says of a text what the studio before it said, by every adapter', async () => {
    const { text, scores } = recording.expected;
    const adapters = await studio.send('listAdapters', {});
    expect(Object.keys(scores).sort()).toEqual(adapters.map(({ id }) => id).sort());
    for (const { id, name, method, labels } of adapters) {
      const prediction = await studio.send('predict', { adapterId: id, text });
      expect(prediction.labels.map(({ label }) => label)).toEqual(labels);
      for (const [i, { score }] of prediction.labels.entries())
        expect(score, `${name}, ${method}`).toBeCloseTo(scores[id]![i]!, 5);
    }
  });

  it('goes on with the interrupted run as the studio before it did', async () => {
    const { runId, trainLoss, adapterSha256 } = recording.expected.resumed;
    studio.close();
    studio = new OpenStudio();
    await studio.open('webgpu');
    await studio.send('resume', { runId });
    const run = await studio.ended(runId);
    expect([run.status, run.error]).toEqual(['finished', null]);
    expect(run.trainLoss.value).toHaveLength(trainLoss.length);
    // Another machine's software adapter may round otherwise; on one machine the digests are equal.
    for (const [i, loss] of run.trainLoss.value.entries()) expect(loss).toBeCloseTo(trainLoss[i]!, 4);
    const adapter = (await studio.send('listAdapters', {})).find(({ id }) => id === run.adapterId)!;
    console.log(
      `the adapter is ${adapter.sha256 === adapterSha256 ? 'equal in every bit' : 'equal in 4 digits'}`,
    );
  });
});
