/** Train, Pause, Resume, Stop; where the run is. */
import { Pause, Play, Square } from 'lucide-react';
import { leadsOn, next, wordOf } from '../../runs/life';
import { computedOn, type ExecutorInfo } from '../../runs/record';
import { formatCount, formatDuration, formatRate } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { formProblems } from '../store/form';
import { isActive, type LiveRun, type StudioState } from '../store/state';
import { QueueQuestion } from './QueueQuestion';

const phaseWords = {
  model: 'Reading the base model',
  tokenizing: 'Tokenizing',
  compiling: 'Compiling kernels',
  evaluating: 'Evaluating',
} as const;

/** For whoever wants to know where the time goes. */
const offersTrace = new URLSearchParams(location.search).has('trace');

/** Of a step: worth a word. */
const longStepSeconds = 2;

function selectCanTrain({ form, description, pending }: StudioState): boolean {
  if (!form || !description || pending.includes('train')) return false;
  // Who asked for a file's rows and trains at once means these rows.
  if (pending.includes('import')) return false;
  return formProblems(form, description.methods).length === 0;
}

export function RunBar() {
  const studio = useStudio();
  const live = useStudioState((s) => s.live);
  const canTrain = useStudioState(selectCanTrain);
  const asksToQueue = useStudioState((s) => s.asksToQueue);
  const interrupted = useStudioState((s) =>
    s.live === null ? s.runs.find((run) => run.status === 'interrupted') : undefined,
  );
  // Of the run that is shown; before there is one, of the next.
  const executor = useStudioState(
    (s) => s.runs.find(({ id }) => id === s.live?.runId)?.executor ?? s.description?.executor,
  );
  const importing = useStudioState((s) => s.pending.includes('import'));
  const active = isActive(live);
  const pausable = active && leadsOn(live.status, 'pause');
  const paused = live?.status === 'paused';
  return (
    <section className="panel runbar" aria-label="Run">
      <div className="runbar-row">
        {active && (
          <>
            {paused ? (
              <button
                type="button"
                className="button primary large"
                onClick={() => void studio.resume(live.runId)}
              >
                <Play size={16} aria-hidden /> Resume
              </button>
            ) : (
              <button
                type="button"
                className="button large"
                disabled={!pausable}
                onClick={() => void studio.pause()}
              >
                <Pause size={16} aria-hidden /> Pause
              </button>
            )}
            <button
              type="button"
              className="button large"
              disabled={!leadsOn(live.status, 'stop') && !live.canEnd}
              onClick={() => void studio.stop()}
            >
              <Square size={14} aria-hidden /> Stop
            </button>
          </>
        )}
        <button
          type="button"
          className={active ? 'button large' : 'button primary large'}
          disabled={!canTrain}
          onClick={() => void studio.train()}
        >
          <Play size={16} aria-hidden /> Train
        </button>
        <div className="status-line">
          <span className="dot" data-status={live?.status ?? 'idle'} aria-hidden />
          <span role="status" className="status-word">
            {live ? wordOf(live.status) : interrupted ? wordOf('interrupted') : 'Ready'}
          </span>
          <span className="status-detail">
            {live
              ? (waitingFor(live, executor) ?? detailOf(live))
              : interrupted
                ? 'A run can go on: see Runs.'
                : importing
                  ? 'Train waits for the data that is being stored.'
                  : 'Nothing is training.'}
          </span>
        </div>
        {executor && <p className="muted run-executor">{computedOn(executor)}</p>}
        {offersTrace && (
          <button type="button" className="button small" onClick={() => void studio.downloadTrace()}>
            Download trace
          </button>
        )}
      </div>
      {asksToQueue && <QueueQuestion />}
      {live && <Progress live={live} />}
    </section>
  );
}

/** A step of ONNX Runtime cannot be broken off: what Pause and Stop wait for, and how not to. */
function waitingFor(
  { status, progress, canEnd }: LiveRun,
  executor: ExecutorInfo | undefined,
): string | null {
  if (executor?.executor !== 'onnx' || (status !== 'pausing' && status !== 'stopping')) return null;
  const seconds = progress && progress.stepsPerSecond > 0 ? 1 / progress.stepsPerSecond : null;
  const waiting =
    seconds !== null && seconds >= longStepSeconds
      ? `A step takes about ${formatDuration(seconds)}, and the one under way ends first.`
      : 'The step under way ends first.';
  return canEnd ? `${waiting} Stop again ends it now: the run goes back to its last checkpoint.` : waiting;
}

function detailOf({ phase, progress, status }: LiveRun): string {
  if (phase)
    return `${phaseWords[phase.name]}${phase.total > 0 ? ` · ${Math.floor((100 * phase.done) / phase.total)} %` : ''}`;
  if (status === 'interrupted') return 'It can go on from its last checkpoint: see Runs.';
  if (!progress) return '';
  if (next(status, 'store') === 'finished') return `in ${formatDuration(progress.elapsedSeconds)}`;
  return progress.remainingSeconds === null ? '' : `about ${formatDuration(progress.remainingSeconds)} left`;
}

function Progress({ live: { progress, phase } }: { readonly live: LiveRun }) {
  const share = progress ? progress.step / Math.max(1, progress.totalSteps) : 0;
  const preparing = !progress && phase && phase.total > 0 ? phase.done / phase.total : null;
  return (
    <>
      <div
        className="progress"
        role="progressbar"
        aria-label="Training progress"
        aria-valuemin={0}
        aria-valuemax={progress?.totalSteps ?? 100}
        aria-valuenow={progress?.step ?? 0}
        data-preparing={preparing !== null}
      >
        <div style={{ width: `${100 * (preparing ?? share)}%` }} />
      </div>
      {progress && (
        <dl className="stats">
          <Stat name="Step" value={`${formatCount(progress.step)} of ${formatCount(progress.totalSteps)}`} />
          <Stat name="Epoch" value={`${progress.epoch.toFixed(2)} of ${progress.epochs}`} />
          <Stat name="Samples/s" value={formatRate(progress.samplesPerSecond)} />
          <Stat name="Tokens/s" value={formatRate(progress.tokensPerSecond)} />
          <Stat name="Steps/s" value={formatRate(progress.stepsPerSecond)} />
          <Stat name="Elapsed" value={formatDuration(progress.elapsedSeconds)} />
          <Stat
            name="Remaining"
            value={progress.remainingSeconds === null ? '–' : formatDuration(progress.remainingSeconds)}
          />
        </dl>
      )}
    </>
  );
}

export function Stat({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div className="stat">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
