/**
 * What a record of each kind must be for the page and the host to use it, as of today's version. Fields that are not named
 * here are let through, as are names that may come from elsewhere: a method or base model this studio does not know is told of
 * where it is used.
 */
import * as v from 'valibot';
import type {
  AdapterBundle,
  AdapterConfig,
  BaseModelReference,
  ComposedAdapters,
  ConfigValue,
  Tensor,
} from '../formats/bundle';
import type {
  CheckpointRecord,
  DatasetRecord,
  DownloadRecord,
  InlineDatasetRecord,
  ModelRecord,
} from '../protocol/records';
import type { AdapterSummary } from '../protocol/types';
import { recordedStates } from '../runs/life';
import type { RunRecord } from '../runs/record';
import type { RunSeries, SeriesChunk } from '../runs/series';
import type { Setting, SettingValue } from '../runs/setting';
import { type SettingKey, settingRows, type TableSettings } from '../runs/setting-table';
import type { ExecutorName } from '../runs/settings';
import { type MetricName, metrics, type TaskType, targetsPerRow } from '../task';

export interface BundleRecord {
  readonly version: 2;
  readonly bundle: AdapterBundle;
}

/** What is stored under `setting/`. */
export interface SettingRecord {
  readonly version: 1;
  readonly value: string | number | boolean;
}

/** A run that a studio before version 3 wrote has its series in it until it is written again. */
export type StoredRun = RunRecord & { readonly inline?: RunSeries };

export const withoutSeries = ({ inline: _, ...run }: StoredRun): RunRecord => run;

export interface StoredRecords {
  readonly run: StoredRun;
  readonly adapter: AdapterSummary;
  readonly bundle: BundleRecord;
  readonly checkpoint: Omit<CheckpointRecord, 'run'> & { readonly run: StoredRun };
  readonly dataset: DatasetRecord | InlineDatasetRecord;
  readonly setting: SettingRecord;
  readonly model: ModelRecord;
  readonly download: DownloadRecord;
  readonly series: SeriesChunk;
}

export type RecordKind = keyof StoredRecords;

/** Any number, NaN too: losses may be. Valibot's own refuses it. */
const figure = v.custom<number>((value) => typeof value === 'number', 'is no number');
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** What `Date` can hold. */
const moment = v.pipe(v.number(), v.minValue(-8.64e15), v.maxValue(8.64e15));
const text = v.string();
const texts = v.array(text);
const nullable = v.nullable;
const optional = v.exactOptional;
const task = v.picklist(['classification', 'multilabel', 'regression'] satisfies TaskType[]);
const modelType = v.picklist([
  'roberta',
  'xlm-roberta',
  'camembert',
  'bert',
  'distilbert',
] satisfies BaseModelReference['modelType'][]);

const metricNames = Object.keys(metrics) as MetricName[];
const metricFields = Object.fromEntries(metricNames.map((name) => [name, optional(figure)])) as {
  [name in MetricName]: ReturnType<typeof optional<typeof figure, undefined>>;
};
const metricValues = v.looseObject(metricFields);
const evaluation = v.looseObject({ ...metricFields, loss: figure, rows: optional(count) });

/** Configurations are files of others: any JSON, without cycles. */
const configValue: v.GenericSchema<ConfigValue> = v.lazy(() =>
  v.union([text, figure, v.boolean(), v.null(), v.array(configValue), v.record(text, configValue)]),
);
const config: v.GenericSchema<AdapterConfig> = v.record(text, configValue);

const composition = v.variant('type', [
  v.looseObject({ type: v.literal('Stack'), adapterIds: texts }),
  v.looseObject({ type: v.literal('Fuse'), adapterIds: texts, fusion: v.picklist(['dynamic', 'static']) }),
]);

/** What a stored value of a setting must be: of the right kind. Bounds are for new runs; those of old ones stand. */
function settingSchema(row: Setting): v.GenericSchema<unknown, SettingValue> {
  switch (row.kind) {
    case 'number': {
      const number = row.integer ? count : figure;
      return row.whenEmpty === undefined ? number : nullable(number);
    }
    case 'choice':
      return v.picklist(row.options.map(({ value }) => value));
    case 'switch':
      return v.boolean();
    default:
      return row satisfies never;
  }
}

const settings = v.looseObject({
  // Rows and type are of one table.
  ...(Object.fromEntries(settingRows.map((row) => [row.key, settingSchema(row)])) as {
    [Key in SettingKey]: v.GenericSchema<unknown, TableSettings[Key]>;
  }),
  baseModel: text,
  method: text,
  methodConfig: config,
  composition: nullable(composition),
  startFrom: nullable(text),
  head: v.looseObject({
    layers: count,
    activationFunction: nullable(text),
    bias: v.boolean(),
    usePooler: v.boolean(),
  }),
});

