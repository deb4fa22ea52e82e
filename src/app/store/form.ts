/** The set-up form: what is typed, what is wrong with it, and the settings it stands for. Pure functions. */

import type { ConfigValue } from '../../adapters/config';
import { configWith } from '../../adapters/config-with';
import type { MethodDescription } from '../../adapters/method';
import { invariant } from '../../errors';
import type { AdapterSummary, BaseModelDescription } from '../../protocol/types';
import type { RunSettings } from '../../runs/settings';
import { configValueOf, methodFieldProblem, methodFields, methodValue } from './method-form';

/** Number fields hold what was typed, so that half a number is not lost while typing. */
export interface FormValues {
  readonly datasetId: string;
  readonly baseModel: string;
  readonly method: string;
  readonly startFrom: string;
  /** How saved adapters are used: stacked under the new one, or fused with or without value matrices. */
  readonly composition: '' | 'Stack' | 'dynamic' | 'static';
  readonly composedAdapters: readonly string[];
  readonly numbers: Readonly<Record<NumberFieldKey, string>>;
  readonly scheduler: RunSettings['scheduler'];
  readonly padding: RunSettings['padding'];
  readonly dropout: boolean;
  readonly head: RunSettings['head'];
  readonly baseStorage: RunSettings['baseStorage'];
  readonly recompute: boolean;
  readonly classWeights: RunSettings['classWeights'];
  readonly accumulationMode: RunSettings['accumulationMode'];
  /** Values of the method's own fields, by method id and key; number fields as typed. */
  readonly methodValues: Readonly<Record<string, Readonly<Record<string, ConfigValue>>>>;
}

export type NumberFieldKey =
  | 'learningRate'
  | 'epochs'
  | 'batchSize'
  | 'maxLength'
  | 'seed'
  | 'trainingRows'
  | 'weightDecay'
  | 'labelSmoothing'
  | 'warmupSteps'
  | 'maxGradNorm'
  | 'gradientAccumulationSteps'
  | 'evaluateEverySteps';

interface NumberFieldRule {
  readonly label: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly integer: boolean;
  readonly optional?: boolean;
  readonly advanced?: boolean;
  /** Of the loss of one class; other tasks have no such thing. */
  readonly forClasses?: boolean;
  readonly help: string;
  readonly step: string;
}

export const numberFields: Readonly<Record<NumberFieldKey, NumberFieldRule>> = {
  learningRate: {
    label: 'Learning rate',
    minimum: 1e-9,
    maximum: 10,
    integer: false,
    help: 'Size of a step. Too high makes the loss jump, too low makes it crawl.',
    step: 'any',
  },
  epochs: {
    label: 'Epochs',
    minimum: 0.01,
    maximum: 1000,
    integer: false,
    help: 'How often the training rows are gone through.',
    step: 'any',
  },
  batchSize: {
    label: 'Batch size',
    minimum: 1,
    maximum: 1024,
    integer: true,
    help: 'Rows in one step.',
    step: '1',
  },
  maxLength: {
    label: 'Max length',
    minimum: 8,
    maximum: 512,
    integer: true,
    help: 'Tokens of a text that are read; longer ones are cut.',
    step: '1',
  },
  seed: {
    label: 'Seed',
    minimum: 0,
    maximum: 2147483647,
    integer: true,
    help: 'The same seed gives the same order, start and dropout.',
    step: '1',
  },
  trainingRows: {
    label: 'Training rows',
    minimum: 1,
    maximum: 10_000_000,
    integer: true,
    optional: true,
    help: 'Train on so many rows only; empty means all.',
    step: '1',
  },
  weightDecay: {
    label: 'Weight decay',
    minimum: 0,
    maximum: 1,
    integer: false,
    advanced: true,
    help: 'AdamW’s decoupled decay.',
    step: 'any',
  },
  labelSmoothing: {
    label: 'Label smoothing',
    minimum: 0,
    maximum: 0.9,
    integer: false,
    advanced: true,
    forClasses: true,
    help: 'Share of the target that is spread over all classes.',
    step: 'any',
  },
  warmupSteps: {
    label: 'Warm-up steps',
    minimum: 0,
    maximum: 1_000_000,
    integer: true,
    advanced: true,
    help: 'Steps in which the learning rate rises from 0.',
    step: '1',
  },
  maxGradNorm: {
    label: 'Gradient clipping',
    minimum: 0,
    maximum: 1e6,
    integer: false,
    advanced: true,
    help: 'Largest gradient norm; 0 switches clipping off.',
    step: 'any',
  },
  gradientAccumulationSteps: {
    label: 'Accumulation',
    minimum: 1,
    maximum: 1024,
    integer: true,
    advanced: true,
    help: 'Batches that are averaged into one step.',
    step: '1',
  },
  evaluateEverySteps: {
    label: 'Evaluate every (steps)',
    minimum: 0,
    maximum: 1_000_000,
    integer: true,
    advanced: true,
    help: 'Besides each epoch’s end; 0 means epochs only.',
    step: '1',
  },
};

export const numberFieldKeys = Object.keys(numberFields) as readonly NumberFieldKey[];

