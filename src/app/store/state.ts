/** What the page knows: plain immutable state. Metric series are outside it, in `series.ts`, with a version number here. */
import type { ErrorReport } from '../../errors';
import type { EvaluationResults, SetAsideRecord } from '../../protocol/records';
import type {
  AdapterSummary,
  DatasetSummary,
  DownloadProgress,
  EventMessage,
  FilePreview,
  FoundModel,
  ImportProgress,
  JointPrediction,
  ListedRun,
  ModelLibrary,
  OnnxVerification,
  Prediction,
  RunProgress,
  StudioDescription,
  UnstoredAdapter,
} from '../../protocol/types';
import { isUnderWay, leadsOn, type RunState } from '../../runs/life';
import { firstMeasures, type MeasureId } from '../charts/measures';
import type { AdapterFiles } from '../dropped-files';
import type { Place } from '../frame/places';
import type { Protection } from '../protection';
import type { Theme } from '../theme';
import type { WhileTraining } from '../while-training';
import type { Deletion } from './deletions';
import type { FormValues } from './form';
import type { FormBasis } from './run-form';
import { firstView, type RunView } from './run-view';

/** A run as lists and tables need it; its series are in the `SeriesStore`. */
export type RunSummary = ListedRun;

export interface LiveRun {
  readonly runId: string;
  /** That trains it; null for this one, empty for one that does not say who it is. */
  readonly tab: string | null;
  readonly status: RunState;
  /**
   * What the person asked for and the worker has not answered: a step of ONNX Runtime blocks it. `status` says so meanwhile.
   */
  readonly asked: 'pausing' | 'stopping' | null;
  /** Stop has waited for more than a moment: the worker can be ended instead. */
  readonly canEnd: boolean;
  readonly phase: {
    readonly name: Extract<EventMessage, { type: 'preparing' }>['phase'];
    readonly done: number;
    readonly total: number;
  } | null;
  readonly progress: RunProgress | null;
}

export const axes = ['step', 'epoch', 'samples', 'time'] as const;

export type Axis = (typeof axes)[number];

export type ChartMenu = 'charts' | 'export';

export interface StudioState {
  /** Where the person is. */
  readonly place: Place;
  /** The element that is to have the focus as soon as it is there, by its id; the place's heading where it is not. */
  readonly focusAsked: string | null;
  readonly theme: Theme;
  /** What lies over the page. */
  readonly overlay: 'palette' | 'shortcuts' | null;
  /** Of the charts' menus the one that is open. */
  readonly openMenu: ChartMenu | null;
  /** Shortcuts of a single character are listened to. */
  readonly characterKeys: boolean;
  /** What was said to the person last, for a moment. */
  readonly said: string | null;
  readonly protection: Protection;
  readonly whileTraining: WhileTraining;
  /** What the browser said when it was asked last to keep the screen on. */
  readonly awake: 'held' | 'refused' | null;
  /** Null until the worker has answered `open`. */
  readonly description: StudioDescription | null;
  /** Why the studio could not open; runs and adapters can still be looked at. */
  readonly openError: ErrorReport | null;
  readonly datasets: readonly DatasetSummary[];
  /** Base models, the room for them and the hub. */
  readonly library: ModelLibrary | null;
  /** What was looked up on the hub last, until it is downloaded or put away. */
  readonly found: FoundModel | null;
  /** Of the model on its way; null where none is. */
  readonly download: DownloadProgress | null;
  readonly form: FormValues | null;
  /** The run that the form was filled from, until it is put away. */
  readonly basis: FormBasis | null;
  readonly importing: FilePreview | null;
  /** A file that was refused for text after a closing quotation mark, kept with the problem that says so. */
  readonly refusedFile: { readonly problem: ErrorReport; readonly file: File } | null;
  /** Of the file that is read or stored just now; null where none is. */
  readonly importProgress: ImportProgress | null;
  /** The adapter that came in as a file last, until the note about it is closed. */
  readonly imported: { readonly name: string; readonly warning: string | null } | null;
  /** An adapter that was refused for naming another base model, kept with the problem that says so. */
  readonly otherBase: { readonly problem: ErrorReport; readonly files: AdapterFiles } | null;
  readonly runs: readonly RunSummary[];
  /** Runs on the chart and in the comparison, in the order they were chosen. */
  readonly shownRuns: readonly string[];
  /** What of them is to be shown once they are listed: what the address asks for, or the newest. Null from then on. */
  readonly askedRuns: readonly string[] | 'newest' | null;
  /** What of the list of runs is shown, and how. */
  readonly runView: RunView;
  /** What is to be deleted, and can be had back. */
  readonly deletions: readonly Deletion[];
  readonly live: LiveRun | null;
  /** Train was asked for while a run trains: whether to queue is asked back. */
  readonly asksToQueue: boolean;
  readonly adapters: readonly AdapterSummary[];
  /** Trained, but in the worker's memory only. */
  readonly unstored: readonly UnstoredAdapter[];
  /** What is stored and could not be read. */
  readonly setAside: readonly SetAsideRecord[];
  readonly evaluations: Readonly<Record<string, EvaluationResults>>;
  /** How far the verification that is going on has come. */
  readonly verifying: Extract<EventMessage, { readonly type: 'verifying' }> | null;
  /** Of exported models, by adapter. */
  readonly verifications: Readonly<Record<string, readonly OnnxVerification[]>>;
  readonly predictions: {
    readonly adapterId: string;
    readonly text: string;
    readonly prediction: Prediction;
  } | null;
  readonly jointPredictions: readonly JointPrediction[] | null;
  /** The Python script that is shown: of a run, or of the form where `runId` is null. */
  readonly python: { readonly runId: string | null } | null;
  /** Commands on their way, by a name the buttons know. */
  readonly pending: readonly string[];
  readonly problems: readonly ErrorReport[];
  readonly seriesVersion: number;
  readonly chart: {
    readonly axis: Axis;
    readonly smoothing: number;
    readonly logScale: boolean;
    readonly measures: readonly MeasureId[];
  };
}

