/** What the Python script of the form, or of a run, is made of: from what the page knows. Pure functions. */
import type { ScriptSource } from '../../python/source';
import { formProblems, settingsOf } from './form';
import type { RunSummary, StudioState } from './state';

type Known = Pick<StudioState, 'description' | 'library' | 'adapters' | 'datasets' | 'form'>;

/** Of the form's present settings; what is wrong with them where they are none. */
export function sourceOfForm({
  form,
  description,
  library,
  adapters,
  datasets,
}: Known): ScriptSource | string {
  const dataset = datasets.find(({ id }) => id === form?.datasetId);
  const base = library?.baseModels.find(({ id }) => id === form?.baseModel);
  if (!form || !description || !dataset || !base) return 'Choose a data set and a base model first.';
  const { methods } = description;
  const problems = formProblems(form, methods);
  if (problems.length > 0) return problems.join(' ');
  const { name, task, labels, rows } = dataset;
  const origin = base.kept?.origin;
  const fromHub = origin?.kind === 'hub' ? origin : null;
  return {
    settings: settingsOf(form, methods),
    methods,
    dataset: { name, task, labels, trainRows: rows.train },
    base: {
      name: fromHub?.repo ?? base.title,
      revision: fromHub && (fromHub.commit ?? fromHub.revision),
      modelType: base.modelType,
    },
    saved: new Map(adapters.map((adapter) => [adapter.id, adapter])),
  };
}

/** Of a run; why there is none in words. */
export function sourceOfRun(
  { settings, dataset, base }: RunSummary,
  { description, library, adapters }: Known,
): ScriptSource | string {
  if (!description) return 'The studio could not open here, and knows no methods.';
  const model = library?.baseModels.find(({ id }) => id === settings.baseModel);
  return {
    settings,
    methods: description.methods,
    dataset,
    base: { name: base.name, revision: base.revision, modelType: model?.modelType ?? null },
    saved: new Map(adapters.map((adapter) => [adapter.id, adapter])),
  };
}
