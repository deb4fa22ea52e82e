/** The real worker behind the real protocol, without a page: what a click does, from `open` to the zip. */
import { beforeAll, expect, it } from 'vitest';
import { configWith } from '../src/adapters/config-with';
import { peftMethods } from '../src/adapters/methods/peft-methods';
import { readAdapterHub } from '../src/formats/adapterhub';
import { writePeft } from '../src/formats/peft';
import { readZip, writeZip } from '../src/formats/zip';
import { StudioClient } from '../src/protocol/client';
import {
  type AdapterSummary,
  type DatasetSummary,
  type EventMessage,
  exportFormats,
  type Prediction,
  type StudioDescription,
} from '../src/protocol/types';
import type { RunRecord } from '../src/runs/record';
import type { RunComposition, RunSettings } from '../src/runs/settings';
import { drawnAdapter } from './drawn-adapters';
import { loadBaseModel } from './golden/base-model';

const events: EventMessage[] = [];
const waiting = new Set<() => void>();
let client: StudioClient;
let description: StudioDescription;
let settings: RunSettings;
let reviews: DatasetSummary;

async function until<T>(find: () => T | undefined): Promise<T> {
  for (let found = find(); ; found = find()) {
    if (found !== undefined) return found;
    await new Promise<void>((resolve) => waiting.add(resolve));
  }
}

const statuses = (runId: string) =>
  events.flatMap((event) => (event.type === 'status' && event.runId === runId ? [event.status] : []));

const ended = (runId: string) =>
  until(() => {
    const problem = events.find((event) => event.type === 'problem' && event.runId === runId);
    if (problem?.type === 'problem' && problem.error.code !== 'device-lost')
      throw new Error(JSON.stringify(problem.error));
    const last = events.findLast((event) => event.type === 'run' && event.run.id === runId);
    const run = last?.type === 'run' ? last.run : undefined;
    return run && ['finished', 'stopped', 'failed'].includes(run.status) ? run : undefined;
  });

function expectSameScores(
  got: Prediction['labels'],
  expected: Prediction['labels'],
  what: string,
  digits = 5,
): void {
  expect(got).toHaveLength(expected.length);
  for (const [i, { score }] of got.entries()) expect(score, what).toBeCloseTo(expected[i]!.score, digits);
}

beforeAll(async () => {
  const worker = new Worker(new URL('../workers/training.worker.ts', import.meta.url), { type: 'module' });
  client = new StudioClient(
    worker,
    (event) => {
      events.push(event);
      for (const wake of waiting) wake();
      waiting.clear();
    },
    (error) => console.error(error),
  );
  description = await client.send('open', { executor: 'webgpu' });
  settings = {
    ...description.defaults,
    trainingRows: 96,
    epochs: 1,
    batchSize: 16,
    learningRate: 1e-3,
    evaluationBatchSize: 16,
  };
  // The 1,066 validation rows of the sample take a software adapter twenty seconds each time; the journey of a click trains on it.
  reviews = await bring('reviews.csv', ['dull', 'fine'], 400);
});

/** A data set as a dropped file becomes one; a tenth of its rows is for validation. */
async function bring(
  name: string,
  [even, odd]: readonly [string, string],
  count: number,
): Promise<DatasetSummary> {
  const row = (_: unknown, i: number) => {
    const label = i % 2 ? odd : even;
    return `text number ${i} ${label},${label}`;
  };
  const file = new File([`text,label\n${Array.from({ length: count }, row).join('\n')}\n`], name, {
    type: 'text/csv',
  });
  const { importId } = await client.send('inspectFile', { file });
  const kind = { task: 'classification' } as const;
  return client.send('createDataset', { importId, textColumn: 'text', labelColumn: 'label', kind, seed: 1 });
}

it('opens on the adapter it finds, with everything embedded', () => {
  expect(description.executor.executor).toBe('webgpu');
  expect(description.executor.adapter).not.toBe('');
  expect(description.library.baseModels.map((model) => model.id)).toEqual(['roberta-mini', 'roberta-tiny']);
  expect(description.datasets[0]).toMatchObject({
    id: 'rotten_tomatoes',
    rows: { train: 8530, validation: 1066, test: 1066 },
    labels: ['👎', '👍'],
  });
  if (description.executor.isSoftwareAdapter)
    expect(description.notice).toContain(description.executor.adapter);
});

