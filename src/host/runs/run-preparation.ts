/**
 * From settings and data to something that can train: rows tokenized, order planned, programs built, initial values
 * drawn or taken from the adapter the run starts from. A function of its inputs: a resume prepares the same thing again.
 */
import { adapterNameOf } from '../../adapters/adapter-name';
import { type Dataset, labelCounts, type Split } from '../../data/dataset';
import { StudioError } from '../../errors';
import { type AdapterBundle, type Tensor, taskOf } from '../../formats/bundle';
import { type ClassificationHead, defaultHead } from '../../heads/classification';
import { type LossOptions, plainLoss } from '../../heads/loss';
import { baseTensor } from '../../models/base-weights';
import { poolerTensors } from '../../models/encoder';
import { maximumTokens } from '../../models/encoder-config';
import type { RunSettings } from '../../runs/settings';
import type { TaskType } from '../../task';
import { traced } from '../../trace';
import { initialize } from '../../train/initialize';
import { chooseRows, type EncodedSplit, evaluatedRows, planRun, type RunPlan } from '../../train/plan';
import type { BuiltTraining } from '../../train/programs';
import { recomputingLayers } from '../../train/recompute';
import {
  type AdapterPlan,
  buildPlan,
  isGated,
  planOfRun,
  type SavedAdapters,
  tensorsOfBundle,
} from '../adapters/adapter-plan';
import type { EncodedRows, RowsOfRun } from '../data/encoded-rows';
import type { LoadedBaseModel } from '../models/base-models';

/** What a run computes, whatever its rows. */
export interface BuiltRun {
  readonly built: BuiltTraining;
  readonly head: ClassificationHead;
  readonly adapterPlan: AdapterPlan;
  /** Values of every tensor of adapter and head at the start, those that never train included. */
  readonly initial: ReadonlyMap<string, Tensor>;
}

export interface PreparedRun extends BuiltRun {
  readonly plan: RunPlan;
  readonly train: EncodedSplit;
  readonly validation: EncodedSplit;
}

export async function prepareRun(
  settings: RunSettings,
  dataset: Dataset,
  base: LoadedBaseModel,
  saved: SavedAdapters,
  rows: EncodedRows,
  onTokenized: (done: number, total: number) => void,
): Promise<PreparedRun> {
  const run = await buildRun(settings, dataset, base, saved);
  const encoded = await rows.encode(rowsOf(settings, dataset, base), onTokenized);
  const padding = paddingOf(settings, run.adapterPlan);
  return {
    ...run,
    ...encoded,
    plan: planRun({ ...settings, padding }, encoded.train, encoded.validation),
  };
}

/** Only the rows that a limit keeps: with a few hundred of them the first step comes seconds earlier. */
export function rowsOf(settings: RunSettings, dataset: Dataset, { tokenizer }: LoadedBaseModel): RowsOfRun {
  const { trainingRows, seed, maxLength, evaluateAllAtEnd } = settings;
  const { train, validation } = dataset.splits;
  return {
    dataset,
    tokenizer,
    maxLength,
    chosen: chooseRows(train.texts.length, trainingRows, seed),
    evaluated: evaluateAllAtEnd ? null : evaluatedRows(settings, validation.texts.length),
  };
}

/** Throws what makes the run impossible whatever its rows. */
export async function buildRun(
  settings: RunSettings,
  dataset: Dataset,
  base: LoadedBaseModel,
  saved: SavedAdapters,
): Promise<BuiltRun> {
  const { parent } = saved;
  if (parent) requireSameLabels(parent, dataset);
  requirePositions(settings, base);
  const { task, labelNames } = dataset;
  const { train } = dataset.splits;
  const name = parent?.name ?? adapterNameOf(dataset.name);
  const head = parent ? headOf(parent) : defaultHead(name, labelNames.length, task, settings.head);
  const adapterPlan = planOfRun(settings, saved, name);
  const plain = await traced('build programs', () =>
    buildPlan(adapterPlan, {
      model: base.config,
      head,
      loss: task === 'classification' ? lossOptions(settings, train, labelNames.length) : plainLoss,
      dropout: settings.dropout,
    }),
  );
  requireBaseTensors(plain, base);
  const built = settings.recompute ? recomputingLayers(plain) : plain;
  const brought = (adapterPlan.composition?.others ?? []).flatMap(({ tensors }) => [...tensors]);
  const drawn = () =>
    initialize([...built.trainable, ...built.frozen], settings.seed, (tensor) => baseTensor(base, tensor));
  return {
    built,
    head,
    adapterPlan,
    initial: parent
      ? tensorsOfBundle(parent)
      : new Map([...(await traced('draw initial values', drawn)), ...brought]),
  };
}

