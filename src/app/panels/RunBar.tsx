/** Train, Pause, Resume, Stop; where the run is. */
import { Play } from 'lucide-react';
import { type RefObject, useEffect, useRef } from 'react';
import type { RunProgress } from '../../protocol/types';
import { next, wordOf } from '../../runs/life';
import { computedOn, type ExecutorInfo } from '../../runs/record';
import { timesOf, totalSeconds } from '../../runs/times';
import { ActionButton } from '../actions/ActionButton';
import { hold, stop, train } from '../actions/page-actions';
import { formatCount, formatDuration, formatRate } from '../format';
import { LinkTo } from '../frame/LinkTo';
import { LiveCurve } from '../frame/LiveCurve';
import { useStudio, useStudioState } from '../store/context';
import { isActive, type LiveRun, remainingOf } from '../store/state';
import { useFocusHandedOn } from '../use-focus-handed-on';
import { QueueQuestion } from './QueueQuestion';
import { RunTime } from './RunTime';
import { WhileTraining } from './WhileTraining';

const phaseWords = {
  model: 'Reading the base model',
  tokenizing: 'Tokenizing',
  compiling: 'Compiling kernels',
  evaluating: 'Evaluating',
  saving: 'Saving the adapter',
} as const;

/** For whoever wants to know where the time goes. */
const offersTrace = new URLSearchParams(location.search).has('trace');

/** Of a step: worth a word. */
const longStepSeconds = 2;

/** The bar stays in view; the figures below it are where the run is set up. */
export function RunBar() {
  const live = useStudioState((s) => s.live);
  const asksToQueue = useStudioState((s) => s.asksToQueue);
  const isAtTrain = useStudioState((s) => s.place === 'train');
  const bar = useRef<HTMLDivElement>(null);
  useHeightTold(bar);
  return (
    <section className="runbar" aria-label="Run">
      <div ref={bar} className="runbar-bar">
        <div className="runbar-row">
          <RunButtons />
          <StatusLine />
          <LiveCurve />
          {offersTrace && <TraceButton />}
        </div>
        {asksToQueue && <QueueQuestion />}
        {live && <Progress live={live} />}
      </div>
      {isAtTrain && live?.progress && <Figures progress={live.progress} isOver={!isActive(live)} />}
      {isAtTrain && live && <WhileTraining />}
    </section>
  );
}

/** To the styles: what stays in view below the bar begins where it ends, and on a phone a run's bar has two rows. */
function useHeightTold(bar: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const height = entry?.borderBoxSize[0]?.blockSize;
      if (height) document.documentElement.style.setProperty('--bar-height', `${height}px`);
    });
    observer.observe(bar.current!);
    return () => observer.disconnect();
  }, [bar]);
}

function RunButtons() {
  const active = useStudioState((s) => isActive(s.live));
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <ActionButton ref={button} action={train} of={undefined} look={active ? 'large' : 'primary large'} />
      {active && <LiveButtons onGone={() => button.current?.focus()} />}
    </>
  );
}