let finished: RunRecord;

it('trains, evaluates and stores the adapter', async () => {
  const started = performance.now();
  const run = await client.send('train', { settings, datasetId: reviews.id });
  await until(() => events.find((event) => event.type === 'steps' && event.runId === run.id));
  console.log(`first point after ${Math.round(performance.now() - started)} ms`);
  finished = await ended(run.id);
  console.log(`run: ${JSON.stringify(finished.results)} dispatches ${finished.dispatches}`);
  expect(finished.status).toBe('finished');
  expect(finished.step).toBe(6);
  const { trainLoss, evaluations } = await client.send('series', { runId: run.id });
  expect(trainLoss.step).toEqual([1, 2, 3, 4, 5, 6]);
  expect(trainLoss.value.every((loss) => loss > 0 && loss < 2)).toBe(true);
  expect(evaluations.map((point) => point.step)).toEqual([6]);
  expect(finished.executor.executor).toBe('webgpu');
  expect(finished.dispatches).toBeGreaterThan(100);
  expect(finished.results?.globalStep).toBe(6);
  const adapters = await client.send('listAdapters', {});
  expect(adapters.map((adapter) => adapter.id)).toContain(finished.adapterId);
});

it('predicts and evaluates with the stored adapter', async () => {
  const adapterId = finished.adapterId!;
  const prediction = await client.send('predict', { adapterId, text: 'I am Good' });
  expect(prediction.labels.map(({ label }) => label)).toEqual(['dull', 'fine']);
  expect(prediction.labels.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 6);
  const results = await client.send('evaluate', {
    adapterId,
    datasetId: reviews.id,
    split: 'validation',
  });
  // The same rows through another session: the run's own evaluation, up to float32 rounding of other batch sizes.
  expect(results.rows).toBe(40);
  expect(results.loss).toBeCloseTo(finished.lastEvaluation!.loss, 5);
});

it('downloads a zip that reads back as the adapter', async () => {
  const { fileName, bytes } = await client.send('downloadAdapter', {
    adapterId: finished.adapterId!,
    format: 'adapterhub',
  });
  const files = readZip(bytes, fileName);
  expect(new TextDecoder().decode(files.get('README.md'))).toContain('model.load_adapter');
  expect([...files.keys()].sort()).toEqual([
    'README.md',
    'adapter_config.json',
    'head_config.json',
    'pytorch_adapter.bin',
    'pytorch_model_head.bin',
  ]);
  expect(readAdapterHub(files, fileName).head.labels).toEqual(['dull', 'fine']);
});

it('pauses, resumes and stops', async () => {
  const run = await client.send('train', {
    settings: { ...settings, epochs: 50 },
    datasetId: reviews.id,
  });
  await until(() => events.find((event) => event.type === 'steps' && event.runId === run.id));
  await client.send('pause', { runId: run.id });
  await until(() => (statuses(run.id).at(-1) === 'paused' ? true : undefined));
  const heldAt = events.filter((event) => event.type === 'steps').length;
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(events.filter((event) => event.type === 'steps').length).toBe(heldAt);
  await client.send('resume', { runId: run.id });
  await until(() => (events.filter((event) => event.type === 'steps').length > heldAt ? true : undefined));
  await client.send('stop', { runId: run.id });
  const stopped = await ended(run.id);
  expect(stopped.status).toBe('stopped');
  expect(stopped.adapterId).not.toBeNull();
});

