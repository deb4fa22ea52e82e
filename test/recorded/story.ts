/**
 * What is done in the studio whose storage is recorded: everything that it can keep, small. Runs in a page of its origin and
 * speaks to its worker as its own page does, by the protocol of commit bdaf26f.
 */

import type { AdapterConfig } from '../../src/adapters/config';
import { configWith } from '../../src/adapters/config-with';
import { peftMethods } from '../../src/adapters/methods/peft-methods';
import { writePeft } from '../../src/formats/peft';
import { writeZip } from '../../src/formats/zip';
import { StudioClient } from '../../src/protocol/client';
import type { AdapterSummary, EventMessage, LabelKind, StudioDescription } from '../../src/protocol/types';
import type { RunRecord } from '../../src/runs/record';
import type { RunSeries } from '../../src/runs/series';
import type { RunSettings } from '../../src/runs/settings';
import { drawnAdapter } from '../drawn-adapters';
import { loadBaseModel } from '../golden/base-model';
import type { Expected } from './recording';

/** Small sizes, where a method's own are wide. */
const sizes: Readonly<Record<string, AdapterConfig>> = {
  prefix_tuning: { prefix_length: 6, bottleneck_size: 8 },
  prefix_tuning_flat: { prefix_length: 6 },
  mam: { 'configs.0.prefix_length': 6, 'configs.0.bottleneck_size': 8 },
  unipelt: { 'configs.0.prefix_length': 6, 'configs.0.bottleneck_size': 8 },
  union: { configs: ['lora', 'seq_bn'] },
};

/** The embedded model, from where the page gets it. */
const embedded = {
  bytes: async (path: string) => new Uint8Array(await (await fetch(`/${path}`)).arrayBuffer()),
};

/** Methods that write every weight of the base model: on the model from disk, of hidden size 40. */
const wholeModel = ['full', 'bitfit'];

const text = 'a warm, funny film about "friends"\nand good food';

export class Story {
  readonly #events: EventMessage[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #client: StudioClient;
  #description: StudioDescription | null = null;

  constructor(worker: string) {
    this.#client = new StudioClient(
      new Worker(worker, { type: 'module' }),
      (event) => {
        this.#events.push(event);
        for (const wake of this.#waiting) wake();
        this.#waiting.clear();
      },
      (error) => console.error(error),
    );
  }

  async open(): Promise<void> {
    this.#description = await this.#client.send('open', { executor: 'webgpu' });
  }

