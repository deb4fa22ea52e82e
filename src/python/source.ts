/** What a script is made of: a run's settings, and what they refer to, as plain data. */
import { adapterNameOf } from '../adapters/adapter-name';
import type { MethodDescription } from '../adapters/method';
import type { ModelType } from '../models/family';
import type { RunSettings } from '../runs/settings';
import type { TaskType } from '../task';

export interface ScriptSource {
  readonly settings: RunSettings;
  /** Those of the form: what a configuration does not say is their default. */
  readonly methods: readonly Pick<MethodDescription, 'id' | 'title' | 'defaultConfig'>[];
  readonly dataset: {
    readonly name: string;
    readonly task: TaskType;
    readonly labels: readonly string[];
    readonly trainRows: number;
  };
  readonly base: {
    /** As Python's `from_pretrained` takes it. */
    readonly name: string;
    /** Commit on the hub; null where it does not come from there. */
    readonly revision: string | null;
    /** Null where the model is not here any more. */
    readonly modelType: ModelType | null;
  };
  /** Saved adapters that the settings refer to, by id, as far as they are still here. */
  readonly saved: ReadonlyMap<string, SavedAdapter>;
}

interface SavedAdapter {
  readonly name: string;
  readonly method: string;
  readonly composed?: { readonly type: 'Stack' | 'Fuse' };
}

/** What the library has no adapter for: parts of the base model train by themselves, or nothing but the head. */
const withoutAdapter = ['head_only', 'bitfit', 'full'];

/** With what the settings leave to the saved adapter that training goes on from: its method, and that it is composed as it is. */
export function resolved(source: ScriptSource): ScriptSource {
  const { settings, saved } = source;
  if (settings.startFrom === null) return source;
  const method = saved.get(settings.startFrom)?.method ?? settings.method;
  return { ...source, settings: { ...settings, method, composition: null } };
}

/** Whether an adapter of the library trains, or a composition of them. */
export const trainsAdapter = ({ settings }: Pick<ScriptSource, 'settings'>): boolean =>
  settings.composition !== null || !withoutAdapter.includes(settings.method);

/** Of a new adapter and its head, as in the run. */
export const nameOf = ({ dataset }: Pick<ScriptSource, 'dataset'>): string => adapterNameOf(dataset.name);

/** Folder of a saved adapter's files. */
export const folderOf = ({ saved }: Pick<ScriptSource, 'saved'>, id: string): string =>
  saved.get(id)?.name ?? 'FOLDER_OF_THE_SAVED_ADAPTER';

/** An adapter of PEFT, which is trained on as one: it cannot be new. */
export const isOfPeft = ({ settings }: Pick<ScriptSource, 'settings'>): boolean =>
  settings.startFrom !== null && settings.method.startsWith('peft_');

/** Of several adapters: as set up, or as the one that training goes on from is. */
export const isComposed = ({ settings, saved }: Pick<ScriptSource, 'settings' | 'saved'>): boolean =>
  settings.startFrom === null
    ? settings.composition !== null
    : saved.get(settings.startFrom)?.composed !== undefined;