it('trains every method of the form, and every format it can be written in reads back', async () => {
  const dataset = await bring('tiny.csv', ['bad', 'good'], 24);
  // A method's kernels would be compiled here once more; they are compared with the reference elsewhere.
  await client.send('chooseExecutor', { choice: 'onnx' });
  for (const method of description.methods) {
    const run = await client.send('train', {
      settings: {
        ...settings,
        method: method.id,
        methodConfig: configWith(method, {}, description.methods),
        trainingRows: 8,
        batchSize: 8,
      },
      datasetId: dataset.id,
    });
    const done = await ended(run.id);
    expect([method.id, done.status, done.error]).toEqual([method.id, 'finished', null]);
    const adapters = await client.send('listAdapters', {});
    const adapter = adapters.find(({ id }) => id === done.adapterId)!;
    const { labels } = await client.send('predict', { adapterId: adapter.id, text: 'something good' });
    for (const format of exportFormats) {
      const download = () => client.send('downloadAdapter', { adapterId: adapter.id, format });
      if (adapter.exports[format] !== null) {
        await expect(download(), `${method.id} as ${format}`).rejects.toMatchObject({
          hint: expect.any(String),
        });
        continue;
      }
      const { fileName, bytes } = await download();
      const files = readZip(bytes, fileName);
      if (format === 'merged') {
        expect(files.has('model.safetensors')).toBe(true);
        continue;
      }
      const { adapter: again } = await client.send('importAdapter', {
        name: fileName,
        files: [{ path: fileName, bytes }],
        otherBase: false,
      });
      const read = await client.send('predict', { adapterId: again.id, text: 'something good' });
      expectSameScores(read.labels, labels, `${method.id} as ${format}`);
    }
  }
  await client.send('chooseExecutor', { choice: 'webgpu' });
});

/** The embedded model of hidden size 128, from where the page gets it. */
const embedded = {
  async bytes(path: string) {
    return new Uint8Array(await (await fetch(`/${path}`)).arrayBuffer());
  },
};

it("imports PEFT's own variants, trains them on and writes them as PEFT again", async () => {
  const base = await loadBaseModel(embedded, 'models/roberta-tiny');
  const dataset = await bring('peft.csv', ['bad', 'good'], 16);
  const text = 'text number good';
  const predict = (adapterId: string) => client.send('predict', { adapterId, text });
  const importZip = async (name: string, bytes: Uint8Array<ArrayBuffer>) =>
    (await client.send('importAdapter', { name, files: [{ path: name, bytes }], otherBase: false })).adapter;
  for (const { id } of peftMethods) {
    const imported = await importZip(`${id}.zip`, writeZip(writePeft(await drawnAdapter(base, id))));
    expect(imported).toMatchObject({ method: id, baseModel: 'roberta-tiny', labels: ['LABEL_0', 'LABEL_1'] });
    expect(imported.exports).toMatchObject({ peft: null, adapterhub: expect.stringMatching(/\w/) });
    const before = await predict(imported.id);
    const run = await client.send('train', {
      settings: {
        ...settings,
        baseModel: imported.baseModel,
        method: imported.method,
        startFrom: imported.id,
        learningRate: 0.01,
        trainingRows: 8,
        batchSize: 4,
      },
      datasetId: dataset.id,
    });
    const done = await ended(run.id);
    expect([id, done.status, done.error]).toEqual([id, 'finished', null]);
    const trained = (await client.send('listAdapters', {})).find((adapter) => adapter.id === done.adapterId)!;
    expect(trained).toMatchObject({ method: id, parentId: imported.id });
    const after = await predict(trained.id);
    expect(Math.abs(after.labels[0]!.score - before.labels[0]!.score), `${id} moved`).toBeGreaterThan(1e-4);
    const { fileName, bytes } = await client.send('downloadAdapter', {
      adapterId: trained.id,
      format: 'peft',
    });
    const again = await predict((await importZip(fileName, bytes)).id);
    expectSameScores(again.labels, after.labels, `${id} as PEFT again`, 6);
  }
});

