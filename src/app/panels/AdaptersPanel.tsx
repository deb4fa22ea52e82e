/** Saved adapters: evaluate, download, go on from one, delete. */
import { ChevronRight, Download, FolderInput } from 'lucide-react';
import type { EvaluationResults } from '../../protocol/records';
import type { AdapterSummary } from '../../protocol/types';
import { type ExportFormat, exportFormats } from '../../protocol/types';
import { describeMethodIn } from '../../runs/settings';
import { metrics, metricsOfTask, type TaskType } from '../../task';
import { ActionButton } from '../actions/ActionButton';
import { deleteAdapter, startFrom } from '../actions/adapter-actions';
import { chosenAdapter } from '../dropped-files';
import {
  capitalized,
  formatBytes,
  formatCount,
  formatDuration,
  formatLoss,
  formatMainMetric,
  formatMetric,
  formatRate,
} from '../format';
import { useStudio, useStudioState } from '../store/context';
import { deleteButtonId } from '../store/deletions';
import { useMethodTitles } from '../store/method-titles';
import { useAdapters, useDatasets } from '../store/present';
import { useDraft } from '../store/use-draft';
import { AverageForm } from './AverageForm';
import { BusyButton } from './BusyButton';
import { Disclosure } from './Disclosure';
import { Imported } from './Imported';
import { OnnxExport } from './OnnxExport';
import { Stat } from './RunBar';

export function AdaptersPanel() {
  const adapters = useAdapters();
  const averageable = adapters.filter(({ composed }) => !composed);
  return (
    <section className="panel" aria-label="Adapters">
      <div className="panel-head">
        <h2>Adapters</h2>
        <ImportButton />
      </div>
      <Imported />
      {adapters.length === 0 ? (
        <p className="empty">
          A trained adapter is saved here, in this browser. Download it as a zip that Python’s AdapterHub
          loads, or drop one of AdapterHub or PEFT on the page to use it and go on training it.
        </p>
      ) : (
        <ul className="adapter-list">
          {adapters.map((adapter) => (
            <AdapterRow key={adapter.id} adapter={adapter} />
          ))}
        </ul>
      )}
      {averageable.length > 1 && (
        <Disclosure title="Average adapters">
          <AverageForm adapters={averageable} />
        </Disclosure>
      )}
    </section>
  );
}

function ImportButton() {
  const studio = useStudio();
  const reading = useStudioState((s) => s.pending.includes('inspect'));
  return (
    <label className="button import-button">
      <FolderInput size={14} aria-hidden /> {reading ? 'Reading…' : 'Open an adapter'}
      <input
        type="file"
        aria-label="Adapter file"
        accept=".zip"
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = '';
          void studio.takeFiles(chosenAdapter(files));
        }}
      />
    </label>
  );
}

