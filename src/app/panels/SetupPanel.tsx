/** What will be trained: data, base model, method, settings. */
import { Fragment } from 'react';
import { type SettingGroup, settingGroups } from '../../runs/setting';
import { ScheduleChart } from '../charts/ScheduleChart';
import { useStudio, useStudioState } from '../store/context';
import { continuing, type FormValues, formOf } from '../store/form';
import { useAdapters, useBaseModels } from '../store/present';
import type { StudioState } from '../store/state';
import { BaseModelChoice } from './BaseModelChoice';
import { Examples } from './ColumnMapping';
import { ComposeFields } from './ComposeFields';
import { DatasetChoice, DatasetLabels, useChosenDataset } from './DatasetChoice';
import { DatasetFile } from './DatasetFile';
import { Disclosure } from './Disclosure';
import { ExecutorField } from './ExecutorField';
import { FormBasisLine } from './FormBasisLine';
import { SelectField } from './fields';
import { HeadFields } from './HeadFields';
import { MethodChoice } from './MethodChoice';
import { MethodFields } from './MethodFields';
import { Opening } from './Opening';
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
      {form && description ? <SetupForm form={form} description={description} /> : <Opening />}
    </aside>
  );
}

interface SetupFormProps {
  readonly form: FormValues;
  readonly description: NonNullable<StudioState['description']>;
}

function SetupForm({ form, description }: SetupFormProps) {
  const studio = useStudio();
  const adapters = useAdapters();
  const { methods, defaults } = description;
  const baseModels = useBaseModels();
  const dataset = useChosenDataset();
  const method = methods.find(({ id }) => id === form.method);
  const base = baseModels.find(({ id }) => id === form.baseModel);
  const parent = adapters.find(({ id }) => id === form.startFrom);
  // A fusion trains attention over saved adapters, and no method of its own.
  const fuses = !parent && (form.composition === 'dynamic' || form.composition === 'static');
  const hasClasses = dataset === undefined || dataset.task === 'classification';
  const basis = useStudioState((s) => s.basis);
  const pristine = basis?.form ?? formOf(defaults, form.datasetId);
  const fields = (group: SettingGroup) => (
    <SettingFields
      group={group}
      values={form.values}
      defaults={pristine.values}
      resetTo={basis ? `what ${basis.runName} had` : undefined}
      task={dataset?.task ?? 'classification'}
    />
  );
  const chooseParent = (id: string) => {
    const chosen = adapters.find((adapter) => adapter.id === id);
    studio.edit(chosen ? continuing(chosen, baseModels) : { startFrom: '' });
  };
  return (
    <form className="setup-form" onSubmit={(event) => event.preventDefault()}>
      {basis && <FormBasisLine basis={basis} form={form} defaults={defaults} />}
      <h2>Data</h2>
      <DatasetChoice />
      {dataset && (
        <>
          <DatasetLabels dataset={dataset} />
          <Disclosure title="Look at some rows">
            <Examples rows={dataset.preview} />
          </Disclosure>
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
      {fields('training')}
      <ExecutorField />
      <Disclosure title="Advanced">
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
      </Disclosure>
      <div className="python-offer">
        <PythonButton />
        <span className="field-help">The same as a script for AdapterHub’s library.</span>
      </div>
    </form>
  );
}
