/** The table of what can be done on the page as a whole. */
import {
  Axis3d,
  ChartLine,
  Command,
  Database,
  FileCode,
  FileDown,
  FileUp,
  ImageDown,
  Keyboard,
  ListEnd,
  type LucideIcon,
  Moon,
  Pause,
  Play,
  Search,
  Sparkles,
  Square,
  Sun,
  Undo2,
} from 'lucide-react';
import { leadsOn } from '../../runs/life';
import { placeWords } from '../charts/place-words';
import { type Place, places } from '../frame/places';
import { formProblems } from '../store/form';
import { axes, isActive, type StudioState } from '../store/state';
import type { Studio } from '../store/studio';
import { type Action, free } from './action';
import type { Shortcut } from './shortcut';

const placeLooks: Readonly<Record<Place, { readonly icon: LucideIcon; readonly shortcut: Shortcut }>> = {
  data: { icon: Database, shortcut: '1' },
  train: { icon: Play, shortcut: '2' },
  compare: { icon: ChartLine, shortcut: '3' },
  use: { icon: Sparkles, shortcut: '4' },
};

const goActions = (Object.keys(places) as Place[]).map(
  (place): Action => ({
    id: `go-${place}`,
    group: 'go',
    ...placeLooks[place],
    label: () => places[place],
    name: () => `Go to ${places[place]}`,
    blocked: (s) => (s.place === place ? 'You are there.' : null),
    perform: (studio) => studio.go(place),
  }),
);

export const placeIcon = (place: Place): LucideIcon => placeLooks[place].icon;

/** Element ids that actions give the focus to. */
export const searchRunsId = 'search-runs';
export const datasetFileId = 'dataset-file';

const chooseFile: Action = {
  id: 'choose-file',
  group: 'go',
  icon: FileUp,
  label: () => 'Choose a dataset file',
  shortcut: 'O',
  blocked: (s) => whenClosed(s) ?? (s.importing || s.importProgress ? 'A file is being read.' : null),
  perform: (studio) => {
    studio.go('data');
    studio.askFocus(datasetFileId);
  },
};

const searchRuns: Action = {
  id: 'search-runs',
  group: 'runs',
  icon: Search,
  label: () => 'Search runs',
  shortcut: 'F',
  blocked: (s) => (s.runs.length === 0 ? 'There are no runs yet.' : null),
  perform: (studio) => {
    studio.go('compare');
    studio.askFocus(searchRunsId);
  },
};

const whenClosed = ({ openError, form, description }: StudioState): string | null => {
  if (form && description) return null;
  return openError ? openError.message : 'The studio is opening.';
};

/** What keeps the form from training, or from waiting for its turn. */
function whyNotTrain(s: StudioState): string | null {
  const closed = whenClosed(s);
  if (closed !== null || !s.form || !s.description) return closed;
  // Who asked for a file's rows and trains at once means these rows.
  if (s.pending.includes('import')) return 'It waits for the data that is being stored.';
  if (s.pending.includes('train')) return 'The run is beginning.';
  const [problem] = formProblems(s.form, s.description.methods);
  return problem ?? null;
}

export const train: Action = {
  id: 'train',
  group: 'training',
  icon: Play,
  label: () => 'Train',
  help: 'A new run with what the form says; where one trains, it asks whether to wait',
  shortcut: 'T',
  blocked: whyNotTrain,
  perform: (studio) => void studio.train(),
};

const addToQueue: Action = {
  id: 'add-to-queue',
  group: 'training',
  icon: ListEnd,
  label: () => 'Add to queue',
  help: 'A run with what the form says, behind the one that trains',
  shortcut: 'Q',
  blocked: (s) => (isActive(s.live) ? whyNotTrain(s) : 'Nothing trains that it could wait for.'),
  perform: (studio) => void studio.queue(),
};

/** Pause, and Resume where the run is paused. */
export const hold: Action = {
  id: 'pause-or-resume',
  group: 'training',
  icon: Pause,
  label: ({ live }) => (live?.status === 'paused' ? 'Resume' : 'Pause'),
  shortcut: 'P',
  blocked: ({ live }) => {
    if (!isActive(live)) return 'Nothing is training.';
    if (live.status === 'paused' || leadsOn(live.status, 'pause')) return null;
    return live.status === 'stopping' ? 'The run is stopping.' : 'The step under way ends first.';
  },
  perform: (studio) => {
    const { live } = studio.store.getState();
    if (live?.status === 'paused') void studio.resume(live.runId);
    else void studio.pause();
  },
};

export const stop: Action = {
  id: 'stop',
  group: 'training',
  icon: Square,
  label: () => 'Stop',
  help: 'Ends the run; what it has trained is kept as an adapter',
  shortcut: 'Shift+S',
  blocked: ({ live }) => {
    if (!isActive(live)) return 'Nothing is training.';
    return leadsOn(live.status, 'stop') || live.canEnd ? null : 'The step under way ends first.';
  },
  perform: (studio) => void studio.stop(),
};

