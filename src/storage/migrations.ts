/**
 * Old records brought to today's shape. Each kind has a list of steps: step 0 makes version 2 of version 1, and so on,
 * so the version that is written today is the list's length plus one. Knows shapes; knows nothing of IndexedDB.
 */
import { StudioError } from '../errors';
import { lengthsOf, noLosses, type RunSeries, withLosses } from '../runs/series';
import { settingsBefore } from '../runs/setting-values';
import type { RecordKind } from './schemas';

/** Makes the next version of a record; `migrate` sets its `version`. */
export type Migration = (record: Readonly<Record<string, unknown>>) => Record<string, unknown>;

type Fields = Readonly<Record<string, unknown>>;

/** Base models of version 1 were embedded ones: their ids are their names. */
const identityOf = (name: unknown, fingerprint: unknown) => ({
  name: name ?? '',
  revision: null,
  fingerprint: fingerprint ?? '',
});

/**
 * Version 2: options of the head, compositions; tasks other than classification; identity of the base model.
 */
const runWithTasks: Migration = ({ settings, dataset, results, baseFingerprint, ...run }) => ({
  ...run,
  base: identityOf((settings as Fields).baseModel, baseFingerprint),
  dataset: { task: 'classification', ...(dataset as Fields) },
  results: results ? withEvalMetrics(results as Fields) : null,
  settings: {
    head: { layers: 2, activationFunction: 'tanh', bias: true, usePooler: false },
    composition: null,
    ...(settings as Fields),
  },
});

/** Version 3: series apart. Those that an older record has are in it until it is written again (`StudioStore`). */
const runWithSeriesApart: Migration = ({ trainLoss, gradientNorm, learningRate, evaluations, ...run }) => {
  const inline = { trainLoss, gradientNorm, learningRate, evaluations } as RunSeries;
  return {
    ...run,
    series: lengthsOf(inline),
    losses: withLosses(noLosses, inline.trainLoss.value),
    lastEvaluation: inline.evaluations.at(-1) ?? null,
    inline,
  };
};

const withEvalMetrics = ({ evalAccuracy, ...results }: Fields) => ({
  ...results,
  evalMetrics: { accuracy: evalAccuracy },
});

/**
 * Version 2: its task, its base model's identity, and the formats it can be downloaded in. Version 1 knew classes, LoRA, the
 * sequential bottleneck and bare heads.
 */
const adapterWithExports: Migration = (adapter) => ({
  ...adapter,
  base: identityOf(adapter.baseModel, ''),
  task: 'classification',
  // The files of the models that were embedded hold halves: in f32 they were the checkpoint's own values.
  baseStorage: 'checkpoint',
  exports: {
    adapterhub: null,
    peft: adapter.method === 'lora' ? null : 'PEFT has no such method',
    merged: adapter.method === 'seq_bn' ? 'a bottleneck is a non-linear layer of its own' : null,
  },
});

/** Version 2: the head's own dropout rate. */
const bundleWithHeadDropout: Migration = ({ bundle, ...record }) => {
  const { head, ...rest } = bundle as { readonly head: Fields };
  return { ...record, bundle: { ...rest, head: { dropoutRate: null, ...head } } };
};

/** Version 2: tasks other than classification. */
const datasetWithTask: Migration = (dataset) => ({ ...dataset, task: 'classification' });

/** Version 3: rows in files. Moving them there is no step of a record: `inline` ones wait for it (`host/dataset-move.ts`). */
const datasetWithFiles: Migration = ({ splits, ...dataset }) => ({ ...dataset, inline: splits });

const migrations: Readonly<Record<RecordKind, readonly Migration[]>> = {
  run: [runWithTasks, runWithSeriesApart],
  adapter: [adapterWithExports],
  checkpoint: [],
  dataset: [datasetWithTask, datasetWithFiles],
  bundle: [bundleWithHeadDropout],
  model: [],
  download: [],
  setting: [],
  series: [],
};

/**
 * `record` as today's version of its kind; the caller names its type. Throws `record-from-newer-studio` for a version
 * that this studio does not know yet, `record-damaged` for a value that is no record.
 */
export function migrate<T>(
  kind: RecordKind,
  record: unknown,
  steps: readonly Migration[] = migrations[kind],
): T {
  if (typeof record !== 'object' || record === null || !('version' in record) || !isVersion(record.version))
    throw new StudioError(
      'record-damaged',
      `A stored ${kind} record has no version.`,
      'It was not written by the studio. It is kept as it is: download it, or delete it.',
    );
  const current = steps.length + 1;
  if (record.version > current)
    throw new StudioError(
      'record-from-newer-studio',
      `A stored ${kind} record has version ${record.version}; this studio knows versions up to ${current}.`,
      'Reload the page to get the newest studio. It is kept as it is.',
    );
  let migrated: Record<string, unknown> = { ...record };
  for (let version = record.version; version < current; version++)
    migrated = { ...steps[version - 1]!(migrated), version: version + 1 };
  return (kind === 'run' ? withEverySetting(migrated) : migrated) as T;
}

/** A run from before a setting was there had what the setting's row says: a new row needs no new version. */
function withEverySetting(run: Fields): Fields {
  const { settings } = run;
  return isFields(settings) ? { ...run, settings: { ...settingsBefore, ...settings } } : run;
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

function isVersion(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1;
}