  /** Everything but the runs that are broken off. `fixtures` is where the repository's test fixtures are. */
  async everything(hub: string, shaky: string, fixtures: string): Promise<void> {
    const moods = await this.#dataset('moods.csv', { task: 'classification' }, [
      ...Array.from(
        { length: 22 },
        (_, i) => `text number ${i} ${i % 2 ? 'good' : 'bad'},${i % 2 ? '😀' : '😞'}`,
      ),
      '"a comma, a ""quote"" and\na line’s end",😀',
      '=1+1 ’ كتاب 漢字,😞',
    ]);
    const topics = await this.#dataset(
      'topics.csv',
      { task: 'multilabel', separator: ';' },
      Array.from({ length: 24 }, (_, i) => `text ${i},${['food', 'film;food', 'film', 'music;film'][i % 4]}`),
    );
    const stars = await this.#dataset(
      'stars.csv',
      { task: 'regression' },
      Array.from({ length: 24 }, (_, i) => `text ${i},${(i % 9) / 2 + 0.25}`),
    );
    await this.#models(hub, shaky, fixtures);
    const disk = this.#description!.library.baseModels.find(({ kept }) => kept?.origin.kind === 'disk')!;
    for (const method of this.#description!.methods) {
      const baseModel = wholeModel.includes(method.id) ? disk.id : 'roberta-tiny';
      await this.#trained({ ...this.#settings(method.id), baseModel, maxLength: 24 }, moods);
    }
    const lora = this.#settings('lora');
    await this.#trained(lora, topics);
    await this.#trained(lora, stars);
    // A head of two layers, several evaluations, every knob of the form.
    await this.#trained(
      {
        ...lora,
        head: { layers: 2, activationFunction: 'relu', bias: false, usePooler: false },
        epochs: 3,
        batchSize: 4,
        trainingRows: null,
        evaluateEverySteps: 2,
        labelSmoothing: 0.1,
        classWeights: 'balanced',
        gradientAccumulationSteps: 2,
        accumulationMode: 'sum',
        scheduler: 'cosine',
        warmupSteps: 1,
        weightDecay: 0.01,
        padding: 'max_length',
        baseStorage: 'int8',
        recompute: true,
      },
      moods,
    );
    await this.#compositions(moods);
    await this.#imports(fixtures);
    const kept = this.#description!.library.baseModels.find(({ kept }) => kept?.origin.kind === 'hub')!;
    await this.#trained({ ...lora, baseModel: kept.id }, 'trec');

    const stopped = await this.#client.send('train', {
      settings: { ...lora, epochs: 500 },
      datasetId: moods,
    });
    await this.#until((event) => event.type === 'steps' && event.runId === stopped.id);
    await this.#client.send('stop', { runId: stopped.id });
    await this.#ended(stopped.id, 'stopped');
    await this.#failures(lora);
    await this.#client.send('setHub', { endpoint: 'http://localhost:9/mirror', token: 'not-a-token' });
  }

  /** A run with a checkpoint in its middle; resolves when it is stored, and the run goes on. */
  async train(epochs: number): Promise<string> {
    const dataset = this.#description!.datasets.find(({ name }) => name.startsWith('moods'))!;
    const settings = { ...this.#settings('lora'), epochs, trainingRows: null, batchSize: 4, dropout: true };
    const run = await this.#client.send('train', { settings, datasetId: dataset.id });
    await this.#until((event) => event.type === 'steps' && event.runId === run.id && event.progress.step > 5);
    const before = this.#events.length;
    await this.#client.send('checkpoint', {});
    await this.#until((event, i) => i >= before && event.type === 'run' && event.run.step > 5);
    return run.id;
  }

  /** What is said of the text by every adapter, and how an interrupted run goes on. */
  async expected(runId: string): Promise<Expected> {
    const scores: Record<string, readonly number[]> = {};
    const adapters = await this.#client.send('listAdapters', {});
    for (const { id } of adapters) scores[id] = await this.#scores(id);
    await this.#client.send('resume', { runId });
    const run = await this.#ended(runId, 'finished');
    const adapter = (await this.#client.send('listAdapters', {})).find(({ id }) => id === run.adapterId)!;
    return {
      text,
      scores,
      // The records of that commit have their series in them.
      resumed: {
        runId,
        trainLoss: (run as RunRecord & RunSeries).trainLoss.value,
        adapterSha256: adapter.sha256,
      },
    };
  }

  async #scores(adapterId: string): Promise<readonly number[]> {
    const { labels } = await this.#client.send('predict', { adapterId, text });
    return labels.map(({ score }) => score);
  }

  #settings(id: string): RunSettings {
    const { methods, defaults } = this.#description!;
    const method = methods.find((one) => one.id === id)!;
    return {
      ...defaults,
      baseModel: 'roberta-tiny',
      method: id,
      methodConfig: configWith(method, sizes[id] ?? {}, methods),
      head: { layers: 1, activationFunction: null, bias: true, usePooler: false },
      learningRate: 1e-3,
      epochs: 1,
      batchSize: 8,
      trainingRows: 16,
      maxLength: 40,
    };
  }

  async #dataset(name: string, kind: LabelKind, rows: readonly string[]): Promise<string> {
    const file = new File([`text,label\n${rows.join('\n')}\n`], name, { type: 'text/csv' });
    const { importId } = await this.#client.send('inspectFile', { file });
    const request = { importId, textColumn: 'text', labelColumn: 'label', kind, seed: 1 };
    return (await this.#client.send('createDataset', request)).id;
  }

  /** One from a hub, one from disk, half of another one. */
  async #models(hub: string, shaky: string, fixtures: string): Promise<void> {
    await this.#client.send('setHub', { endpoint: hub });
    const revision = 'main';
    await this.#client.send('downloadModel', { request: { repo: 'someone/roberta-copy', revision } });
    const files = await filesOf(`${fixtures}/families/distilbert/`, [
      'config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'model.safetensors',
    ]);
    await this.#client.send('importModel', { name: 'small-distilbert', files });
    await this.#client.send('setHub', { endpoint: shaky });
    const half = this.#client.send('downloadModel', { request: { repo: 'someone/half', revision } });
    await this.#until(
      (event) =>
        event.type === 'download' &&
        event.progress.modelId.includes('half') &&
        event.progress.doneBytes > 1_000_000,
    );
    await this.#client.send('pauseDownload', {});
    await half.catch(() => undefined);
    await this.open();
  }

  async #compositions(datasetId: string): Promise<void> {
    const seqBn = this.#settings('seq_bn');
    const first = (await this.#client.send('listAdapters', {})).find(({ method }) => method === 'seq_bn')!;
    const { adapterId } = await this.#trained({ ...seqBn, startFrom: first.id }, datasetId);
    const bottlenecks = [first.id, adapterId!];
    await this.#trained({ ...seqBn, composition: { type: 'Stack', adapterIds: [first.id] } }, datasetId);
    for (const fusion of ['static', 'dynamic'] as const)
      await this.#trained(
        { ...seqBn, composition: { type: 'Fuse', adapterIds: bottlenecks, fusion } },
        datasetId,
      );
    const adapters = await this.#client.send('listAdapters', {});
    const lora = adapters.filter(({ method, task }) => method === 'lora' && task === 'classification');
    const adapterIds = lora.slice(0, 2).map(({ id }) => id);
    const average = { adapterIds, weights: [3, 1], strategy: 'linear', normalize: true } as const;
    await this.#client.send('averageAdapters', average);
    await this.#client.send('ejectPrefix', {
      adapterId: adapters.find(({ method }) => method === 'prefix_tuning')!.id,
    });
  }

  async #imports(fixtures: string): Promise<void> {
    const at = `${fixtures}/families/distilbert/`;
    const adapterHub = [
      'adapter_config.json',
      'head_config.json',
      'pytorch_adapter.bin',
      'pytorch_model_head.bin',
    ];
    await this.#import('adapterhub-lora', `${at}adapters/lora/`, adapterHub);
    await this.#import('peft-lora', `${at}peft/`, ['adapter_config.json', 'adapter_model.safetensors']);
    const base = await loadBaseModel(embedded, 'models/roberta-tiny');
    for (const { id } of peftMethods) {
      const zip = { path: `${id}.zip`, bytes: writeZip(writePeft(await drawnAdapter(base, id))) };
      await this.#client.send('importAdapter', { name: zip.path, files: [zip], otherBase: false });
    }
    // The files that the studio writes itself, as one zip.
    const fused = (await this.#client.send('listAdapters', {})).find(
      ({ composed }) => composed?.type === 'Fuse',
    )!;
    const { fileName, bytes } = await this.#client.send('downloadAdapter', {
      adapterId: fused.id,
      format: 'adapterhub',
    });
    await this.#client.send('importAdapter', {
      name: fileName,
      files: [{ path: fileName, bytes }],
      otherBase: false,
    });
  }

  async #import(name: string, from: string, paths: readonly string[]): Promise<AdapterSummary> {
    const files = await Promise.all(
      (await filesOf(from, paths)).map(async ({ path, file }) => ({
        path,
        bytes: new Uint8Array(await file.arrayBuffer()),
      })),
    );
    return (await this.#client.send('importAdapter', { name, files, otherBase: true })).adapter;
  }

  /** One fails before its first step, one by losses that are not finite, which leaves a checkpoint. */
  async #failures(lora: RunSettings): Promise<void> {
    const moods = this.#description!.datasets.find(({ name }) => name.startsWith('moods'))!.id;
    const saved = await this.#client.send('listAdapters', {});
    // Their bottlenecks stand in different places, which only the preparation finds out.
    const adapterIds = ['seq_bn', 'double_seq_bn'].map((id) => saved.find(({ method }) => method === id)!.id);
    const composition = { type: 'Fuse', adapterIds, fusion: 'static' } as const;
    await this.#trained({ ...lora, composition }, moods, 'failed');
    const huge = await this.#dataset(
      'huge.csv',
      { task: 'regression' },
      Array.from({ length: 60 }, (_, i) => `text ${i},${i < 4 ? i : '3e38'}`),
    );
    await this.#trained({ ...lora, trainingRows: null, batchSize: 2 }, huge, 'failed');
  }

  async #trained(settings: RunSettings, datasetId: string, status: RunRecord['status'] = 'finished') {
    const run = await this.#client.send('train', { settings, datasetId });
    return this.#ended(run.id, status);
  }

  async #ended(runId: string, status: RunRecord['status']): Promise<RunRecord> {
    const over = (event: EventMessage) =>
      event.type === 'run' &&
      event.run.id === runId &&
      ['finished', 'stopped', 'failed', 'interrupted'].includes(event.run.status);
    const event = await this.#until(over);
    if (event.type !== 'run' || event.run.status !== status)
      throw new Error(`expected ${status}: ${JSON.stringify(event)}`);
    // Its status comes after its record.
    await this.#until((next) => next.type === 'status' && next.runId === runId && next.status === status);
    return event.run;
  }

  async #until(is: (event: EventMessage, index: number) => boolean): Promise<EventMessage> {
    for (;;) {
      const found = this.#events.find(is);
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }
}

const filesOf = (from: string, paths: readonly string[]) =>
  Promise.all(
    paths.map(async (path) => ({ path, file: new File([await (await fetch(from + path)).blob()], path) })),
  );
