/** A run in the list: what it is, what became of it, and what can be done with it. */
import {
  Archive,
  ArchiveRestore,
  FileDown,
  Pencil,
  Play,
  Repeat,
  SlidersHorizontal,
  Trash2,
} from 'lucide-react';
import { memo, type ReactNode } from 'react';
import { wordOf } from '../../runs/life';
import { composedIn, describeMethodIn } from '../../runs/settings';
import { Swatch } from '../charts/Legend';
import { styleOfRun } from '../charts/palette';
import { formatCount, formatLoss, formatMainMetric, formatRunTime, formatTime } from '../format';
import { useStudio, useStudioState } from '../store/context';
import type { RunColumn } from '../store/run-view';
import { isActive, type RunSummary } from '../store/state';
import { useDraft } from '../store/use-draft';
import { PythonButton } from './PythonButton';
import { QueuedActions } from './QueuedActions';
import { RunEdit } from './RunEdit';

interface RunRowProps {
  readonly run: RunSummary;
  readonly index: number;
  readonly shown: boolean;
  readonly columns: readonly RunColumn[];
}

export const RunRow = memo(function RunRow({ run, index, shown, columns }: RunRowProps) {
  const studio = useStudio();
  const notStored = useStudioState((s) => s.unstored.some(({ runId }) => runId === run.id));
  const [isEdited, setIsEdited] = useDraft(`edit ${run.id}`, false);
  const figures = columns.includes('result') && resultOf(run);
  const words = columns.flatMap((column) => wordsOf(run, column));
  return (
    <>
      <div className="run-head">
        <label className="run-name">
          <input type="checkbox" checked={shown} onChange={() => studio.toggleRun(run.id)} />
          <Swatch style={styleOfRun(index)} />
          <span>{run.name}</span>
        </label>
        <span
          className="tag"
          data-tone={
            notStored || run.status === 'failed' || run.status === 'interrupted'
              ? 'warn'
              : run.status === 'finished'
                ? 'good'
                : 'plain'
          }
        >
          {wordOf(run.status)}
          {notStored && ', not stored'}
        </span>
        {run.archived && <span className="tag">Archived</span>}
        {columns.includes('tags') &&
          run.tags?.map((tag) => (
            <span key={tag} className="tag run-tag">
              {tag}
            </span>
          ))}
        {figures && <span className="run-figures">{figures}</span>}
      </div>
      <div className="run-foot">
        <span className="run-what">{words.join(' · ')}</span>
        <RunActions
          run={run}
          notStored={notStored}
          isEdited={isEdited}
          onEdit={() => setIsEdited(!isEdited)}
        />
      </div>
      {columns.includes('notes') && run.notes && <p className="run-notes">{run.notes}</p>}
      {isEdited && <RunEdit run={run} onDone={() => setIsEdited(false)} />}
    </>
  );
});

function resultOf(run: RunSummary): string {
  const { dataset, results, step, totalSteps } = run;
  if (!results) return `step ${step} of ${totalSteps || '…'}`;
  const { evalRows = dataset.validationRows } = results;
  const rows = evalRows < dataset.validationRows ? ` on ${formatCount(evalRows)} rows` : '';
  return `${formatMainMetric(dataset.task, results.evalMetrics)}${rows} · loss ${formatLoss(results.trainLoss)} · ${formatRunTime(run)}`;
}

/** In the line below the name; what has a place of its own is not among them. */
function wordsOf({ settings, dataset, createdAt }: RunSummary, column: RunColumn): readonly string[] {
  switch (column) {
    case 'method':
      return [describeMethodIn(settings.method, composedIn(settings))];
    case 'base':
      return [settings.baseModel];
    case 'dataset':
      return [dataset.name];
    case 'settings':
      return [`lr ${settings.learningRate}, batch ${settings.batchSize}`];
    case 'time':
      return [formatTime(createdAt)];
    case 'result':
    case 'tags':
    case 'notes':
      return [];
    default:
      return column satisfies never;
  }
}

interface RunActionsProps {
  readonly run: RunSummary;
  readonly notStored: boolean;
  readonly isEdited: boolean;
  readonly onEdit: () => void;
}

function RunActions({ run, notStored, isEdited, onEdit }: RunActionsProps) {
  const studio = useStudio();
  const { id, name, archived = false } = run;
  const busy = useStudioState((s) => isActive(s.live));
  const isLive = useStudioState((s) => isActive(s.live) && s.live.runId === id);
  const canTrain = useStudioState((s) => s.description !== null);
  return (
    <span className="run-actions">
      {run.status === 'queued' && <QueuedActions run={run} />}
      {run.canResume && !isLive && (
        <button type="button" className="button small" disabled={busy} onClick={() => void studio.resume(id)}>
          <Play size={13} aria-hidden /> Resume
        </button>
      )}
      <button
        type="button"
        className="button small"
        title="A new run with the same settings, seed and data: the same curve on the same device"
        disabled={!canTrain}
        onClick={() => void studio.runAgain(id)}
      >
        <Repeat size={13} aria-hidden /> Run again
      </button>
      <button
        type="button"
        className="button small"
        title="Fills the form with what this run had"
        disabled={!canTrain}
        onClick={() => studio.changeAndRun(id)}
      >
        <SlidersHorizontal size={13} aria-hidden /> Change and run
      </button>
      <PythonButton runId={id} />
      <IconButton
        label={`Edit ${name}`}
        title="Name, tags and notes"
        isExpanded={isEdited}
        onClick={onEdit}
        icon={<Pencil size={16} aria-hidden />}
      />
      <IconButton
        label={`Replay files of ${name}`}
        title="Order, initial values and rows, to replay the run in Python"
        onClick={() => void studio.downloadRun(id)}
        icon={<FileDown size={16} aria-hidden />}
      />
      <IconButton
        label={`${archived ? 'Unarchive' : 'Archive'} ${name}`}
        title={archived ? 'Back into the list' : 'Out of the list; nothing is deleted'}
        onClick={() => void studio.changeRun(id, { archived: !archived })}
        icon={archived ? <ArchiveRestore size={16} aria-hidden /> : <Archive size={16} aria-hidden />}
      />
      {run.status !== 'queued' && (
        <IconButton
          label={`Delete run ${name}`}
          title={notStored ? 'Delete this run with its adapter' : 'Delete this run; its adapter stays'}
          disabled={isLive}
          onClick={() => studio.deleteRunSoon(id)}
          icon={<Trash2 size={16} aria-hidden />}
        />
      )}
    </span>
  );
}

interface IconButtonProps {
  readonly label: string;
  readonly title: string;
  readonly icon: ReactNode;
  readonly onClick: () => void;
  readonly disabled?: boolean;
  /** Of one that opens something. */
  readonly isExpanded?: boolean;
}

const IconButton = ({ label, title, icon, onClick, disabled = false, isExpanded }: IconButtonProps) => (
  <button
    type="button"
    className="icon-button"
    aria-label={label}
    aria-expanded={isExpanded}
    title={title}
    disabled={disabled}
    onClick={onClick}
  >
    {icon}
  </button>
);
