/**
 * From settings and data to something that can train: rows tokenized, order planned, programs built, initial values
 * drawn or taken from the adapter the run starts from. A function of its inputs: a resume prepares the same thing again.
 */
import { adapterNameOf } from '../adapters/adapter-name';
import { type Dataset, labelCounts, type Split } from '../data/dataset';
import type { Tokenizer } from '../data/tokenizer';
import { StudioError } from '../errors';
import { type AdapterBundle, type Tensor, taskOf } from '../formats/bundle';
import { type ClassificationHead, defaultHead } from '../heads/classification';
import { type LossOptions, plainLoss } from '../heads/loss';
import { baseTensor } from '../models/base-weights';
import { poolerTensors } from '../models/encoder';
import { maximumTokens } from '../models/encoder-config';
import type { RunSettings } from '../runs/settings';
import type { TaskType } from '../task';
import { traced } from '../trace';
import { initialize } from '../train/initialize';
import { chooseRows, type EncodedSplit, planRun, type RunPlan } from '../train/plan';
import type { BuiltTraining } from '../train/programs';
import { recomputingLayers } from '../train/recompute';
import {
  type AdapterPlan,
  buildPlan,
  isGated,
  planOfRun,
  type SavedAdapters,
  tensorsOfBundle,
} from './adapter-plan';
import type { LoadedBaseModel } from './base-models';

/** Rows tokenized before the worker looks at its messages again. */
const rowsPerTurn = 500;

export interface PreparedRun {
  readonly plan: RunPlan;
  readonly built: BuiltTraining;
  readonly head: ClassificationHead;
  readonly adapterPlan: AdapterPlan;
  readonly train: EncodedSplit;
  readonly validation: EncodedSplit;
  /** Values of every tensor of adapter and head at the start, those that never train included. */
  readonly initial: ReadonlyMap<string, Tensor>;
}

export async function prepareRun(
  settings: RunSettings,
  dataset: Dataset,
  base: LoadedBaseModel,
  saved: SavedAdapters,
  onTokenized: (done: number, total: number) => void,
): Promise<PreparedRun> {
  const { parent } = saved;
  if (parent) requireSameLabels(parent, dataset);
  requirePositions(settings, base);
  const { task, labelNames } = dataset;
  const { train, validation } = dataset.splits;
  // Only the rows that a limit keeps are tokenized: with a few hundred of them the first step comes seconds earlier.
  const chosen = chooseRows(train.texts.length, settings.trainingRows, settings.seed);
  const total = chosen.length + validation.texts.length;
  const encodedTrain = await traced('tokenize training rows', () =>
    encodeSplit(base.tokenizer, train, settings.maxLength, (done) => onTokenized(done, total), chosen),
  );
  const encodedValidation = await traced('tokenize validation rows', () =>
    encodeSplit(base.tokenizer, validation, settings.maxLength, (done) =>
      onTokenized(chosen.length + done, total),
    ),
  );
  const name = parent?.name ?? adapterNameOf(dataset.name);
  const head = parent ? headOf(parent) : defaultHead(name, labelNames.length, task, settings.head);
  const adapterPlan = planOfRun(settings, saved, name);
  const plain = buildPlan(adapterPlan, {
    model: base.config,
    head,
    loss: task === 'classification' ? lossOptions(settings, train, labelNames.length) : plainLoss,
    dropout: settings.dropout,
  });
  requireBaseTensors(plain, base);
  const built = settings.recompute ? recomputingLayers(plain) : plain;
  const brought = (adapterPlan.composition?.others ?? []).flatMap(({ tensors }) => [...tensors]);
  return {
    plan: planRun({ ...settings, padding: paddingOf(settings, adapterPlan) }, encodedTrain, [
      encodedValidation,
    ]),
    built,
    head,
    adapterPlan,
    train: encodedTrain,
    validation: encodedValidation,
    initial: parent
      ? tensorsOfBundle(parent)
      : new Map([
          ...(await initialize([...built.trainable, ...built.frozen], settings.seed, (tensor) =>
            baseTensor(base, tensor),
          )),
          ...brought,
        ]),
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

/**
 * Ids of the rows, cut at `maxLength`; of all rows unless `chosen` names some. Yields between portions so that pause, stop
 * and the page stay answered.
 */
export async function encodeSplit(
  tokenizer: Tokenizer,
  split: Split,
  maxLength: number,
  onProgress: (done: number) => void,
  chosen: readonly number[] | null = null,
): Promise<EncodedSplit> {
  const unused = new Uint32Array(0);
  const ids = new Array<Uint32Array>(split.texts.length).fill(unused);
  // In the order of the rows, in which their texts are read from the disk.
  const rows = chosen ? Uint32Array.from(chosen).sort() : null;
  const count = rows?.length ?? ids.length;
  for (let done = 0; done < count; done++) {
    const row = rows ? rows[done]! : done;
    ids[row] = tokenizer.encode(split.texts.at(row), maxLength);
    if (done % rowsPerTurn !== rowsPerTurn - 1) continue;
    onProgress(done + 1);
    await nextTurn();
  }
  onProgress(count);
  return { ids, labels: split.labels };
}

const nextTurn = () =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, 0);
  });
