/** The figures of the run that ended last, as the reference run prints them, and what to do next. */
import { Download, MessageSquareText } from 'lucide-react';
import { formatCount, formatDuration, formatLoss, formatPercent, formatRate } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { isActive } from '../store/state';
import { Stat } from './Stat';

export function ResultCard() {
  const studio = useStudio();
  const run = useStudioState((s) =>
    isActive(s.live) ? undefined : s.runs.find(({ id }) => id === s.live?.runId),
  );
  const adapterStored = useStudioState((s) => s.adapters.some(({ id }) => id === run?.adapterId));
  // A run that the worker left behind has nothing to tell yet; the banner and the status line do.
  if (!run || run.status === 'interrupted') return null;
  const { results, executor, error } = run;
  const adapterId = adapterStored ? run.adapterId : null;
  return (
    <section className="panel result" aria-label="Result" data-tone={results ? 'done' : 'plain'}>
      <div className="panel-head">
        <div>
          <h2>
            {results
              ? `${formatPercent(results.evalAccuracy)} of the validation rows right`
              : `${run.name} is ${run.status}`}
          </h2>
          <p className="muted">
            {run.name} on {executor.executor === 'webgpu' ? 'WebGPU' : 'the reference executor'},{' '}
            {executor.adapter}
            {run.skippedSteps > 0 ? `; ${run.skippedSteps} steps skipped` : ''}
            {run.bitExact ? '' : '; resumed with other kernels, so not bit for bit'}
          </p>
        </div>
        {adapterId && (
          <div className="actions">
            <a className="button primary" href="#try-it">
              <MessageSquareText size={15} aria-hidden /> Try it
            </a>
            {/* Not “Download zip”: that is the adapter's own button, and a name means one thing. */}
            <button type="button" className="button" onClick={() => void studio.downloadAdapter(adapterId)}>
              <Download size={15} aria-hidden /> Download the adapter
            </button>
          </div>
        )}
      </div>
      {error && (
        <p className="field-problem">
          {error.message} {error.hint}
        </p>
      )}
      {results && (
        <dl className="stats">
          <Stat name="Global step" value={formatCount(results.globalStep)} />
          <Stat name="Train loss" value={formatLoss(results.trainLoss)} />
          <Stat name="Eval loss" value={formatLoss(results.evalLoss)} />
          <Stat name="Eval accuracy" value={formatPercent(results.evalAccuracy)} />
          <Stat name="Runtime" value={formatDuration(results.trainRuntimeSeconds)} />
          <Stat name="Samples/s" value={formatRate(results.trainSamplesPerSecond)} />
          <Stat name="Steps/s" value={formatRate(results.trainStepsPerSecond)} />
          <Stat name="Total FLOPs" value={formatCount(results.totalFlos)} />
        </dl>
      )}
    </section>
  );
}
