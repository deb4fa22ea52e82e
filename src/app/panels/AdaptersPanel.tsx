/** Saved adapters: evaluate, download, go on from one, delete. */
import { Download, GitBranchPlus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { EvaluationResults } from '../../protocol/records';
import type { AdapterSummary } from '../../protocol/types';
import { formatBytes, formatCount, formatDuration, formatLoss, formatPercent, formatRate } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { isActive } from '../store/state';
import { Stat } from './RunBar';

export function AdaptersPanel() {
  const adapters = useStudioState((s) => s.adapters);
  return (
    <section className="panel" aria-label="Adapters">
      <div className="panel-head">
        <h2>Adapters</h2>
      </div>
      {adapters.length === 0 ? (
        <p className="empty">
          A trained adapter is saved here, in this browser. Download it as a zip that Python’s AdapterHub
          loads.
        </p>
      ) : (
        <ul className="adapter-list">
          {adapters.map((adapter) => (
            <AdapterRow key={adapter.id} adapter={adapter} />
          ))}
        </ul>
      )}
    </section>
  );
}

function AdapterRow({ adapter }: { readonly adapter: AdapterSummary }) {
  const studio = useStudio();
  const datasets = useStudioState((s) => s.datasets);
  const results = useStudioState((s) => s.evaluations[adapter.id]);
  const evaluating = useStudioState((s) => s.pending.includes(`evaluate ${adapter.id}`));
  const downloading = useStudioState((s) => s.pending.includes(`download ${adapter.id}`));
  const parent = useStudioState((s) => s.adapters.find(({ id }) => id === adapter.parentId));
  const inUse = useStudioState((s) => isActive(s.live) && s.form?.startFrom === adapter.id);
  const [split, setSplit] = useState<EvaluationResults['split']>('validation');
  const dataset = datasets.find(({ id }) => id === adapter.datasetId);
  const splits: readonly EvaluationResults['split'][] =
    dataset?.rows.test === null ? ['validation'] : ['validation', 'test'];
  return (
    <li className="adapter" aria-label={adapter.name}>
      <div className="adapter-head">
        <h3>{adapter.name}</h3>
        <span className="muted">{adapter.evaluation ? formatPercent(adapter.evaluation.accuracy) : ''}</span>
      </div>
      <p className="field-help">
        {adapter.method} on {adapter.baseModel}, {adapter.datasetName}; {formatCount(adapter.parameterCount)}{' '}
        parameters, {formatBytes(adapter.sizeBytes)}; labels {adapter.labels.join(', ')}
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
        <button
          type="button"
          className="button"
          disabled={evaluating || !dataset}
          onClick={() => void studio.evaluate(adapter.id, adapter.datasetId, split)}
        >
          Evaluate
        </button>
        <button
          type="button"
          className="button"
          disabled={downloading}
          onClick={() => void studio.downloadAdapter(adapter.id)}
        >
          <Download size={14} aria-hidden /> Download zip
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label={`Start from ${adapter.name}`}
          title="Go on training from this adapter"
          onClick={() =>
            studio.edit({
              startFrom: adapter.id,
              baseModel: adapter.baseModel,
              method: adapter.method,
              datasetId: dataset ? adapter.datasetId : (datasets[0]?.id ?? ''),
            })
          }
        >
          <GitBranchPlus size={16} aria-hidden />
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label={`Delete adapter ${adapter.name}`}
          title="Delete this adapter"
          disabled={inUse}
          onClick={() => {
            if (
              confirm(
                `Delete the adapter ${adapter.name}? This cannot be undone; download its zip first if you may want it.`,
              )
            )
              void studio.deleteAdapter(adapter.id);
          }}
        >
          <Trash2 size={16} aria-hidden />
        </button>
      </div>
      {evaluating && <p className="field-help">Evaluating…</p>}
      {results && !evaluating && <Results results={results} />}
    </li>
  );
}

function Results({ results }: { readonly results: EvaluationResults }) {
  return (
    <section aria-label="Evaluation">
      <p className="field-help">
        {formatCount(results.rows)} {results.split} rows
      </p>
      <dl className="stats">
        <Stat name="Loss" value={formatLoss(results.loss)} />
        <Stat name="Accuracy" value={formatPercent(results.accuracy)} />
        <Stat name="Macro F1" value={formatPercent(results.macroF1)} />
        <Stat name="Runtime" value={formatDuration(results.runtimeSeconds)} />
        <Stat name="Samples/s" value={formatRate(results.samplesPerSecond)} />
        <Stat name="Steps/s" value={formatRate(results.stepsPerSecond)} />
      </dl>
    </section>
  );
}
