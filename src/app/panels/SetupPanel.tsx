/** What will be trained: data, base model, method, settings. */
import { ChevronRight } from 'lucide-react';
import type { RunSettings } from '../../protocol/settings';
import { formatCount } from '../format';
import { useStudio, useStudioState } from '../store/context';
import {
  continuing,
  type FormValues,
  formOf,
  type NumberFieldKey,
  numberFieldKeys,
  numberFields,
  numberProblem,
} from '../store/form';
import type { StudioState } from '../store/state';
import { BaseModelChoice } from './BaseModelChoice';
import { Examples, LabelCounts, NumberSummary } from './ColumnMapping';
import { ComposeFields } from './ComposeFields';
import { DatasetFile } from './DatasetFile';
import { ExecutorField } from './ExecutorField';
import { CheckField, NumberField, SelectField } from './fields';
import { HeadFields } from './HeadFields';
import { MethodChoice } from './MethodChoice';
import { MethodFields } from './MethodFields';
import { OwnDataset } from './OwnDataset';

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
  const number = (key: NumberFieldKey) => (
    <NumberField
      key={key}
      label={numberFields[key].label}
      help={numberFields[key].help}
      step={numberFields[key].step}
      value={form.numbers[key]}
      problem={numberProblem(key, form.numbers[key])}
      placeholder={numberFields[key].optional ? 'all' : ''}
      onChange={(value) => studio.edit({ numbers: { ...form.numbers, [key]: value } })}
      onReset={
        form.numbers[key] === pristine.numbers[key]
          ? undefined
          : () => studio.edit({ numbers: { ...form.numbers, [key]: pristine.numbers[key] } })
      }
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
      <div className="field-grid">
        {numberFieldKeys.filter((key) => !numberFields[key].advanced).map(number)}
      </div>
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
        <h3>Optimizer and batches</h3>
        <div className="field-grid">
          {numberFieldKeys
            .filter((key) => numberFields[key].advanced && (hasClasses || !numberFields[key].forClasses))
            .map(number)}
          <SelectField
            label="Schedule"
            value={form.scheduler}
            options={[
              { value: 'linear', label: 'Linear decay' },
              { value: 'cosine', label: 'Cosine decay' },
              { value: 'constant', label: 'Constant' },
            ]}
            onChange={(value) => studio.edit({ scheduler: value as RunSettings['scheduler'] })}
          />
          <SelectField
            label="Padding"
            value={form.padding}
            options={[
              { value: 'ragged', label: 'None (fastest)' },
              { value: 'longest', label: 'To the longest of a batch' },
              { value: 'max_length', label: 'To max length' },
            ]}
            onChange={(value) => studio.edit({ padding: value as RunSettings['padding'] })}
            help="Padding changes no result, only the time; but for gated methods, which are padded to the longest at least."
          />
        </div>
        <div className="field-grid">
          <SelectField
            label="Accumulated batches"
            value={form.accumulationMode}
            options={[
              { value: 'mean', label: 'Mean' },
              { value: 'sum', label: 'Sum (AdapterHub)' },
            ]}
            onChange={(value) => studio.edit({ accumulationMode: value as RunSettings['accumulationMode'] })}
            help="AdapterHub’s trainer sums them: the loss it reports grows with their number."
          />
          {hasClasses && (
            <SelectField
              label="Class weights"
              value={form.classWeights}
              options={[
                { value: 'none', label: 'All alike' },
                { value: 'balanced', label: 'Balanced' },
              ]}
              onChange={(value) => studio.edit({ classWeights: value as RunSettings['classWeights'] })}
              help="Balanced weighs rare classes more in the loss."
            />
          )}
        </div>
        {!hasClasses && (
          <p className="field-help">
            Label smoothing and class weights are for one of several classes; this data has{' '}
            {dataset?.task === 'regression' ? 'numbers' : 'several labels at once'}.
          </p>
        )}
        <CheckField
          label="Dropout"
          checked={form.dropout}
          onChange={(dropout) => studio.edit({ dropout })}
          help="Where the base model’s config has it."
        />
        <h3>Memory</h3>
        <SelectField
          label="Weights stored as"
          value={form.baseStorage}
          options={[
            { value: 'checkpoint', label: 'As its file has it' },
            { value: 'f32', label: '32 bits' },
            { value: 'f16', label: '16 bits' },
            { value: 'int8', label: '8 bits, a scale for each row' },
          ]}
          onChange={(value) => studio.edit({ baseStorage: value as RunSettings['baseStorage'] })}
          help="Arithmetic is in 32 bits whichever it is. 8 bits need a quarter of the memory and change the model a little."
        />
        <CheckField
          label="Recompute layers"
          checked={form.recompute}
          onChange={(recompute) => studio.edit({ recompute })}
          help="Gradient checkpointing, on WebGPU: steps take about half as long again and need far less memory. The result is the same. ONNX Runtime keeps the values nevertheless."
        />
      </details>
    </form>
  );
}