function requirePositions({ maxLength }: RunSettings, { id, config }: LoadedBaseModel): void {
  const most = maximumTokens(config);
  if (maxLength <= most) return;
  throw new StudioError(
    'bad-setting',
    `maxLength is ${maxLength}, and ${id} has positions for ${most} tokens.`,
    `Set the longest text to ${most} tokens or fewer.`,
  );
}

/**
 * Everything that the model reads is there. A checkpoint may lack the pooler, which the library would silently fill with
 * random values. Throws `unsupported-base`.
 */
export function requireBaseTensors(
  { programs, frozen }: BuiltTraining,
  base: Pick<LoadedBaseModel, 'id' | 'config' | 'frozen'>,
): void {
  const adapters = new Set(frozen.map(({ name }) => name));
  const missing = programs.evaluate.leaves.find(
    ({ kind, name }) => kind === 'frozen' && !adapters.has(name) && base.frozen.elements(name) === undefined,
  );
  if (!missing) return;
  const isPooler = poolerTensors(base.config).some(({ name }) => name === missing.name);
  throw new StudioError(
    'unsupported-base',
    `The base model ${base.id} has no tensor \`${missing.name}\`${isPooler ? ', and the head reads the pooler' : ''}.`,
    isPooler
      ? 'Choose a base model whose checkpoint brings a pooler, or a head that reads the first token.'
      : 'Use an adapter that was trained on this base model.',
  );
}

/** Options of the loss of classes; balanced weights as scikit-learn's `compute_class_weight` has them. */
function lossOptions(
  { labelSmoothing, classWeights }: RunSettings,
  train: Split,
  classes: number,
): LossOptions {
  if (classWeights === 'none') return { labelSmoothing, classWeights: null };
  const counts = labelCounts('classification', train, classes);
  return {
    labelSmoothing,
    classWeights: counts.map((count) => train.texts.length / (classes * Math.max(1, count))),
  };
}

function paddingOf({ padding }: RunSettings, plan: AdapterPlan): RunSettings['padding'] {
  return padding === 'ragged' && isGated(plan) ? 'longest' : padding;
}

export function headOf({ name, head }: AdapterBundle): ClassificationHead {
  return {
    name,
    numLabels: head.numLabels,
    layers: head.layers,
    activationFunction: head.activationFunction,
    bias: head.bias,
    task: taskOf(head),
    usePooler: head.usePooler,
    dropoutRate: head.dropoutRate ?? null,
  };
}

/** LABEL_0, LABEL_1, …: what stands for names where a file has none. */
export function hasGenericLabels(labels: readonly string[]): boolean {
  return labels.every((label, i) => label === `LABEL_${i}`);
}

const taskWords: Readonly<Record<TaskType, string>> = {
  classification: 'one of several classes',
  multilabel: 'several labels at once',
  regression: 'a number',
};

/** Throws `task-differs` where the adapter's head answers another kind of question than the data set's labels. */
export function requireSameTask({ name, head }: AdapterBundle, dataset: Dataset): void {
  const task = taskOf(head);
  if (task === dataset.task) return;
  throw new StudioError(
    'task-differs',
    `The adapter "${name}" predicts ${taskWords[task]}; the labels of ${dataset.name} are ${taskWords[dataset.task]}.`,
    'Choose data of the same task, or drop the file again and say there what its labels are.',
  );
}

/** Throws `task-differs` or `labels-differ` where a run on the data cannot go on from the adapter. */
export function requireSameLabels(parent: AdapterBundle, dataset: Dataset): void {
  requireSameTask(parent, dataset);
  // A number is a number, whatever its column is called.
  if (dataset.task === 'regression') return;
  const [theirs, ours] = [parent.head.labels, dataset.labelNames];
  // PEFT's files name no classes.
  if (hasGenericLabels(theirs) && theirs.length === ours.length) return;
  if (theirs.length === ours.length && theirs.every((label, i) => label === ours[i])) return;
  throw new StudioError(
    'labels-differ',
    `The adapter "${parent.name}" tells apart ${theirs.join(', ')}; the data set has ${ours.join(', ')}.`,
    'Start from a new adapter, or choose data with the same labels in the same order.',
  );
}