/** Checked in one go: a long run has hundred thousands of points. */
const figures = v.custom<number[]>(
  (value) => Array.isArray(value) && value.every((item) => typeof item === 'number'),
  'is no list of numbers',
);
const series = v.pipe(
  v.looseObject({ step: figures, value: figures }),
  v.check(({ step, value }) => step.length === value.length, 'has columns of other lengths'),
);

const identity = v.looseObject({ name: text, revision: nullable(text), fingerprint: text });

const executor = v.looseObject({
  executor: v.picklist(['webgpu', 'onnx', 'reference'] satisfies ExecutorName[]),
  adapter: text,
  isSoftwareAdapter: v.boolean(),
  runtime: optional(
    v.looseObject({
      version: text,
      backend: text,
      threads: count,
      speeds: optional(v.array(v.looseObject({ threads: count, speed: v.number() }))),
    }),
  ),
});

const evaluations = v.array(v.looseObject({ ...evaluation.entries, step: count, epoch: figure }));

const seriesOfRun = {
  trainLoss: series,
  gradientNorm: series,
  learningRate: series,
  evaluations,
};

const lengths = v.looseObject({
  trainLoss: count,
  gradientNorm: count,
  learningRate: count,
  evaluations: count,
});

const run = v.looseObject({
  version: v.literal(3),
  id: text,
  name: text,
  tags: optional(texts),
  notes: optional(text),
  archived: optional(v.boolean()),
  createdAt: moment,
  status: v.picklist(recordedStates),
  place: optional(figure),
  settings,
  dataset: v.looseObject({
    id: text,
    name: text,
    fingerprint: text,
    task,
    labels: texts,
    trainRows: count,
    validationRows: count,
  }),
  base: identity,
  executor,
  parts: optional(v.array(v.looseObject({ afterStep: count, executor }))),
  dispatches: count,
  kernelTable: v.record(text, text),
  bitExact: v.boolean(),
  step: count,
  totalSteps: count,
  trainableParameters: count,
  elapsedSeconds: figure,
  otherSeconds: optional(
    v.looseObject({ preparation: figure, evaluation: figure, checkpoints: figure, saving: figure }),
  ),
  series: lengths,
  losses: v.looseObject({ sum: figure, count }),
  lastEvaluation: nullable(evaluations.item),
  inline: optional(v.looseObject(seriesOfRun)),
  skippedSteps: count,
  results: nullable(
    v.looseObject({
      globalStep: count,
      trainLoss: figure,
      trainRuntimeSeconds: figure,
      trainSamplesPerSecond: figure,
      trainStepsPerSecond: figure,
      totalFlos: figure,
      evalLoss: figure,
      evalMetrics: metricValues,
      evalRows: optional(count),
      evalBaseline: optional(figure),
    }),
  ),
  adapterId: nullable(text),
  error: nullable(v.looseObject({ code: text, message: text, hint: text })),
});

const adapter = v.looseObject({
  version: v.literal(2),
  id: text,
  name: text,
  createdAt: moment,
  runId: nullable(text),
  parentId: nullable(text),
  baseModel: text,
  baseStorage: settings.entries.baseStorage,
  base: identity,
  method: text,
  datasetId: text,
  datasetName: text,
  composed: optional(v.looseObject({ type: v.picklist(['Stack', 'Fuse']), others: count })),
  importedFrom: optional(text),
  maxLength: count,
  parameterCount: count,
  sizeBytes: count,
  sha256: text,
  evaluation: nullable(evaluation),
  task,
  labels: texts,
  exports: v.looseObject({ adapterhub: nullable(text), peft: nullable(text), merged: nullable(text) }),
});

const tensors = v.map(
  text,
  v.custom<Tensor>((value) => {
    const { shape, data } = (value ?? {}) as Partial<Tensor>;
    return (
      Array.isArray(shape) &&
      shape.every((size) => Number.isInteger(size) && size >= 0) &&
      data instanceof Float32Array &&
      shape.reduce((product, size) => product * size, 1) === data.length
    );
  }, 'is no tensor'),
);

const setup: v.GenericSchema<ComposedAdapters['setup']> = v.lazy(() =>
  v.variant('type', [
    v.looseObject({ type: v.literal('single'), name: text }),
    v.looseObject({ type: v.picklist(['Stack', 'Fuse', 'Parallel', 'MultiTask']), children: v.array(setup) }),
    v.looseObject({ type: v.literal('Average'), children: v.array(setup), weights: v.array(figure) }),
    v.looseObject({ type: v.literal('BatchSplit'), children: v.array(setup), batchSizes: v.array(count) }),
  ]),
);

