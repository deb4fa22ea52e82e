/** What came of the run that ended last: how good it is, what it took, what to do next; every figure one step further. */
import { TriangleAlert } from 'lucide-react';
import { exportFormats } from '../../protocol/types';
import { type RunRecord, runComputedOn } from '../../runs/record';
import { timesOf } from '../../runs/times';
import { metrics, metricsOfTask } from '../../task';
import { formatBytes, formatCount, formatLoss, formatMetric, formatRate, formatRunTime } from '../format';
import { LinkTo } from '../frame/LinkTo';
import { useStudio, useStudioState } from '../store/context';
import { useAdapters } from '../store/present';
import { isActive } from '../store/state';
import { verdictOf } from '../store/verdict';
import { Disclosure } from './Disclosure';
import { Stat } from './RunBar';
import { TimesTable } from './RunTime';

export function ResultCard() {
  const studio = useStudio();
  const run = useStudioState((s) =>
    isActive(s.live) ? undefined : s.runs.find(({ id }) => id === s.live?.runId),
  );
  const adapter = useAdapters().find(({ id }) => id === run?.adapterId);
  const format = adapter && exportFormats.find((id) => adapter.exports[id] === null);
  // The series are outside the state; their version says when to look.
  useStudioState((s) => s.seriesVersion);
  if (!run) return null;
  const { results } = run;
  const verdict = verdictOf(run, studio.series.get(run.id)?.losses ?? []);
  return (
    <section className="panel result" aria-label="Result" data-verdict={verdict.tone}>
      <div className="panel-head">
        <h2>{verdict.title}</h2>
        {verdict.baseline && <p className="muted">{verdict.baseline}</p>}
      </div>
      {run.error && (
        <p className="field-problem">
          {run.error.message} {run.error.hint}
          {run.canResume && (
            <>
              {' '}
              It can go on from its last checkpoint: see <LinkTo place="compare">Runs</LinkTo>.
            </>
          )}
        </p>
      )}
      {verdict.trouble && (
        <p className="result-trouble">
          <TriangleAlert size={14} aria-hidden /> {verdict.trouble}
        </p>
      )}
      {verdict.nextStep && <p className="result-next">{verdict.nextStep}</p>}
      <dl className="stats">
        {run.step > 0 && <Stat name="Time" value={formatRunTime(run)} />}
        {adapter && <Stat name="Adapter" value={formatBytes(adapter.sizeBytes)} />}
      </dl>
      {adapter && (
        <div className="actions">
          <LinkTo place="use" className="button primary">
            Try a sentence
          </LinkTo>
          {format && (
            <button
              type="button"
              className="button"
              onClick={() => void studio.downloadAdapter(adapter.id, format)}
            >
              Download the {format === 'merged' ? 'model' : 'adapter'}
            </button>
          )}
        </div>
      )}
      <Disclosure title="All figures">
        {results && <Figures results={results} task={run.dataset.task} />}
        <TimesTable times={timesOf(run)} remaining={null} />
        <p className="muted">
          {runComputedOn(run)}
          {run.bitExact ? '' : ', not bit-exact'}
          {run.skippedSteps > 0 ? `, ${run.skippedSteps} steps skipped` : ''}
        </p>
      </Disclosure>
    </section>
  );
}

interface FiguresProps {
  readonly results: NonNullable<RunRecord['results']>;
  readonly task: RunRecord['dataset']['task'];
}

/** As the reference run prints them. */
function Figures({ results, task }: FiguresProps) {
  return (
    <dl className="stats">
      {metricsOfTask[task].map((name) => (
        <Stat
          key={name}
          name={`Eval ${metrics[name].title}`}
          value={formatMetric(name, results.evalMetrics[name])}
        />
      ))}
      <Stat name="Eval loss" value={formatLoss(results.evalLoss)} />
      <Stat name="Train loss" value={formatLoss(results.trainLoss)} />
      <Stat name="Global step" value={formatCount(results.globalStep)} />
      <Stat name="Samples/s" value={formatRate(results.trainSamplesPerSecond)} />
      <Stat name="Steps/s" value={formatRate(results.trainStepsPerSecond)} />
      <Stat name="Total FLOPs" value={formatCount(results.totalFlos)} />
    </dl>
  );
}
