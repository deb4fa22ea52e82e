/**
 * A recorded stream in place of the worker: what the page is tested under when nothing must be computed. Runs in the page,
 * before it starts, so it may use nothing from outside.
 */

import type {
  AdapterSummary,
  CommandName,
  Commands,
  ListedRun,
  StudioDescription,
  WorkerMessage,
} from '../src/protocol/types';
import type { RunSeries } from '../src/runs/series';
import type { RunSettings } from '../src/runs/settings';

export interface FakeOptions {
  /** Finished runs in the store, and the points of each. */
  readonly runs: number;
  readonly points: number;
  readonly adapters: number;
  /**
   * What runs, adapters, data sets, base models, labels, tags, files and columns are called, instead of names as people and the
   * studio give them.
   */
  readonly names?: readonly string[];
  /** The newest run's adapter found no room. */
  readonly notStored?: boolean;
  /** What becomes of the loss of the run that is trained, where it does not fall. */
  readonly live?: 'rises' | 'breaks';
  /** Refuse to open, as a browser without WebGPU does. */
  readonly refuse: boolean;
}

export function installFakeStudio(options: FakeOptions): void {
  type Listener = (event: { data: unknown }) => void;
  const listeners: Listener[] = [];
  const post = (data: WorkerMessage) => {
    for (const listener of listeners) listener({ data });
  };
  const config = { architecture: 'lora', r: 8, alpha: 8, attn_matrices: ['q', 'v'] };
  const settings: RunSettings = {
    baseModel: 'roberta-mini',
    method: 'lora',
    methodConfig: config,
    composition: null,
    startFrom: null,
    learningRate: 1e-4,
    epochs: 6,
    batchSize: 32,
    maxLength: 80,
    seed: 42,
    trainingRows: null,
    validationRows: null,
    weightDecay: 0,
    warmupSteps: 0,
    scheduler: 'linear',
    maxGradNorm: 1,
    gradientAccumulationSteps: 1,
    accumulationMode: 'mean',
    head: { layers: 2, activationFunction: 'tanh', bias: true, usePooler: false },
    labelSmoothing: 0,
    classWeights: 'none',
    padding: 'ragged',
    dropout: true,
    evaluateEverySteps: 0,
    evaluationBatchSize: 32,
    evaluateAllAtEnd: true,
    baseStorage: 'checkpoint',
    recompute: false,
  };
  const loss = (run: number, step: number) =>
    0.3 + 0.4 * Math.exp(-step / (600 + 90 * run)) + 0.05 * Math.sin(step * (1 + run)) * Math.cos(step / 3);
  const evaluationOf = (epoch: number, points: number) => ({
    step: Math.round((epoch * points) / 6),
    epoch,
    loss: 0.5 - 0.02 * epoch,
    accuracy: 0.7 + 0.02 * epoch,
  });
  const seriesOf = (runId: string): RunSeries => {
    const points = runId === 'live' ? 0 : options.points;
    const i = Number(runId.slice('run-'.length));
    const step = Array.from({ length: points }, (_, k) => k + 1);
    return {
      trainLoss: { step, value: step.map((k) => loss(i, k)) },
      gradientNorm: { step, value: step.map((k) => 4 * loss(i, k) ** 2) },
      learningRate: { step, value: step.map((k) => 1e-4 * (i + 1) * (1 - (k - 1) / points)) },
      evaluations: points === 0 ? [] : [1, 2, 3, 4, 5, 6].map((epoch) => evaluationOf(epoch, points)),
    };
  };
  const labels = options.names?.slice(0, 6) ?? ['👎', '👍'];
  const countsOf = (values: readonly string[]) =>
    Object.fromEntries(values.map((value, i) => [value, 30 + 7 * i]));
  const nameOf = (i: number) => options.names?.[i] ?? `amber-heron-${i + 1}`;
  const record = (i: number, points: number): ListedRun => ({
    version: 3,
    id: `run-${i}`,
    name: nameOf(i),
    createdAt: 1_700_000_000_000 + i,
    status: 'finished',
    settings: { ...settings, learningRate: 1e-4 * (i + 1) },
    dataset: {
      id: 'rotten_tomatoes',
      name: options.names?.[i] ?? 'Rotten Tomatoes',
      fingerprint: 'f',
      task: 'classification',
      labels,
      trainRows: 8530,
      validationRows: 1066,
    },
    base: { name: options.names?.[i] ?? 'roberta-mini', revision: null, fingerprint: 'b' },
    executor: { executor: 'webgpu', adapter: 'recorded stream', isSoftwareAdapter: false },
    dispatches: 1,
    kernelTable: {},
    bitExact: true,
    step: points,
    totalSteps: points,
    trainableParameters: 222338,
    elapsedSeconds: 400,
    otherSeconds: { preparation: 9, evaluation: 41, checkpoints: 6, saving: 1 },
    series: { trainLoss: points, gradientNorm: points, learningRate: points, evaluations: 6 },
    losses: { sum: 0.41 * points, count: points },
    lastEvaluation: evaluationOf(6, points),
    skippedSteps: 0,
    adapterId: `adapter-${i}`,
    error: null,
    canResume: false,
    ...(options.names && { tags: labels, notes: nameOf(i) }),
    results: {
      globalStep: points,
      trainLoss: 0.41,
      trainRuntimeSeconds: 400,
      trainSamplesPerSecond: 115,
      trainStepsPerSecond: 3.6,
      totalFlos: 2141601149692800,
      evalLoss: 0.38,
      evalMetrics: { accuracy: 0.82, macroF1: 0.819 },
      evalRows: 1066,
      evalBaseline: 0.5,
    },
  });
  const runs = Array.from({ length: options.runs }, (_, i) => record(i, options.points)).reverse();
  const adapters = Array.from(
    { length: options.adapters },
    (_, i): AdapterSummary => ({
      version: 2,
      id: `adapter-${i}`,
      name: nameOf(i),
      createdAt: 1_700_000_000_000 + i,
      runId: `run-${i}`,
      parentId: null,
      baseModel: 'roberta-mini',
      base: { name: 'roberta-mini', revision: null, fingerprint: 'b' },
      baseStorage: 'checkpoint',
      method: 'lora',
      datasetId: 'rotten_tomatoes',
      datasetName: options.names?.[i] ?? 'Rotten Tomatoes',
      maxLength: 80,
      parameterCount: 222338,
      sizeBytes: 889352,
      sha256: 's',
      evaluation: { loss: 0.38, accuracy: 0.82 },
      task: 'classification',
      labels,
      exports: { adapterhub: null, peft: null, merged: 'it is a recorded stream' },
    }),
  ).reverse();
  const description: StudioDescription = {
    choice: 'automatic',
    reason: 'WebGPU on recorded stream computes. It has a graphics card.',
    faster: null,
    executor: { executor: 'webgpu', adapter: 'recorded stream', isSoftwareAdapter: false },
    notice: null,
    methods: [
      {
        id: 'lora',
        title: 'LoRA',
        summary: 'Adds a low-rank update.',
        paper: 'Hu et al. 2021',
        family: 'low rank',
        group: 'start',
        plainly: 'Learns small corrections. Begin here.',
        cautions: [],
        defaultConfig: config,
        fields: [
          {
            kind: 'integer',
            key: 'r',
            label: 'Rank',
            help: 'Size of the update.',
            minimum: 1,
            maximum: 256,
            default: 8,
          },
          {
            kind: 'choices',
            key: 'attn_matrices',
            label: 'Attention matrices',
            help: 'Which get an update.',
            options: ['q', 'k', 'v'],
            default: ['q', 'v'],
          },
        ],
      },
    ],
    headActivations: ['tanh', 'relu'],
    library: {
      baseModels: [
        {
          id: 'roberta-mini',
          title: 'roberta-mini',
          modelType: 'roberta',
          layers: 6,
          hiddenSize: 384,
          parameterCount: 16989312,
          downloadBytes: 33990584,
          hasPooler: false,
          kept: null,
        },
        {
          id: 'roberta-base@e2da8e2f',
          title: 'roberta-base',
          modelType: 'roberta',
          layers: 12,
          hiddenSize: 768,
          parameterCount: 124645632,
          downloadBytes: 499_000_000,
          hasPooler: false,
          kept: {
            origin: {
              kind: 'hub',
              endpoint: 'https://huggingface.co',
              repo: 'roberta-base',
              revision: 'main',
              commit: 'e2da8e2f811d1448a5b465c236feacd80ffbac7b',
            },
            storedAt: 1_700_000_000_000,
            fingerprint: 'f'.repeat(64),
          },
        },
      ],
      unfinished: [
        {
          id: 'roberta-large@722cf37b',
          request: { repo: 'roberta-large', revision: 'main' },
          doneBytes: 610_000_000,
          totalBytes: 1_423_000_000,
        },
      ],
      storage: { usedBytes: 1_150_000_000, quotaBytes: 60_000_000_000, isPersistent: false },
      hub: { endpoint: 'https://huggingface.co', hasToken: false, downloadHosts: [] },
    },
    datasets: [
      {
        id: 'rotten_tomatoes',
        name: options.names?.[0] ?? 'Rotten Tomatoes',
        source: 'sample',
        task: 'classification',
        labels,
        rows: { train: 8530, validation: 1066, test: 1066 },
        labelCounts: labels.map(() => Math.floor(8530 / labels.length)),
        range: null,
        sampledFrom: null,
        isKept: true,
        preview: options.names?.slice(0, 6).map((name) => ({ text: name, label: name })) ?? [
          { text: 'a masterpiece four years in the making .', label: '👍' },
          { text: 'simplistic , silly and tedious .', label: '👎' },
        ],
        citation: 'Pang and Lee 2005.',
      },
    ],
    defaults: settings,
    defaultDatasetId: 'rotten_tomatoes',
    isUnderPolicy: true,
  };
  const refusal = {
    code: 'webgpu-missing',
    message: 'This browser has no WebGPU.',
    hint: 'Open the studio in Chrome or Edge 121 or newer.',
  };
  const liveLoss = (step: number) => {
    if (options.live === 'rises') return 0.7 + step / 5;
    return options.live === 'breaks' && step % 100 === 50 ? Number.NaN : loss(3, step);
  };
  /** 200 events a second for `seconds`, on a new run. */
  const stream = (seconds: number) => {
    const run: ListedRun = {
      ...record(options.runs, 0),
      id: 'live',
      name: options.names?.[1] ?? 'live-run',
      status: 'training',
      results: null,
      series: { trainLoss: 0, gradientNorm: 0, learningRate: 0, evaluations: 0 },
      losses: { sum: 0, count: 0 },
      lastEvaluation: null,
      totalSteps: seconds * 200,
    };
    let step = 0;
    const timer = setInterval(() => {
      // Timers come every 5 ms at best: as many events as are due.
      for (let k = 0; k < 2 && step < seconds * 200; k++) {
        step += 1;
        post({
          type: 'steps',
          runId: 'live',
          points: [
            {
              step,
              loss: liveLoss(step),
              gradientNorm: 1 + 0.5 * Math.sin(step / 50),
              learningRate: 1e-4 * (1 - step / (seconds * 200)),
            },
          ],
          progress: {
            step,
            totalSteps: seconds * 200,
            epoch: 1,
            epochs: 6,
            samplesPerSecond: 100 + 10 * Math.sin(step / 40),
            tokensPerSecond: 2700,
            stepsPerSecond: 200,
            times: { preparation: 2, training: step / 200, evaluation: 0, checkpoints: 0.2, saving: 0 },
            remaining: { preparation: 0, training: 10, evaluation: 4, checkpoints: 0, saving: 0.2 },
          },
        });
      }
      if (step >= seconds * 200) {
        clearInterval(timer);
        const { results, adapterId } = record(0, step);
        post({
          type: 'run',
          run: {
            ...run,
            status: 'finished',
            step,
            elapsedSeconds: step / 200,
            series: { trainLoss: step, gradientNorm: step, learningRate: step, evaluations: 0 },
            results,
            adapterId,
          },
        });
        post({ type: 'status', runId: 'live', status: 'finished' });
      }
    }, 10);
    post({ type: 'status', runId: 'live', status: 'training' });
    return run;
  };
  const answers: { readonly [N in CommandName]?: () => Commands[N]['answer'] } = {
    open: () => {
      if (options.refuse) throw refusal;
      const adapter = adapters[0];
      if (options.notStored && adapter)
        post({
          type: 'unstored',
          adapters: [
            {
              runId: `run-${options.runs - 1}`,
              adapter: { ...adapter, id: 'unstored', name: `amber-heron-${options.runs}` },
              error: {
                code: 'storage-full',
                message: 'The browser has no room left for the studio’s data. What was saved before is kept.',
                hint: 'Download adapters and delete those you no longer need, or free disk space, then try again.',
              },
            },
          ],
        });
      return description;
    },
    chooseExecutor: () => description,
    listRuns: () => runs,
    listAdapters: () => adapters,
    listSetAside: () =>
      labels
        .filter(() => options.names)
        .map((name, i) => ({
          key: `run/broken-${i}`,
          keys: [`run/broken-${i}`],
          kind: 'run' as const,
          name,
          reason: 'Its settings are not those of a run.',
          sizeBytes: 1200,
        })),
    inspectFile: () => {
      const columns = options.names ?? ['id', 'message', 'mood'];
      const column = {
        guess: { task: 'classification' as const },
        values: countsOf(labels),
        parts: {},
        range: null,
      };
      return {
        importId: 'import',
        fileName: `${options.names?.[0] ?? 'moods'}.csv`,
        fileBytes: 64_000_000,
        columns,
        strayQuotes: 'keep',
        rowCount: 120_000,
        rows: labels.map((label) => columns.map(() => label)),
        guess: { textColumn: columns[0]!, labelColumn: columns.at(-1)! },
        labelColumns: Object.fromEntries(columns.map((name) => [name, column])),
        canTakeAll: true,
        needs: Object.fromEntries(
          columns.map((name) => [name, { diskBytes: 70_000_000, memoryBytes: 260_000_000 }]),
        ),
      };
    },
    train: () => stream(8),
    findModel: () => ({
      id: 'xlm-roberta-base@e73636d4',
      request: { repo: 'xlm-roberta-base', revision: 'main' },
      commit: 'e73636d4f797dec63c3081bb6ed5c7b0bb3f2089',
      modelType: 'xlm-roberta',
      layers: 12,
      hiddenSize: 768,
      files: 4,
      totalBytes: 1_125_000_000,
      doneBytes: 0,
      isKept: false,
    }),
    makeReady: () => null,
    importAdapter: () => {
      throw {
        code: 'import-format',
        message: 'The file is no adapter.',
        hint: 'Choose a zip of AdapterHub or PEFT.',
      };
    },
    methodSizes: () => [{ id: 'lora', trainedParameters: 73728, fileBytes: 294912 }],
    describeSettings: () => ({
      trainableParameters: 222338,
      downloadBytes: 889352,
      memory: {
        frozenBytes: 21_300_000,
        activationBytes: 58_200_000,
        parameterBytes: 3_560_000,
        inputBytes: 3_980_000,
        scratchBytes: 390_000,
        totalBytes: 87_430_000,
      },
      caution: null,
      problem: null,
    }),
    predict: () => ({
      task: 'classification',
      labels: options.names
        ? labels.map((label, i) => ({ label, score: (i + 1) / 21 }))
        : [
            { label: '👎', score: 0.214 },
            { label: '👍', score: 0.786 },
          ],
      tokens: 5,
      truncated: false,
      warning: null,
    }),
    evaluate: () => ({
      split: 'validation',
      rows: 1066,
      loss: 0.38,
      accuracy: 0.82,
      macroF1: 0.819,
      runtimeSeconds: 4,
      samplesPerSecond: 250,
      stepsPerSecond: 8,
      warning: null,
    }),
  };
  (window as unknown as { studioPort: unknown }).studioPort = {
    postMessage({ type, id, request }: { type: CommandName; id: number; request: { runId: string } }) {
      // A download that does not end while it is looked at.
      if (type === 'downloadModel') {
        post({
          type: 'download',
          progress: {
            modelId: 'xlm-roberta-base@e73636d4',
            doneBytes: 312_400_000,
            totalBytes: 1_125_000_000,
            bytesPerSecond: 11_800_000,
            remainingSeconds: 69,
            file: 'model.safetensors',
            waiting: null,
          },
        });
        return;
      }
      setTimeout(() => {
        try {
          const value = type === 'series' ? seriesOf(request.runId) : answers[type]?.();
          post({ type: 'answer', id, ok: true, value: value ?? null });
        } catch (error) {
          post({ type: 'answer', id, ok: false, error: error as typeof refusal });
        }
      }, 1);
    },
    terminate() {},
    addEventListener(type: string, listener: Listener) {
      if (type === 'message') listeners.push(listener);
    },
  };
}