const bundle = v.looseObject({
  version: v.literal(2),
  bundle: v.looseObject({
    name: text,
    base: v.looseObject({ name: text, modelType, hiddenSize: count }),
    config: nullable(config),
    head: v.pipe(
      v.looseObject({
        headType: v.picklist(['classification', 'multilabel_classification']),
        numLabels: count,
        layers: count,
        activationFunction: nullable(text),
        labels: texts,
        usePooler: v.boolean(),
        bias: v.boolean(),
        dropoutRate: nullable(figure),
      }),
      v.check(
        ({ labels, numLabels }) => labels.length === numLabels,
        'has more or fewer labels than it says',
      ),
    ),
    composition: optional(
      v.looseObject({
        setup,
        others: v.array(v.looseObject({ name: text, config, tensors })),
        fusion: nullable(config),
      }),
    ),
    tensors,
    headTensors: tensors,
  }),
});

const block = v.instance(Float32Array);

const checkpoint = v.looseObject({
  version: v.literal(1),
  runId: text,
  step: count,
  savedAt: moment,
  parameters: block,
  exponentialAverage: block,
  exponentialAverageSquared: block,
  run,
  sha256: text,
});

const rowsAt = v.looseObject({
  texts: v.custom<string[]>(
    (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    'is no list of texts',
  ),
  labels: v.union([v.instance(Uint32Array), v.instance(Float32Array)]),
});

const datasetHead = {
  version: v.literal(3),
  id: text,
  name: text,
  task,
  fingerprint: text,
  labelNames: v.pipe(texts, v.minLength(1)),
};

/** With its rows in it, as studios before version 3 wrote them. */
const inlineDataset = v.pipe(
  v.looseObject({
    ...datasetHead,
    inline: v.looseObject({ train: rowsAt, validation: rowsAt, test: optional(rowsAt) }),
  }),
  v.check(({ task: kind, labelNames, inline: { train, validation, test } }) => {
    const perRow = targetsPerRow(kind, labelNames.length);
    return [train, validation, ...(test ? [test] : [])].every(
      ({ texts: rows, labels }) =>
        labels.length === rows.length * perRow &&
        (kind !== 'classification' || labels.every((label) => label < labelNames.length)),
    );
  }, 'has labels that do not belong to its texts'),
);

const filedDataset = v.looseObject({
  ...datasetHead,
  createdAt: moment,
  rows: v.looseObject({ train: count, validation: count, test: nullable(count) }),
  labelCounts: nullable(v.array(count)),
  range: nullable(v.looseObject({ minimum: figure, maximum: figure, mean: figure })),
  preview: v.array(v.looseObject({ text, label: text })),
  sampledFrom: nullable(count),
  files: v.looseObject({ folder: text, textBytes: count, indexBytes: count, indexSha256: text }),
});

/** Told apart by their own fields, so that what is wrong is named by the schema that it is nearest to. */
const dataset = v.lazy((value) =>
  typeof value === 'object' && value !== null && 'inline' in value ? inlineDataset : filedDataset,
);

const hubOrigin = v.looseObject({
  kind: v.literal('hub'),
  endpoint: v.pipe(text, v.url()),
  repo: text,
  revision: text,
  commit: nullable(text),
});

const model = v.looseObject({
  version: v.literal(1),
  id: text,
  name: text,
  origin: v.variant('kind', [hubOrigin, v.looseObject({ kind: v.literal('disk'), folder: text })]),
  storedAt: moment,
  files: v.array(v.looseObject({ path: text, sizeBytes: count, sha256: text })),
  fingerprint: text,
  modelType,
  layers: count,
  hiddenSize: count,
  parameterCount: count,
  hasPooler: v.boolean(),
});

const download = v.looseObject({
  version: v.literal(1),
  id: text,
  origin: hubOrigin,
  startedAt: moment,
  files: v.array(
    v.looseObject({ path: text, sizeBytes: count, sha256: nullable(text), etag: nullable(text) }),
  ),
});

const setting = v.looseObject({
  version: v.literal(1),
  value: v.union([text, v.number(), v.boolean()]),
});

const chunk = v.looseObject({
  version: v.literal(1),
  runId: text,
  index: count,
  from: lengths,
  ...seriesOfRun,
});

/** A kind of record whose schema says less than its type does not compile. */
export const schemas: { readonly [K in RecordKind]: v.GenericSchema<unknown, StoredRecords[K]> } = {
  run,
  adapter,
  bundle,
  checkpoint,
  dataset,
  setting,
  model,
  download,
  series: chunk,
};

/** What single settings must be beyond that, by name. */
export const settingSchemas: Readonly<Record<string, v.GenericSchema<unknown, unknown>>> = {
  'hub-endpoint': v.pipe(text, v.url(), v.regex(/^https?:/)),
  'hub-token': v.pipe(text, v.regex(/^\S+ \S/)),
  runNumber: count,
};