/** `onGone`: the focus was on one of them, which is no longer there. */
function LiveButtons({ onGone }: { readonly onGone: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  useFocusHandedOn(box, onGone);
  const isPaused = useStudioState((s) => s.live?.status === 'paused');
  return (
    <div ref={box} className="runbar-live">
      <ActionButton
        action={hold}
        of={undefined}
        look={isPaused ? 'primary large' : 'large'}
        icon={isPaused ? Play : hold.icon}
      />
      <ActionButton action={stop} of={undefined} look="large" size={14} />
    </div>
  );
}

function StatusLine() {
  const live = useStudioState((s) => s.live);
  const isInterrupted = useStudioState(
    (s) => s.live === null && s.runs.some((run) => run.status === 'interrupted'),
  );
  // Of the run that is shown; before there is one, of the next.
  const executor = useStudioState(
    (s) => s.runs.find(({ id }) => id === s.live?.runId)?.executor ?? s.description?.executor,
  );
  const importing = useStudioState((s) => s.pending.includes('import'));
  return (
    <div className="status-line">
      <span className="dot" data-status={live?.status ?? 'idle'} aria-hidden />
      <span role="status" className="status-word">
        {live ? wordOf(live.status) : isInterrupted ? wordOf('interrupted') : 'Ready'}
      </span>
      <div className="status-detail">
        {live ? (
          (waitingFor(live, executor) ?? <Detail live={live} />)
        ) : isInterrupted ? (
          <>
            A run can go on: see <LinkTo place="compare">Runs</LinkTo>.
          </>
        ) : importing ? (
          'Train waits for the data that is being stored.'
        ) : (
          'Nothing is training.'
        )}
      </div>
      {executor && (
        <span className="muted run-executor">
          {computedOn(executor)}
          {isActive(live) && live.tab !== null && ', in another tab'}
        </span>
      )}
    </div>
  );
}

function TraceButton() {
  const studio = useStudio();
  return (
    <button type="button" className="button small" onClick={() => void studio.downloadTrace()}>
      Download trace
    </button>
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

function Detail({ live }: { readonly live: LiveRun }) {
  const { phase, progress, status } = live;
  const isAtTrain = useStudioState((s) => s.place === 'train');
  const run = useStudioState((s) => s.runs.find(({ id }) => id === live.runId));
  if (status === 'interrupted')
    return (
      <>
        It can go on from its last checkpoint: see <LinkTo place="compare">Runs</LinkTo>.
      </>
    );
  const words = phase && `${phaseWords[phase.name]}${shareOf(phase)}`;
  // What a run took in the end is in its record.
  const times = !isActive(live) && run ? timesOf(run) : progress?.times;
  const seconds = times ? totalSeconds(times) : 0;
  if (!progress || !times || seconds === 0) return words;
  const remaining = remainingOf(live);
  const isFinished = next(status, 'store') === 'finished';
  const time = isFinished
    ? `in ${formatDuration(seconds)}`
    : isActive(live)
      ? `${formatDuration(seconds)} so far${remaining ? `, about ${formatDuration(totalSeconds(remaining))} left` : ''}`
      : `at step ${formatCount(progress.step)} of ${formatCount(progress.totalSteps)}, after ${formatDuration(seconds)}`;
  return (
    <div className="status-time">
      {words && <span>{words}</span>}
      <RunTime words={time} times={times} remaining={remaining} />
      {isFinished && !isAtTrain && <LinkTo place="train">See the result</LinkTo>}
    </div>
  );
}

const shareOf = ({ done, total }: NonNullable<LiveRun['phase']>) =>
  total > 0 ? ` · ${Math.floor((100 * done) / total)} %` : '';

/** By time, so that evaluations and the end are in it; by steps until that can be told, and of a run that has ended. */
function Progress({ live }: { readonly live: LiveRun }) {
  const { progress, phase } = live;
  const remaining = remainingOf(live);
  const past = progress ? totalSeconds(progress.times) : 0;
  const share = !progress
    ? 0
    : remaining
      ? past / Math.max(past + totalSeconds(remaining), 1e-9)
      : progress.step / Math.max(1, progress.totalSteps);
  const preparing = !progress && phase && phase.total > 0 ? phase.done / phase.total : null;
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label="Training progress"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(100 * share)}
      aria-valuetext={progress ? `Step ${progress.step} of ${progress.totalSteps}` : undefined}
      data-preparing={preparing !== null}
    >
      <div style={{ width: `${100 * (preparing ?? share)}%` }} />
    </div>
  );
}

interface FiguresProps {
  readonly progress: RunProgress;
  /** Its speeds are the result's to tell. */
  readonly isOver: boolean;
}

function Figures({ progress, isOver }: FiguresProps) {
  const { step, totalSteps, epoch, epochs } = progress;
  return (
    <dl className="stats run-figures-now">
      <Stat name="Step" value={`${formatCount(step)} of ${formatCount(totalSteps)}`} />
      <Stat name="Epoch" value={`${epoch.toFixed(2)} of ${epochs}`} />
      {!isOver && (
        <>
          <Stat name="Samples/s" value={formatRate(progress.samplesPerSecond)} />
          <Stat name="Tokens/s" value={formatRate(progress.tokensPerSecond)} />
          <Stat name="Steps/s" value={formatRate(progress.stepsPerSecond)} />
        </>
      )}
    </dl>
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