it('stacks on saved adapters, fuses them, and both come back from their zip', async () => {
  const saved = (await client.send('listAdapters', {})).filter(
    ({ method, labels }) => method === 'seq_bn' && labels.join() === 'bad,good',
  );
  const ids = saved.slice(0, 2).map(({ id }) => id);
  const compositions: readonly RunComposition[] = [
    { type: 'Stack', adapterIds: ids.slice(0, 1) },
    { type: 'Fuse', adapterIds: ids, fusion: 'dynamic' },
    { type: 'Fuse', adapterIds: ids, fusion: 'static' },
  ];
  const { datasetId } = saved.find((adapter) => adapter.datasetId !== '')!;
  for (const composition of compositions) {
    const run = await client.send('train', {
      settings: { ...settings, composition, trainingRows: 8, batchSize: 8 },
      datasetId,
    });
    const done = await ended(run.id);
    expect([composition.type, done.status, done.error]).toEqual([composition.type, 'finished', null]);
    const adapter = (await client.send('listAdapters', {})).find(({ id }) => id === done.adapterId)!;
    expect(adapter.composed).toEqual({ type: composition.type, others: composition.adapterIds.length });
    expect(adapter.exports).toMatchObject({
      adapterhub: null,
      peft: expect.any(String),
      merged: expect.any(String),
    });
    const { fileName, bytes } = await client.send('downloadAdapter', {
      adapterId: adapter.id,
      format: 'adapterhub',
    });
    expect([...readZip(bytes, fileName).keys()]).toContain('adapter_setup.json');
    const { adapter: again } = await client.send('importAdapter', {
      name: fileName,
      files: [{ path: fileName, bytes }],
      otherBase: false,
    });
    const text = 'something good';
    const expected = await client.send('predict', { adapterId: adapter.id, text });
    const read = await client.send('predict', { adapterId: again.id, text });
    expectSameScores(read.labels, expected.labels, composition.type);
  }
  await expect(
    client.send('train', {
      settings: {
        ...settings,
        composition: { type: 'Fuse', adapterIds: ids.slice(0, 1), fusion: 'dynamic' },
      },
      datasetId,
    }),
  ).rejects.toMatchObject({ code: 'unsupported-setup' });
});

it('asks several adapters at once, and gets what each says by itself', async () => {
  const single = (await client.send('listAdapters', {})).filter(
    ({ composed, labels, method }) =>
      !composed &&
      labels.join() === 'bad,good' &&
      ['lora', 'seq_bn', 'prefix_tuning', 'head_only'].includes(method),
  );
  const byMethod = new Map(single.map((adapter) => [adapter.method, adapter]));
  expect([...byMethod.keys()].sort()).toEqual(['head_only', 'lora', 'prefix_tuning', 'seq_bn']);
  const adapters = [...byMethod.values()];
  const adapterIds = adapters.map(({ id }) => id);
  const texts = ['something good', 'bad', 'a longer text with more words than the others', 'good bad'];
  const alone = (adapterId: string, text: string) => client.send('predict', { adapterId, text });
  const parallel = await client.send('predictJointly', { adapterIds, texts, block: 'Parallel' });
  expect(parallel).toHaveLength(16);
  const split = await client.send('predictJointly', { adapterIds, texts, block: 'BatchSplit' });
  expect(split.map(({ adapterId, text }) => [adapterId, text])).toEqual(
    adapterIds.map((id, i) => [id, texts[i]]),
  );
  for (const { adapterId, text, prediction } of [...parallel, ...split])
    expectSameScores(prediction.labels, (await alone(adapterId, text)).labels, `${adapterId}: ${text}`);
  const prompt = (await client.send('listAdapters', {})).find(({ method }) => method === 'prompt_tuning')!;
  await expect(
    client.send('predictJointly', { adapterIds: [adapterIds[0]!, prompt.id], texts, block: 'Parallel' }),
  ).rejects.toMatchObject({ code: 'unsupported-setup' });
});