export const initialState: StudioState = {
  place: 'train',
  focusAsked: null,
  theme: 'light',
  overlay: null,
  openMenu: null,
  characterKeys: true,
  said: null,
  protection: 'unknown',
  whileTraining: { notify: false, awake: false },
  awake: null,
  description: null,
  openError: null,
  datasets: [],
  library: null,
  found: null,
  download: null,
  form: null,
  basis: null,
  importing: null,
  refusedFile: null,
  importProgress: null,
  imported: null,
  otherBase: null,
  runs: [],
  shownRuns: [],
  askedRuns: 'newest',
  runView: firstView,
  deletions: [],
  live: null,
  asksToQueue: false,
  adapters: [],
  unstored: [],
  setAside: [],
  evaluations: {},
  verifying: null,
  verifications: {},
  predictions: null,
  jointPredictions: null,
  python: null,
  pending: [],
  problems: [],
  seriesVersion: 0,
  chart: { axis: 'step', smoothing: 0.6, logScale: false, measures: firstMeasures },
};

export const newLive = (runId: string, tab: string | null = null): LiveRun => ({
  runId,
  tab,
  status: 'preparing',
  asked: null,
  canEnd: false,
  phase: null,
  progress: null,
});

/** A run is being worked on, or held still, in this tab or another. */
export function isActive(live: LiveRun | null): live is LiveRun {
  return live !== null && isUnderWay(live.status);
}

/** By this tab's own worker. */
export function isHere(live: LiveRun | null): live is LiveRun {
  return isActive(live) && live.tab === null;
}

/** In another tab. */
export function isFollowed(live: LiveRun | null, runId: string): live is LiveRun {
  return isActive(live) && live.tab !== null && live.runId === runId;
}

/** What is to come of a run that goes on; null of one that has ended or is to end. */
export const remainingOf = ({ status, progress }: LiveRun): RunProgress['remaining'] =>
  leadsOn(status, 'stop') ? (progress?.remaining ?? null) : null;

/** Leaving the page would lose something: a run that has to go back to its checkpoint, or an adapter that is not stored. */
export function isUnsafeToLeave({ live, unstored }: StudioState): boolean {
  return isHere(live) || unstored.length > 0;
}

/** Something would be lost with the worker. */
export function isInMemoryOnly({ unstored, datasets }: StudioState): boolean {
  return unstored.length > 0 || datasets.some(({ isKept }) => !isKept);
}
