/** The set-up form: what is typed, what is wrong with it, and the settings it stands for. Pure functions. */

import type { ConfigValue } from '../../adapters/config';
import { configWith } from '../../adapters/config-with';
import type { MethodDescription } from '../../adapters/method';
import { invariant } from '../../errors';
import type { AdapterSummary, BaseModelDescription } from '../../protocol/types';
import { type Setting, type SettingValue, settingProblem } from '../../runs/setting';
import { type SettingKey, settingRows, type TableSettings } from '../../runs/setting-table';
import type { RunSettings } from '../../runs/settings';
import { configValueOf, methodFieldProblem, methodFields, methodValue } from './method-form';

export interface FormValues {
  readonly datasetId: string;
  readonly baseModel: string;
  readonly method: string;
  readonly startFrom: string;
  /** How saved adapters are used: stacked under the new one, or fused with or without value matrices. */
  readonly composition: '' | 'Stack' | 'dynamic' | 'static';
  readonly composedAdapters: readonly string[];
  /** Of the table's settings; numbers as typed, so that half a number is not lost while typing. */
  readonly values: Readonly<Record<SettingKey, FormValue>>;
  readonly head: RunSettings['head'];
  /** Values of the method's own fields, by method id and key; number fields as typed. */
  readonly methodValues: Readonly<Record<string, Readonly<Record<string, ConfigValue>>>>;
}

export type FormValue = string | boolean;

export function formOf(settings: RunSettings, datasetId: string): FormValues {
  const { composition } = settings;
  const typed = (value: SettingValue): FormValue =>
    typeof value === 'boolean' ? value : value === null ? '' : String(value);
  return {
    datasetId,
    baseModel: settings.baseModel,
    method: settings.method,
    startFrom: settings.startFrom ?? '',
    composition: composition === null ? '' : composition.type === 'Stack' ? 'Stack' : composition.fusion,
    composedAdapters: composition?.adapterIds ?? [],
    values: Object.fromEntries(
      settingRows.map(({ key }) => [key, typed(settings[key as SettingKey])]),
    ) as FormValues['values'],
    head: settings.head,
    methodValues: {},
  };
}

/** From what was typed and chosen to what a run has; not a number where no number was typed. */
function settingValue(setting: Setting, value: FormValue): SettingValue {
  if (setting.kind !== 'number') return value;
  return String(value).trim() === '' ? null : Number(value);
}

/** What is wrong with what was typed or chosen, in words; null if nothing. */
export const formValueProblem = (setting: Setting, value: FormValue): string | null =>
  settingProblem(setting, settingValue(setting, value));

/** The form on another executor: base model and rows change with the defaults where nobody has changed them. */
export function followDefaults(form: FormValues, before: RunSettings, now: RunSettings): FormValues {
  const [was, is] = [formOf(before, form.datasetId), formOf(now, form.datasetId)];
  const isUntouched =
    form.baseModel === was.baseModel &&
    form.startFrom === '' &&
    form.values.trainingRows === was.values.trainingRows;
  if (!isUntouched) return form;
  const values = { ...form.values, trainingRows: is.values.trainingRows };
  return { ...form, baseModel: is.baseModel, values };
}

/** Going on with a saved adapter: its method, and its base model where that is still here. */
export function continuing(
  { id, baseModel, method }: AdapterSummary,
  models: readonly BaseModelDescription[],
): Partial<FormValues> {
  const isHere = models.some((model) => model.id === baseModel);
  return { startFrom: id, method, ...(isHere ? { baseModel } : {}) };
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
  const ofSettings = settingRows.map((row) => formValueProblem(row, form.values[row.key as SettingKey]));
  const ofMethod = methodFields(form, methods).map((field) =>
    methodFieldProblem(field, methodValue(form, field)),
  );
  return [...ofSettings, ...ofMethod, compositionProblem(form)].filter((problem) => problem !== null);
}

/** The settings that the form stands for; only for a form without problems. */
export function settingsOf(form: FormValues, methods: readonly MethodDescription[]): RunSettings {
  const method = methods.find(({ id }) => id === form.method);
  invariant(method, `form: no method ${form.method}`);
  const methodValues = Object.fromEntries(
    methodFields(form, methods).map((field) => [field.key, configValueOf(field, methodValue(form, field))]),
  );
  const ofTable = Object.fromEntries(
    settingRows.map((row) => [row.key, settingValue(row, form.values[row.key as SettingKey])]),
  ) as unknown as TableSettings;
  return {
    ...ofTable,
    baseModel: form.baseModel,
    method: form.method,
    methodConfig: configWith(method, methodValues, methods),
    composition: compositionOf(form),
    startFrom: form.startFrom || null,
    head: form.head,
  };
}
