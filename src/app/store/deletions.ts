/**
 * What a person deletes is out of sight at once, and deleted only when the way back has passed: what is hidden meanwhile, in
 * which words it is told, what the form had of it. Pure functions.
 */
import { formatBytes } from '../format';
import type { FormValues } from './form';
import { setAsideTitle } from './set-aside-words';
import { isActive, type StudioState } from './state';

export type DeletedKind = 'run' | 'adapter' | 'dataset' | 'model' | 'setAside';

export interface Deletion {
  readonly kind: DeletedKind;
  readonly id: string;
  /** What was done and what it means, as it is said to the person. */
  readonly words: string;
  /** It waited for its turn, which must not come meanwhile. */
  readonly isQueued: boolean;
  /** It was on the charts. */
  readonly wasShown: boolean;
  /** What of the form named it, and what is there instead. */
  readonly form: { readonly before: Partial<FormValues>; readonly after: Partial<FormValues> };
}

type Named = Pick<Deletion, 'kind' | 'id'>;

export const isSame = (a: Named, b: Named): boolean => a.kind === b.kind && a.id === b.id;

/** Of the button that deletes it: where the focus goes when it is had back. */
export const deleteButtonId = ({ kind, id }: Named): string => `delete ${kind} ${id}`;

/** Those that are not about to be deleted; the same list where all of them stay. */
export function withoutDeleted<T>(
  all: readonly T[],
  deletions: readonly Deletion[],
  kind: DeletedKind,
  idOf: (one: T) => string,
): readonly T[] {
  const gone = new Set(deletions.filter((deletion) => deletion.kind === kind).map(({ id }) => id));
  const left = all.filter((one) => !gone.has(idOf(one)));
  return left.length === all.length ? all : left;
}

/** As it begins; null where there is nothing of that name. */
export function deletionOf({ kind, id }: Named, state: StudioState): Deletion | null {
  const words = wordsOf(kind, id, state);
  if (words === null) return null;
  return {
    kind,
    id,
    words,
    isQueued: kind === 'run' && runOf(id, state)?.status === 'queued',
    wasShown: kind === 'run' && state.shownRuns.includes(id),
    form: changedForm(kind, id, state),
  };
}

/** What of the form goes back to what it was: what the person has not chosen anew since. */
export function formHadBack(
  { form: { before, after } }: Deletion,
  form: FormValues | null,
): Partial<FormValues> {
  const keys = Object.keys(before) as (keyof FormValues)[];
  const unchanged = keys.filter((key) => JSON.stringify(form?.[key]) === JSON.stringify(after[key]));
  return Object.fromEntries(unchanged.map((key) => [key, before[key]]));
}

const runOf = (runId: string, { runs }: StudioState) => runs.find(({ id }) => id === runId);

function wordsOf(kind: DeletedKind, id: string, state: StudioState): string | null {
  switch (kind) {
    case 'run':
      return runWords(id, state);
    case 'adapter': {
      const adapter = state.adapters.find((one) => one.id === id);
      return adapter ? `Deleted the adapter ${adapter.name}.` : null;
    }
    case 'dataset': {
      const dataset = state.datasets.find((one) => one.id === id);
      return dataset
        ? `Deleted the data set ${dataset.name}. Its file and the adapters made of it stay; a run that was interrupted on it, or waits, cannot go on without it.`
        : null;
    }
    case 'model':
      return modelWords(id, state);
    case 'setAside': {
      const record = state.setAside.find(({ key }) => key === id);
      return record ? `Deleted ${setAsideTitle(record)} (${id}).${setAsideLoss[record.kind] ?? ''}` : null;
    }
    default:
      return kind satisfies never;
  }
}

function runWords(id: string, state: StudioState): string | null {
  const run = runOf(id, state);
  // A run that trains is stopped first.
  if (!run || (isActive(state.live) && state.live.runId === id)) return null;
  if (run.status === 'queued') return `Took ${run.name} out of the queue.`;
  return state.unstored.some(({ runId }) => runId === id)
    ? `Deleted ${run.name} with its adapter, which is not stored.`
    : `Deleted ${run.name}. Its adapter stays.`;
}

function modelWords(id: string, { library }: StudioState): string | null {
  const model = library?.baseModels.find((one) => one.id === id);
  if (model)
    return `Deleted the base model ${model.title} (${formatBytes(model.downloadBytes)}). Adapters that were made on it stay, and need it again to be used.`;
  const download = library?.unfinished.find((one) => one.id === id);
  return download ? `Deleted what was here of ${download.request.repo}.` : null;
}

const setAsideLoss: Readonly<Partial<Record<StudioState['setAside'][number]['kind'], string>>> = {
  run: ' Its curve and its checkpoints go with it.',
  model: ' Its files go with it.',
  download: ' What is here of its files goes with it.',
};

/** The form without what is deleted. */
function changedForm(kind: DeletedKind, id: string, { form, description }: StudioState): Deletion['form'] {
  const before: Partial<FormValues> = {};
  const after: Partial<FormValues> = {};
  const change = <K extends keyof FormValues>(key: K, to: FormValues[K]) => {
    if (!form) return;
    before[key] = form[key];
    after[key] = to;
  };
  if (!form || !description) return { before, after };
  if (kind === 'dataset' && form.datasetId === id) change('datasetId', description.defaultDatasetId);
  if (kind === 'model' && form.baseModel === id) change('baseModel', description.defaults.baseModel);
  if (kind === 'adapter') {
    if (form.startFrom === id) change('startFrom', '');
    if (form.composedAdapters.includes(id))
      change(
        'composedAdapters',
        form.composedAdapters.filter((one) => one !== id),
      );
  }
  return { before, after };
}