function AdapterRow({ adapter }: { readonly adapter: AdapterSummary }) {
  const studio = useStudio();
  const datasets = useDatasets();
  const titled = useMethodTitles();
  const results = useStudioState((s) => s.evaluations[adapter.id]);
  const evaluating = useStudioState((s) => s.pending.includes(`evaluate ${adapter.id}`));
  const downloading = useStudioState((s) => s.pending.includes(`download ${adapter.id}`));
  const ejecting = useStudioState((s) => s.pending.includes(`eject ${adapter.id}`));
  const parent = useStudioState((s) => s.adapters.find(({ id }) => id === adapter.parentId));
  const [format, setFormat] = useDraft<ExportFormat>(
    `format ${adapter.id}`,
    exportFormats.find((id) => adapter.exports[id] === null) ?? 'adapterhub',
  );
  const [split, setSplit] = useDraft<EvaluationResults['split']>(`split ${adapter.id}`, 'validation');
  // An adapter from a file knows no data: it is tried on what the form has.
  const formData = useStudioState((s) => s.form?.datasetId);
  const dataset = datasets.find(({ id }) => id === (adapter.datasetId || formData));
  const splits: readonly EvaluationResults['split'][] =
    dataset?.rows.test === null ? ['validation'] : ['validation', 'test'];
  return (
    <li className="adapter" aria-label={adapter.name}>
      <div className="adapter-head">
        <h3>{adapter.name}</h3>
        <span className="muted">
          {adapter.evaluation && formatMainMetric(adapter.task, adapter.evaluation)}
          {adapter.evaluation?.rows !== undefined && ` on ${formatCount(adapter.evaluation.rows)} rows`}
        </span>
        <ActionButton action={startFrom} of={adapter} look="icon" />
        <ActionButton
          action={deleteAdapter}
          of={adapter}
          look="icon"
          id={deleteButtonId({ kind: 'adapter', id: adapter.id })}
        />
      </div>
      <p className="field-help">
        {titled(describeMethodIn(adapter.method, adapter.composed))} on {adapter.baseModel},{' '}
        {adapter.importedFrom ? `from ${adapter.importedFrom}` : adapter.datasetName};{' '}
        {formatCount(adapter.parameterCount)} numbers trained, file of {formatBytes(adapter.sizeBytes)};{' '}
        {describeLabels(adapter)}
        {adapter.parentId && `; continued from ${parent?.name ?? 'an adapter that was deleted'}`}
      </p>
      <div className="actions">
        <select
          aria-label={`Split to evaluate ${adapter.name} on`}
          value={split}
          onChange={(event) => setSplit(event.target.value as EvaluationResults['split'])}
        >
          {splits.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <BusyButton
          className="button"
          disabled={!dataset}
          isBusy={evaluating}
          onClick={() => dataset && void studio.evaluate(adapter.id, dataset.id, split)}
        >
          Evaluate
        </BusyButton>
        <select
          aria-label={`Format of ${adapter.name}`}
          value={format}
          onChange={(event) => setFormat(event.target.value as ExportFormat)}
        >
          {exportFormats.map((id) => (
            <option key={id} value={id} disabled={adapter.exports[id] !== null}>
              {formatNames[id]}
            </option>
          ))}
        </select>
        <BusyButton
          className="button"
          disabled={adapter.exports[format] !== null}
          isBusy={downloading}
          onClick={() => void studio.downloadAdapter(adapter.id, format)}
        >
          <Download size={14} aria-hidden /> Download zip
        </BusyButton>
        {adapter.method === 'prefix_tuning' && !adapter.composed && (
          <button
            type="button"
            className="button"
            title="A new adapter that stores the prefix itself: the same answers, a smaller file. AdapterHub’s eject_prefix_tuning."
            disabled={ejecting}
            onClick={() => void studio.ejectPrefix(adapter.id)}
          >
            Eject the reparametrisation
          </button>
        )}
      </div>
      <Unavailable exports={adapter.exports} />
      <OnnxExport adapter={adapter} dataset={dataset} />
      {evaluating && <p className="field-help">Evaluating…</p>}
      {results && !evaluating && <Results task={adapter.task} results={results} />}
    </li>
  );
}

const formatNames: Readonly<Record<ExportFormat, string>> = {
  adapterhub: 'AdapterHub',
  peft: 'PEFT',
  merged: 'Merged model',
};

/** What it predicts. */
function describeLabels({ task, labels }: AdapterSummary): string {
  const names = labels.join(', ');
  return {
    classification: `labels ${names}`,
    multilabel: `any of the labels ${names}`,
    regression: `the number ${names}`,
  }[task];
}

/** Why a format is not offered. */
function Unavailable({ exports }: Pick<AdapterSummary, 'exports'>) {
  const reasons = exportFormats.flatMap((id) =>
    exports[id] === null ? [] : [`Not as ${formatNames[id]}: ${exports[id]}.`],
  );
  if (reasons.length === 0) return null;
  return (
    <details className="disclosure">
      <summary>
        <ChevronRight size={14} aria-hidden /> Why not in every format
      </summary>
      <p className="field-help">{reasons.join(' ')}</p>
    </details>
  );
}

function Results({ task, results }: { readonly task: TaskType; readonly results: EvaluationResults }) {
  return (
    <section aria-label="Evaluation">
      <p className="field-help">
        {formatCount(results.rows)} {results.split} rows
      </p>
      {results.warning && <p className="field-problem">{results.warning}</p>}
      <dl className="stats">
        <Stat name="Loss" value={formatLoss(results.loss)} />
        {metricsOfTask[task].map((name) => (
          <Stat
            key={name}
            name={capitalized(metrics[name].title)}
            value={formatMetric(name, results[name])}
          />
        ))}
        <Stat name="Runtime" value={formatDuration(results.runtimeSeconds)} />
        <Stat name="Samples/s" value={formatRate(results.samplesPerSecond)} />
        <Stat name="Steps/s" value={formatRate(results.stepsPerSecond)} />
      </dl>
    </section>
  );
}