it('tells an adapter’s size before and after training, frozen tensors of its file included', async () => {
  for (const method of ['lora', 'lora_fa', 'loreft', 'vera']) {
    const described = description.methods.find(({ id }) => id === method)!;
    const { downloadBytes, trainableParameters } = await client.send('describeSettings', {
      settings: { ...settings, method, methodConfig: configWith(described, {}, description.methods) },
      task: 'classification',
      labels: 2,
    });
    const saved = (await client.send('listAdapters', {})).filter(
      (adapter) => adapter.method === method && !adapter.composed && adapter.labels.join() === 'bad,good',
    );
    expect(saved.length).toBeGreaterThan(1); // the one that was trained, and the one its file came back as
    for (const { sizeBytes, parameterCount, exports, id } of saved) {
      expect([method, sizeBytes, parameterCount]).toEqual([method, downloadBytes, trainableParameters]);
      if (exports.adapterhub !== null) continue;
      const { bytes } = await client.send('downloadAdapter', { adapterId: id, format: 'adapterhub' });
      const held = [...readZip(bytes, 'zip')]
        .filter(([name]) => name.endsWith('.bin'))
        .reduce((sum, [, content]) => sum + content.byteLength, 0);
      // Names and alignment of the tensors come on top.
      expect(held).toBeGreaterThan(sizeBytes);
      expect(held).toBeLessThan(sizeBytes + 64 * 1024);
    }
  }
});

it('ejects the network of a prefix', async () => {
  const adapter = (await client.send('listAdapters', {})).find(({ method }) => method === 'prefix_tuning')!;
  const flat = await client.send('ejectPrefix', { adapterId: adapter.id });
  expect(flat).toMatchObject({ method: 'prefix_tuning_flat', parentId: adapter.id });
  expect(flat.sizeBytes).toBeLessThan(adapter.sizeBytes);
  const [expected, got] = await Promise.all(
    [adapter.id, flat.id].map((adapterId) => client.send('predict', { adapterId, text: 'something good' })),
  );
  expectSameScores(got!.labels, expected!.labels, 'ejected prefix', 6);
  await expect(client.send('ejectPrefix', { adapterId: flat.id })).rejects.toMatchObject({
    code: 'no-prefix-network',
  });
});

it('averages adapters of one method', async () => {
  const adapters = (await client.send('listAdapters', {}))
    .filter(({ method, composed }) => method === 'lora' && !composed)
    .slice(0, 2);
  const [first, second] = adapters as [AdapterSummary, AdapterSummary];
  const average = (weights: number[]) =>
    client.send('averageAdapters', {
      adapterIds: [first.id, second.id],
      weights,
      strategy: 'linear',
      normalize: true,
    });
  const same = await average([1, 0]);
  const text = 'something good';
  const [expected, got] = await Promise.all([
    client.send('predict', { adapterId: first.id, text }),
    client.send('predict', { adapterId: same.id, text }),
  ]);
  expectSameScores(got.labels, expected.labels, 'average of one and itself', 6);
  const products = await client.send('averageAdapters', {
    adapterIds: [first.id, second.id],
    weights: [1, 1],
    strategy: 'lora_delta_w_svd',
    normalize: true,
    rank: 2,
  });
  expect(products.sizeBytes).toBeLessThan(first.sizeBytes);
  const all = await client.send('listAdapters', {});
  const otherMethod = all.find(({ method }) => method === 'seq_bn')!;
  const stack = all.find(({ composed }) => composed?.type === 'Stack')!;
  for (const pair of [
    [first.id, otherMethod.id],
    [stack.id, stack.id],
  ]) {
    await expect(
      client.send('averageAdapters', {
        adapterIds: pair,
        weights: [1, 1],
        strategy: 'linear',
        normalize: true,
      }),
    ).rejects.toMatchObject({ code: 'average-unsupported' });
  }
});

it('refuses what cannot be done, with a way out', async () => {
  await expect(
    client.send('train', { settings: { ...settings, learningRate: -1 }, datasetId: 'rotten_tomatoes' }),
  ).rejects.toMatchObject({ code: 'bad-setting' });
  await expect(client.send('train', { settings, datasetId: 'gone' })).rejects.toMatchObject({
    code: 'unknown-dataset',
  });
  await expect(client.send('predict', { adapterId: finished.adapterId!, text: ' ' })).rejects.toMatchObject({
    code: 'empty-text',
  });
  await expect(client.send('pause', { runId: 'none' })).rejects.toMatchObject({ code: 'run-not-active' });
});
