/** The table of what can be done with a run. */
import {
  Archive,
  ArrowDown,
  ArrowUp,
  ChartLine,
  FileCode,
  FileDown,
  Pencil,
  Play,
  Repeat,
  SlidersHorizontal,
  Trash2,
  X,
} from 'lucide-react';
import { waitingRuns } from '../../runs/queue';
import { isActive, type RunSummary, type StudioState } from '../store/state';
import { type Action, free } from './action';
import { togglePython } from './page-actions';

type RunAction = Action<RunSummary>;

const isLive = ({ live }: StudioState, run: RunSummary): boolean => isActive(live) && live.runId === run.id;

const whenClosed = ({ description, openError }: StudioState): string | null =>
  description ? null : (openError?.message ?? 'The studio is opening.');

export const resume: RunAction = {
  id: 'run-resume',
  group: 'runs',
  icon: Play,
  label: () => 'Resume',
  help: 'Goes on from its last checkpoint',
  isOffered: (s, run) => run.canResume && !isLive(s, run),
  blocked: ({ live }) => (isActive(live) ? 'Another run is training.' : null),
  perform: (studio, { id }) => void studio.resume(id),
};

export const runAgain: RunAction = {
  id: 'run-again',
  group: 'runs',
  icon: Repeat,
  label: () => 'Run again',
  help: 'A new run with the same settings, seed and data: the same curve on the same device',
  blocked: whenClosed,
  perform: (studio, { id }) => void studio.runAgain(id),
};

export const changeAndRun: RunAction = {
  id: 'run-change',
  group: 'runs',
  icon: SlidersHorizontal,
  label: () => 'Change and run',
  help: 'Fills the form with what this run had',
  blocked: whenClosed,
  perform: (studio, { id }) => studio.changeAndRun(id),
};

export const pythonOfRun: RunAction = {
  id: 'run-python',
  group: 'runs',
  icon: FileCode,
  label: () => 'Python',
  help: 'This run as a Python script',
  blocked: free,
  isOn: ({ python }, { id }) => python?.runId === id,
  perform: (studio, { id }) => togglePython(studio, id),
};

const showRun: RunAction = {
  id: 'run-show',
  group: 'runs',
  icon: ChartLine,
  label: () => 'On the charts',
  blocked: free,
  isOn: ({ shownRuns }, { id }) => shownRuns.includes(id),
  perform: (studio, { id }) => studio.toggleRun(id),
};

/** Its button opens the fields in the run's own row. */
export const editRun: Omit<RunAction, 'perform'> = {
  id: 'run-edit',
  group: 'runs',
  icon: Pencil,
  label: () => 'Edit',
  name: (_, { name }) => `Edit ${name}`,
  help: 'Name, tags and notes',
  blocked: free,
  notInPalette: 'Its fields open within the row.',
};

export const replayFiles: RunAction = {
  id: 'run-replay',
  group: 'runs',
  icon: FileDown,
  label: () => 'Replay files',
  name: (_, { name }) => `Replay files of ${name}`,
  help: 'Order, initial values and rows, to replay the run in Python',
  blocked: free,
  perform: (studio, { id }) => void studio.downloadRun(id),
};

export const archive: RunAction = {
  id: 'run-archive',
  group: 'runs',
  icon: Archive,
  label: (_, { archived }) => (archived ? 'Unarchive' : 'Archive'),
  name: (_, { archived, name }) => `${archived ? 'Unarchive' : 'Archive'} ${name}`,
  help: (_, { archived }) => (archived ? 'Back into the list' : 'Out of the list; nothing is deleted'),
  blocked: free,
  perform: (studio, { id, archived = false }) => void studio.changeRun(id, { archived: !archived }),
};

export const deleteRun: RunAction = {
  id: 'run-delete',
  group: 'runs',
  icon: Trash2,
  label: () => 'Delete run',
  name: (_, { name }) => `Delete run ${name}`,
  help: ({ unstored }, { id }) =>
    unstored.some(({ runId }) => runId === id)
      ? 'Delete this run with its adapter'
      : 'Delete this run; its adapter stays',
  isOffered: (_, { status }) => status !== 'queued',
  blocked: (s, run) => (isLive(s, run) ? 'It is training: stop it first.' : null),
  perform: (studio, { id }) => studio.deleteSoon('run', id),
};

const positionOf = ({ runs }: StudioState, { id }: RunSummary) => {
  const waiting = waitingRuns(runs);
  return { at: waiting.findIndex((run) => run.id === id), last: waiting.length - 1 };
};

const waits = (_: StudioState, { status }: RunSummary) => status === 'queued';

export const moveForward: RunAction = {
  id: 'run-forward',
  group: 'runs',
  icon: ArrowUp,
  label: () => 'Sooner',
  name: (_, { name }) => `Move ${name} forward`,
  help: 'Sooner',
  isOffered: waits,
  blocked: (s, run) => (positionOf(s, run).at <= 0 ? 'It is the next one.' : null),
  perform: (studio, run) => void studio.moveQueued(run.id, positionOf(studio.store.getState(), run).at - 1),
};

export const moveBack: RunAction = {
  id: 'run-back',
  group: 'runs',
  icon: ArrowDown,
  label: () => 'Later',
  name: (_, { name }) => `Move ${name} back`,
  help: 'Later',
  isOffered: waits,
  blocked: (s, run) => {
    const { at, last } = positionOf(s, run);
    return at >= last ? 'It is the last one.' : null;
  },
  perform: (studio, run) => void studio.moveQueued(run.id, positionOf(studio.store.getState(), run).at + 1),
};

export const takeOut: RunAction = {
  id: 'run-out',
  group: 'runs',
  icon: X,
  label: () => 'Take out of the queue',
  name: (_, { name }) => `Take ${name} out of the queue`,
  isOffered: waits,
  blocked: free,
  perform: (studio, { id }) => studio.deleteSoon('run', id),
};

/** In the order of the palette; those with a `perform` of their own. */
export const runActions: readonly RunAction[] = [
  showRun,
  resume,
  moveForward,
  moveBack,
  takeOut,
  runAgain,
  changeAndRun,
  pythonOfRun,
  replayFiles,
  archive,
  deleteRun,
];
