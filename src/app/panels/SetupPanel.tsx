/** What will be trained: data, base model, method, settings. */
import { ChevronRight } from 'lucide-react';
import { Fragment } from 'react';
import { type SettingGroup, settingGroups } from '../../runs/setting';
import { ScheduleChart } from '../charts/ScheduleChart';
import { formatCount } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { continuing, type FormValues, formOf } from '../store/form';
import type { StudioState } from '../store/state';
import { BaseModelChoice } from './BaseModelChoice';
import { Examples, LabelCounts, NumberSummary } from './ColumnMapping';
import { ComposeFields } from './ComposeFields';
import { DatasetFile } from './DatasetFile';
import { ExecutorField } from './ExecutorField';
import { SelectField } from './fields';
import { HeadFields } from './HeadFields';
import { MethodChoice } from './MethodChoice';
import { MethodFields } from './MethodFields';
import { OwnDataset } from './OwnDataset';
import { PythonButton } from './PythonButton';
import { SettingFields } from './SettingFields';

/** One step further than the first. */
const furtherGroups = (Object.keys(settingGroups) as SettingGroup[]).filter((group) => group !== 'training');

export function SetupPanel() {
  const form = useStudioState((s) => s.form);
  const description = useStudioState((s) => s.description);
  return (
    <aside className="setup panel" aria-label="Set-up">
      {form && description ? <SetupForm form={form} description={description} /> : <Placeholder />}
    </aside>
  );
}

function Placeholder() {
  const failed = useStudioState((s) => s.openError !== null);
  return (
    <p className="empty">
      {failed
        ? 'Training needs a device. Runs and adapters that are stored can still be looked at.'
        : 'Opening…'}
    </p>
  );
}

interface SetupFormProps {
  readonly form: FormValues;
  readonly description: NonNullable<StudioState['description']>;
}

function SetupForm({ form, description }: SetupFormProps) {
  const studio = useStudio();
  const datasets = useStudioState((s) => s.datasets);
  const adapters = useStudioState((s) => s.adapters);
  const { methods, defaults } = description;
  const baseModels = useStudioState((s) => s.library?.baseModels);
  const dataset = datasets.find(({ id }) => id === form.datasetId);
  const method = methods.find(({ id }) => id === form.method);
  const base = baseModels?.find(({ id }) => id === form.baseModel);
  const parent = adapters.find(({ id }) => id === form.startFrom);
  // A fusion trains attention over saved adapters, and no method of its own.
  const fuses = !parent && (form.composition === 'dynamic' || form.composition === 'static');
  const hasClasses = dataset === undefined || dataset.task === 'classification';
  const pristine = formOf(defaults, form.datasetId);
  const fields = (group: SettingGroup) => (
    <SettingFields
      group={group}
      values={form.values}
      defaults={pristine.values}
      task={dataset?.task ?? 'classification'}
    />
  );
  const chooseParent = (id: string) => {
    const chosen = adapters.find((adapter) => adapter.id === id);
    studio.edit(chosen ? continuing(chosen, baseModels ?? []) : { startFrom: '' });
  };
  return (
    <form className="setup-form" onSubmit={(event) => event.preventDefault()}>
      <h2>Data</h2>
      <SelectField
        label="Dataset"
        value={form.datasetId}
        options={datasets.map(({ id, name, source }) => ({
          value: id,
          label: source === 'file' ? `${name} (yours)` : name,
        }))}
        onChange={(datasetId) => studio.edit({ datasetId })}
      />
      {dataset && (
        <>
          <p className="field-help">
            {formatCount(dataset.rows.train)} training, {formatCount(dataset.rows.validation)} validation
            {dataset.rows.test === null ? '' : `, ${formatCount(dataset.rows.test)} test`} rows.{' '}
            {dataset.citation}
          </p>
          {dataset.labelCounts && (
            <LabelCounts
              counts={Object.fromEntries(
                dataset.labels.map((label, i) => [label, dataset.labelCounts?.[i] ?? 0]),
              )}
            />
          )}
          {dataset.range && <NumberSummary range={dataset.range} />}
          <details className="disclosure">
            <summary>
              <ChevronRight size={14} aria-hidden /> Look at some rows
            </summary>
            <Examples rows={dataset.preview} />
          </details>
          {dataset.source === 'file' && <OwnDataset dataset={dataset} />}
        </>
      )}
      <DatasetFile />

      <h2>Model and method</h2>
      <BaseModelChoice form={form} />
      <MethodChoice form={form} methods={methods} disabled={parent !== undefined} fuses={fuses} />
      <SelectField
        label="Start from"
        value={form.startFrom}
        options={[
          { value: '', label: 'New adapter' },
          ...adapters.map(({ id, name, datasetName }) => ({ value: id, label: `${name} (${datasetName})` })),
        ]}
        onChange={chooseParent}
        help={parent ? 'Goes on from this adapter’s values with a fresh optimizer and schedule.' : undefined}
      />

      {!parent && adapters.length > 0 && <ComposeFields form={form} adapters={adapters} />}

      <h2>Training</h2>
      <ExecutorField />
      {fields('training')}
      <details className="disclosure">
        <summary>
          <ChevronRight size={14} aria-hidden /> Advanced
        </summary>
        {method && method.fields.length > 0 && !parent && !fuses && (
          <>
            <h3>{method.title}</h3>
            <MethodFields form={form} methods={methods} layers={base?.layers ?? 0} />
          </>
        )}
        {!parent && (
          <>
            <h3>Head</h3>
            <HeadFields
              form={form}
              activations={description.headActivations}
              hasPooler={base?.hasPooler ?? false}
            />
          </>
        )}
        {furtherGroups.map((group) => (
          <Fragment key={group}>
            <h3>{settingGroups[group]}</h3>
            {fields(group)}
            {group === 'optimizer' && dataset && (
              <ScheduleChart values={form.values} rows={dataset.rows.train} />
            )}
            {group === 'loss' && !hasClasses && (
              <p className="field-help">
                Label smoothing and class weights are for one of several classes; this data has{' '}
                {dataset?.task === 'regression' ? 'numbers' : 'several labels at once'}.
              </p>
            )}
          </Fragment>
        ))}
      </details>
      <div className="python-offer">
        <PythonButton runId={null} />
        <span className="field-help">The same as a script for AdapterHub’s library.</span>
      </div>
    </form>
  );
}
