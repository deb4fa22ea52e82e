/** A run in the list: what it is, what became of it, and what can be done with it. */
import { ArchiveRestore } from 'lucide-react';
import { memo } from 'react';
import { wordOf } from '../../runs/life';
import { figureInWords } from '../../runs/setting';
import { composedIn, describeMethodIn } from '../../runs/settings';
import { ActionButton } from '../actions/ActionButton';
import { isOffered } from '../actions/action';
import {
  archive,
  changeAndRun,
  deleteRun,
  editRun,
  replayFiles,
  resume,
  runAgain,
} from '../actions/run-actions';
import { Swatch } from '../charts/Legend';
import { styleOfRun } from '../charts/palette';
import { formatCount, formatLoss, formatMainMetric, formatRunTime, formatTime } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { deleteButtonId } from '../store/deletions';
import { type Titled, useMethodTitles } from '../store/method-titles';
import type { RunColumn } from '../store/run-view';
import type { RunSummary } from '../store/state';
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
  const titled = useMethodTitles();
  const [isEdited, setIsEdited] = useDraft(`edit ${run.id}`, false);
  const figures = columns.includes('result') && resultOf(run);
  const words = columns.flatMap((column) => wordsOf(run, column, titled));
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
        <RunActions run={run} isEdited={isEdited} onEdit={() => setIsEdited(!isEdited)} />
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
function wordsOf(
  { settings, dataset, createdAt }: RunSummary,
  column: RunColumn,
  titled: Titled,
): readonly string[] {
  switch (column) {
    case 'method':
      return [titled(describeMethodIn(settings.method, composedIn(settings)))];
    case 'base':
      return [settings.baseModel];
    case 'dataset':
      return [dataset.name];
    case 'settings':
      return [`lr ${figureInWords(settings.learningRate)}, batch ${settings.batchSize}`];
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
  readonly isEdited: boolean;
  readonly onEdit: () => void;
}

function RunActions({ run, isEdited, onEdit }: RunActionsProps) {
  const canResume = useStudioState((s) => isOffered(resume, s, run));
  return (
    <span className="run-actions">
      {run.status === 'queued' && <QueuedActions run={run} />}
      {canResume && <ActionButton action={resume} of={run} look="small" />}
      <ActionButton action={runAgain} of={run} look="small" />
      <ActionButton action={changeAndRun} of={run} look="small" />
      <PythonButton run={run} />
      <ActionButton action={{ ...editRun, perform: onEdit }} of={run} look="icon" isExpanded={isEdited} />
      <ActionButton action={replayFiles} of={run} look="icon" />
      <ActionButton
        action={archive}
        of={run}
        look="icon"
        icon={run.archived ? ArchiveRestore : archive.icon}
      />
      {run.status !== 'queued' && (
        <ActionButton
          action={deleteRun}
          of={run}
          look="icon"
          id={deleteButtonId({ kind: 'run', id: run.id })}
        />
      )}
    </span>
  );
}