export function formOf(settings: RunSettings, datasetId: string): FormValues {
  const { composition } = settings;
  const typed = (key: NumberFieldKey) => (settings[key] === null ? '' : String(settings[key]));
  return {
    datasetId,
    baseModel: settings.baseModel,
    method: settings.method,
    startFrom: settings.startFrom ?? '',
    composition: composition === null ? '' : composition.type === 'Stack' ? 'Stack' : composition.fusion,
    composedAdapters: composition?.adapterIds ?? [],
    numbers: Object.fromEntries(numberFieldKeys.map((key) => [key, typed(key)])) as FormValues['numbers'],
    scheduler: settings.scheduler,
    padding: settings.padding,
    dropout: settings.dropout,
    head: settings.head,
    baseStorage: settings.baseStorage,
    recompute: settings.recompute,
    classWeights: settings.classWeights,
    accumulationMode: settings.accumulationMode,
    methodValues: {},
  };
}

/** The form on another executor: base model and rows change with the defaults where nobody has changed them. */
export function followDefaults(form: FormValues, before: RunSettings, now: RunSettings): FormValues {
  const [was, is] = [formOf(before, form.datasetId), formOf(now, form.datasetId)];
  const isUntouched =
    form.baseModel === was.baseModel &&
    form.startFrom === '' &&
    form.numbers.trainingRows === was.numbers.trainingRows;
  if (!isUntouched) return form;
  const numbers = { ...form.numbers, trainingRows: is.numbers.trainingRows };
  return { ...form, baseModel: is.baseModel, numbers };
}

/** Going on with a saved adapter: its method, and its base model where that is still here. */
export function continuing(
  { id, baseModel, method }: AdapterSummary,
  models: readonly BaseModelDescription[],
): Partial<FormValues> {
  const isHere = models.some((model) => model.id === baseModel);
  return { startFrom: id, method, ...(isHere ? { baseModel } : {}) };
}

/** What is wrong with a number field, in words; null if nothing. */
export function numberProblem(key: NumberFieldKey, typed: string): string | null {
  const { label, minimum, maximum, integer, optional } = numberFields[key];
  if (typed.trim() === '') return optional ? null : `${label} is empty.`;
  const value = Number(typed);
  if (!Number.isFinite(value)) return `${label} must be a number.`;
  if (integer && !Number.isInteger(value)) return `${label} must be a whole number.`;
  return value < minimum || value > maximum ? `${label} must be between ${minimum} and ${maximum}.` : null;
}

/** What is wrong with the choice of saved adapters, in words; null if nothing. */
export function compositionProblem({ composition, composedAdapters, startFrom }: FormValues): string | null {
  if (composition === '' || startFrom !== '') return null;
  const least = composition === 'Stack' ? 1 : 2;
  return composedAdapters.length >= least
    ? null
    : `Choose at least ${least === 1 ? 'one saved adapter' : 'two saved adapters'}.`;
}

function compositionOf({ composition, composedAdapters, startFrom }: FormValues): RunSettings['composition'] {
  if (composition === '' || startFrom !== '') return null;
  return composition === 'Stack'
    ? { type: 'Stack', adapterIds: composedAdapters }
    : { type: 'Fuse', adapterIds: composedAdapters, fusion: composition };
}

/** Everything that keeps the form from training. */
export function formProblems(form: FormValues, methods: readonly MethodDescription[]): readonly string[] {
  const ofNumbers = numberFieldKeys.map((key) => numberProblem(key, form.numbers[key]));
  const ofMethod = methodFields(form, methods).map((field) =>
    methodFieldProblem(field, methodValue(form, field)),
  );
  return [...ofNumbers, ...ofMethod, compositionProblem(form)].filter((problem) => problem !== null);
}

/** The settings that the form stands for; only for a form without problems. */
export function settingsOf(
  form: FormValues,
  methods: readonly MethodDescription[],
  defaults: RunSettings,
): RunSettings {
  const method = methods.find(({ id }) => id === form.method);
  invariant(method, `form: no method ${form.method}`);
  const number = (key: NumberFieldKey) => Number(form.numbers[key]);
  const values = Object.fromEntries(
    methodFields(form, methods).map((field) => [field.key, configValueOf(field, methodValue(form, field))]),
  );
  return {
    ...defaults,
    baseModel: form.baseModel,
    method: form.method,
    methodConfig: configWith(method, values, methods),
    composition: compositionOf(form),
    startFrom: form.startFrom || null,
    learningRate: number('learningRate'),
    epochs: number('epochs'),
    batchSize: number('batchSize'),
    maxLength: number('maxLength'),
    seed: number('seed'),
    trainingRows: form.numbers.trainingRows.trim() === '' ? null : number('trainingRows'),
    weightDecay: number('weightDecay'),
    warmupSteps: number('warmupSteps'),
    scheduler: form.scheduler,
    maxGradNorm: number('maxGradNorm'),
    gradientAccumulationSteps: number('gradientAccumulationSteps'),
    padding: form.padding,
    dropout: form.dropout,
    head: form.head,
    baseStorage: form.baseStorage,
    recompute: form.recompute,
    labelSmoothing: number('labelSmoothing'),
    classWeights: form.classWeights,
    accumulationMode: form.accumulationMode,
    evaluateEverySteps: number('evaluateEverySteps'),
  };
}
