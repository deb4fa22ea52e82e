/** Train, Pause, Resume, Stop; where the run is. */
import { Pause, Play, Square } from 'lucide-react';
import { type Action, pauseAction, resumeAction, stopAction, trainAction } from '../actions/run-actions';
import { formatCount, formatDuration, formatRate } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { isActive, type LiveRun } from '../store/state';
import { Stat } from './Stat';

/** The words of the status line; automation relies on them. Phases of preparing stand beside the word. */
const statusWords: Readonly<Record<LiveRun['status'], string>> = {
  preparing: 'Training',
  training: 'Training',
  pausing: 'Pausing',
  paused: 'Paused',
  stopping: 'Stopping',
  finished: 'Finished',
  stopped: 'Stopped',
  interrupted: 'Interrupted',
  failed: 'Failed',
};

const phaseWords = {
  model: 'reading the base model',
  tokenizing: 'tokenizing',
  compiling: 'compiling kernels',
  evaluating: 'evaluating',
} as const;

export function RunBar() {
  const live = useStudioState((s) => s.live);
  const starting = useStudioState((s) => s.pending.includes('train'));
  const active = isActive(live);
  return (
    <section className="panel runbar" aria-label="Run">
      <div className="runbar-row">
        <div className="actions">
          {active ? (
            <>
              {live.status === 'paused' ? (
                <ActionButton action={resumeAction} icon={Play} primary />
              ) : (
                <ActionButton action={pauseAction} icon={Pause} />
              )}
              <ActionButton action={stopAction} icon={Square} />
            </>
          ) : (
            <ActionButton action={trainAction} icon={Play} primary />
          )}
        </div>
        <Status live={live} starting={starting} />
      </div>
      {live && <Progress live={live} />}
    </section>
  );
}

interface ActionButtonProps {
  readonly action: Action;
  readonly icon: typeof Play;
  readonly primary?: boolean;
}

function ActionButton({ action, icon: Icon, primary = false }: ActionButtonProps) {
  const studio = useStudio();
  const enabled = useStudioState(action.isEnabled);
  return (
    <button
      type="button"
      className={primary ? 'button primary large' : 'button large'}
      disabled={!enabled}
      aria-keyshortcuts={action.shortcut}
      title={`${action.label} (${action.shortcut.replace('Control', 'Ctrl').replace('+', ' + ')})`}
      onClick={() => action.perform(studio)}
    >
      <Icon size={15} fill="currentColor" aria-hidden /> {action.label}
    </button>
  );
}

function Status({ live, starting }: { readonly live: LiveRun | null; readonly starting: boolean }) {
  const interrupted = useStudioState((s) => s.runs.find((run) => run.status === 'interrupted')?.name);
  const run = useStudioState((s) => s.runs.find(({ id }) => id === live?.runId)?.name);
  const isWaiting = live === null && interrupted !== undefined;
  const status = starting ? 'preparing' : (live?.status ?? (isWaiting ? 'interrupted' : null));
  const detail = starting
    ? 'Preparing…'
    : live
      ? detailOf(live)
      : isWaiting
        ? `${interrupted} can go on: Resume it under Runs.`
        : 'Nothing is training.';
  return (
    <div className="status-line">
      <span className="dot" data-status={status ?? 'idle'} aria-hidden />
      <span role="status" className="status-word">
        {status ? statusWords[status] : 'Ready'}
      </span>
      {run && !starting && <span className="status-detail">{run}</span>}
      {detail && <span className="status-detail">{run && !starting ? `· ${detail}` : detail}</span>}
    </div>
  );
}

function detailOf({ phase, progress, status }: LiveRun): string {
  if (phase) {
    const share = phase.total > 0 ? ` · ${Math.floor((100 * phase.done) / phase.total)} %` : '';
    return phase.name === 'evaluating'
      ? `Evaluating${share}`
      : `Preparing: ${phaseWords[phase.name]}${share}`;
  }
  if (status === 'preparing') return 'Preparing…';
  if (!progress) return '';
  if (status === 'finished') return `in ${formatDuration(progress.elapsedSeconds)}`;
  const going = status === 'training' && progress.remainingSeconds !== null;
  return going ? `about ${formatDuration(progress.remainingSeconds ?? 0)} left` : '';
}

/** The figures stand there from the start, so that nothing jumps when the first step is done. */
function Progress({ live: { runId, progress, phase, status } }: { readonly live: LiveRun }) {
  const known = useStudioState((s) => s.runs.find(({ id }) => id === runId));
  const step = progress?.step ?? known?.step ?? 0;
  const totalSteps = progress?.totalSteps ?? known?.totalSteps ?? 0;
  const epochs = progress?.epochs ?? known?.settings.epochs ?? 0;
  const preparing = !progress && phase && phase.total > 0 ? phase.done / phase.total : null;
  const seconds = (value: number | null | undefined) => (value == null ? '–' : formatDuration(value));
  return (
    <>
      <div
        className="progress"
        role="progressbar"
        aria-label="Training progress"
        aria-valuemin={0}
        aria-valuemax={Math.max(1, totalSteps)}
        aria-valuenow={step}
        data-preparing={preparing !== null}
        data-status={status}
      >
        <div style={{ transform: `scaleX(${preparing ?? step / Math.max(1, totalSteps)})` }} />
      </div>
      <dl className="stats">
        <Stat
          name="Step"
          value={`${formatCount(step)} of ${totalSteps > 0 ? formatCount(totalSteps) : '…'}`}
        />
        <Stat name="Epoch" value={`${(progress?.epoch ?? 0).toFixed(2)} of ${epochs}`} />
        <Stat name="Samples/s" value={formatRate(progress?.samplesPerSecond ?? 0)} />
        <Stat name="Tokens/s" value={formatRate(progress?.tokensPerSecond ?? 0)} />
        <Stat name="Steps/s" value={formatRate(progress?.stepsPerSecond ?? 0)} />
        <Stat name="Elapsed" value={seconds(progress?.elapsedSeconds)} />
        <Stat name="Remaining" value={seconds(progress?.remainingSeconds)} />
      </dl>
    </>
  );
}