export const pythonOfForm: Action = {
  id: 'python',
  group: 'training',
  icon: FileCode,
  label: () => 'Python',
  help: 'What the form trains as a Python script',
  shortcut: 'Y',
  blocked: whenClosed,
  isOn: ({ python }) => python?.runId === null,
  perform: (studio) => togglePython(studio, null),
};

/** Opens the script of a run, or of the form where it is null; closes it where it is open. */
export function togglePython(studio: Studio, runId: string | null): void {
  if (studio.store.getState().python?.runId === runId) studio.hidePython();
  else studio.showPython(runId);
}

const withoutCurve = ({ shownRuns, runs }: StudioState): string | null =>
  runs.some(({ id, step }) => step > 0 && shownRuns.includes(id)) ? null : 'No curve is drawn.';

/** To where the charts are. */
function goToCharts(studio: Studio): void {
  const { place } = studio.store.getState();
  if (place !== 'train' && place !== 'compare') studio.go('compare');
}

export const logScale: Action = {
  id: 'log-scale',
  group: 'charts',
  icon: Axis3d,
  label: () => 'Log scale',
  shortcut: 'L',
  blocked: free,
  isOn: ({ chart }) => chart.logScale,
  perform: (studio) => studio.setChart({ logScale: !studio.store.getState().chart.logScale }),
};

export const exportChart: Action = {
  id: 'export-chart',
  group: 'charts',
  icon: ImageDown,
  label: () => 'Export chart',
  help: 'Each chart as SVG or PNG',
  shortcut: 'E',
  blocked: withoutCurve,
  perform: (studio) => {
    goToCharts(studio);
    studio.openMenu('export');
  },
};

export const chooseCharts: Action = {
  id: 'choose-charts',
  group: 'charts',
  icon: ChartLine,
  label: () => 'Charts',
  help: 'Which charts are drawn',
  shortcut: 'C',
  blocked: free,
  perform: (studio) => {
    goToCharts(studio);
    studio.openMenu('charts');
  },
};

export const downloadNumbers: Action = {
  id: 'download-numbers',
  group: 'charts',
  icon: FileDown,
  label: () => 'Numbers',
  name: () => 'Download numbers',
  help: 'Every step of the curves, as CSV for a spreadsheet',
  blocked: withoutCurve,
  perform: (studio) => void studio.downloadNumbers(),
};

const axisActions = axes.map(
  (axis): Action => ({
    id: `axis-${axis}`,
    group: 'charts',
    icon: ChartLine,
    label: () => `Axis: ${placeWords[axis].title}`,
    blocked: free,
    isOn: ({ chart }) => chart.axis === axis,
    perform: (studio) => studio.setChart({ axis }),
  }),
);

export const switchTheme: Action = {
  id: 'theme',
  group: 'studio',
  icon: Moon,
  label: ({ theme }) => `Switch to ${theme === 'dark' ? 'light' : 'dark'} theme`,
  blocked: free,
  perform: (studio) => studio.chooseTheme(studio.store.getState().theme === 'dark' ? 'light' : 'dark'),
};

export const themeIcon = ({ theme }: StudioState): LucideIcon => (theme === 'dark' ? Sun : Moon);

/** The last one. */
export const undo: Action = {
  id: 'undo',
  group: 'studio',
  icon: Undo2,
  label: () => 'Undo',
  help: 'Brings back what was deleted last',
  shortcut: 'Mod+Z',
  blocked: ({ deletions }) => (deletions.length === 0 ? 'Nothing is being deleted.' : null),
  perform: (studio) => {
    const last = studio.store.getState().deletions.at(-1);
    if (last) studio.undoDeletion(last);
  },
};

export const openPalette: Action = {
  id: 'palette',
  group: 'studio',
  icon: Command,
  label: () => 'Commands',
  help: 'Everything that can be done, to be searched',
  shortcut: 'Mod+K',
  blocked: free,
  notInPalette: 'It is the palette.',
  perform: (studio) => studio.openOverlay('palette'),
};

const openShortcuts: Action = {
  id: 'shortcuts',
  group: 'studio',
  icon: Keyboard,
  label: () => 'Keyboard shortcuts',
  shortcut: '?',
  blocked: free,
  perform: (studio) => studio.openOverlay('shortcuts'),
};

export const characterKeys: Action = {
  id: 'character-keys',
  group: 'studio',
  icon: Keyboard,
  label: () => 'Shortcuts of a single key',
  help: 'Off where they get in the way of speech input or a screen reader',
  blocked: free,
  isOn: (s) => s.characterKeys,
  perform: (studio) => studio.listenToCharacters(!studio.store.getState().characterKeys),
};

/** In the order of the palette. */
export const pageActions: readonly Action[] = [
  ...goActions,
  chooseFile,
  train,
  addToQueue,
  hold,
  stop,
  pythonOfForm,
  searchRuns,
  logScale,
  exportChart,
  chooseCharts,
  downloadNumbers,
  ...axisActions,
  switchTheme,
  undo,
  openPalette,
  openShortcuts,
  characterKeys,
];
