/**
 * What a setting of a run can be, and what can be asked of any: a row of `setting-table.ts`. Pure.
 */
import type { ConfigValue } from '../adapters/config';
import type { TaskType } from '../task';

/** Headings of the form, in its order. Those of the first are shown at once, all others are one step further. */
export const settingGroups = {
  training: 'Training',
  optimizer: 'Optimizer and schedule',
  loss: 'Loss',
  batches: 'Batches and evaluation',
  memory: 'Memory',
} as const;

export type SettingGroup = keyof typeof settingGroups;

interface SettingRow<Value> {
  /** Its name in records and files: never changed once a run has been stored with it. */
  readonly key: string;
  readonly label: string;
  /** One line: what it does to the run. */
  readonly help: string;
  readonly group: SettingGroup;
  readonly default: Value;
  /** What runs had that were stored before there was this setting; the default where it is not said. */
  readonly before?: Value;
  /** Kinds of tasks that it does something for; all of them where it is not said. */
  readonly appliesTo?: readonly TaskType[];
  /** Options of `interop/reference_train.py` that stand for a value, null for its default; none where order and rows carry it. */
  readonly replay?: (value: never) => string | null;
  /**
   * Keyword arguments of transformers' `TrainingArguments` that stand for a value; `script` where the Python script does it in
   * lines of its own (`src/python`). Where nothing is said the script says that it leaves the setting out.
   */
  readonly python?: ((value: never) => TrainingArguments) | 'script';
}

/** By keyword. */
export type TrainingArguments = Readonly<Record<string, ConfigValue>>;

export interface NumberSetting extends SettingRow<number | null> {
  readonly kind: 'number';
  readonly minimum: number;
  readonly maximum: number;
  readonly integer: boolean;
  /** What an empty field means, e.g. `all`; its value is null. Absent where there must be a number. */
  readonly whenEmpty?: string;
  readonly unit?: 'rows' | 'tokens' | 'steps' | 'batches';
}

interface ChoiceSetting extends SettingRow<string> {
  readonly kind: 'choice';
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

interface SwitchSetting extends SettingRow<boolean> {
  readonly kind: 'switch';
}

export type Setting = NumberSetting | ChoiceSetting | SwitchSetting;

export type SettingValue = number | string | boolean | null;

/** The values that a row's type stands for. */
export type ValueOf<Row extends Setting> = Row extends { readonly kind: 'number' }
  ? Row extends { readonly whenEmpty: string }
    ? number | null
    : number
  : Row extends { readonly kind: 'choice'; readonly options: readonly { readonly value: infer Value }[] }
    ? Value
    : boolean;

/** What is wrong with a value, in words that name the setting; null if nothing. */
export function settingProblem(setting: Setting, value: unknown): string | null {
  const { label } = setting;
  switch (setting.kind) {
    case 'number': {
      const { minimum, maximum, integer, whenEmpty } = setting;
      if (value === null) return whenEmpty === undefined ? `${label} is empty.` : null;
      if (typeof value !== 'number' || !Number.isFinite(value)) return `${label} must be a number.`;
      if (integer && !Number.isInteger(value)) return `${label} must be a whole number.`;
      return value < minimum || value > maximum
        ? `${label} must be between ${minimum} and ${maximum}.`
        : null;
    }
    case 'choice':
      return setting.options.some((option) => option.value === value)
        ? null
        : `${label} must be one of: ${setting.options.map((option) => option.value).join(', ')}.`;
    case 'switch':
      return typeof value === 'boolean' ? null : `${label} must be on or off.`;
    default:
      return setting satisfies never;
  }
}

/** A number as it was meant: without the last digits, in which 3 × 0.0001 is 0.00030000000000000003. */
export const figureInWords = (value: number): string => String(Number(value.toPrecision(12)));

/** A value in words, as tables and files for people have it. */
export function formatSettingValue(setting: Setting, value: SettingValue): string {
  switch (setting.kind) {
    case 'number':
      if (value === null) return setting.whenEmpty ?? '–';
      return typeof value === 'number' ? figureInWords(value) : String(value);
    case 'choice':
      return setting.options.find((option) => option.value === value)?.label ?? String(value);
    case 'switch':
      return value === true ? 'on' : 'off';
    default:
      return setting satisfies never;
  }
}

/** How `interop/reference_train.py` is told a value; null where it needs not be. */
export const replayOption = ({ replay }: Pick<Setting, 'replay'>, value: SettingValue): string | null =>
  replay ? (replay as (value: SettingValue) => string | null)(value) : null;

/** The arguments for a value; null where `TrainingArguments` has none. */
export const trainingArguments = (
  { python }: Pick<Setting, 'python'>,
  value: SettingValue,
): TrainingArguments | null =>
  typeof python === 'function' ? (python as (value: SettingValue) => TrainingArguments)(value) : null;

/** Whether it does something for a task. */
export const appliesTo = ({ appliesTo: tasks }: Pick<Setting, 'appliesTo'>, task: TaskType): boolean =>
  tasks === undefined || tasks.includes(task);
