/** What an event of the worker changes in the state. Series go to the series store; the version tells charts to look. */
import type { ErrorReport } from '../../errors';
import type { SetAsideRecord } from '../../protocol/records';
import type {
  ComputingDescription,
  EventMessage,
  ListedRun,
  ModelLibrary,
  RunProgress,
} from '../../protocol/types';
import { isOver, isUnderWay, leadsOn, next, type RunState } from '../../runs/life';
import { followDefaults } from './form';
import type { SeriesStore } from './series';
import { withNewest } from './shown-runs';
import { isActive, isHere, type LiveRun, newLive, type RunSummary, type StudioState } from './state';

const maxProblems = 3;

function liveOf({ live }: StudioState, runId: string, tab: string | null): LiveRun {
  return live?.runId === runId && live.tab === tab ? live : newLive(runId, tab);
}

/** What the worker said before it knew what was asked of it does not take that back. */
function withStatus(live: LiveRun, status: RunState): LiveRun {
  const { asked } = live;
  const isOvertaken =
    asked !== null && status !== asked && next(status, asked === 'stopping' ? 'stop' : 'pause') === asked;
  return isOvertaken ? live : { ...live, status, asked: null };
}

/** `tab` is the one whose worker said it; null for this one's. */
export function reduceEvent(
  state: StudioState,
  event: EventMessage,
  series: SeriesStore,
  tab: string | null = null,
): StudioState {
  switch (event.type) {
    case 'status': {
      const live = withStatus(liveOf(state, event.runId, tab), event.status);
      return {
        ...state,
        live: isActive(live) && event.status === 'preparing' ? live : { ...live, phase: null },
      };
    }
    case 'preparing': {
      const phase = { name: event.phase, done: event.done, total: event.total };
      const live = liveOf(state, event.runId, tab);
      return {
        ...state,
        runs: event.progress ? withProgress(state.runs, event.runId, event.progress) : state.runs,
        live: { ...live, phase, progress: event.progress ?? live.progress },
      };
    }
    case 'steps':
      series.append(event.runId, event.points, event.progress);
      return {
        ...state,
        runs: withProgress(state.runs, event.runId, event.progress),
        live: { ...liveOf(state, event.runId, tab), phase: null, progress: event.progress },
        seriesVersion: state.seriesVersion + 1,
      };
    case 'evaluation':
      series.addEvaluation(event.runId, event.point);
      return {
        ...state,
        live: { ...liveOf(state, event.runId, tab), phase: null },
        seriesVersion: state.seriesVersion + 1,
      };
    case 'run':
      series.cut(event.run);
      return {
        ...state,
        runs: withRun(state.runs, event.run),
        shownRuns: hasBegun(state.runs, event.run)
          ? withNewest(state.shownRuns, event.run.id)
          : state.shownRuns,
        live: storedSince(state.live, event.run),
        // What another tab has begun meanwhile is not taken out of the queue any more.
        deletions: hasBegun(state.runs, event.run)
          ? state.deletions.filter(({ kind, id }) => kind !== 'run' || id !== event.run.id)
          : state.deletions,
        seriesVersion: state.seriesVersion + 1,
      };
    case 'adapter':
      return {
        ...state,
        adapters: [event.adapter, ...state.adapters.filter(({ id }) => id !== event.adapter.id)],
      };
    case 'stored':
      return withStored(state, event, series);
    case 'unstored':
      return { ...state, unstored: event.adapters };
    case 'verifying':
      return { ...state, verifying: event };
    case 'download':
      return { ...state, download: event.progress };
    case 'import':
      return { ...state, importProgress: event.progress };
    case 'computing':
      return withComputing(state, event.computing);
    case 'setAside':
      return withSetAside(state, event.records);
    case 'threads':
      return state;
    case 'library':
      return withLibrary(state, event.library);
    case 'problem':
      return { ...state, problems: withProblem(state.problems, event.error) };
    default:
      return event satisfies never;
  }
}

/** Where the form still has what it opened with, it follows what it would open with now. */
export function withComputing(state: StudioState, computing: ComputingDescription): StudioState {
  const { description, form } = state;
  if (!description) return state;
  return {
    ...state,
    description: { ...description, ...computing },
    form: form && followDefaults(form, description.defaults, computing.defaults),
  };
}

/** Newest first, a few of them. One that comes again stands once. */
export function withProblem(problems: readonly ErrorReport[], problem: ErrorReport): readonly ErrorReport[] {
  const others = problems.filter(({ code, message }) => code !== problem.code || message !== problem.message);
  return [problem, ...others].slice(0, maxProblems);
}

/**
 * The run that trains here and those whose adapters wait to be stored are there whatever is stored, and as the page has them; the form
 * keeps what is left.
 */
function withStored(
  state: StudioState,
  { runs, adapters, datasets }: Extract<EventMessage, { type: 'stored' }>,
  series: SeriesStore,
): StudioState {
  const { live, unstored, form, description } = state;
  const inMemory = (id: string) =>
    (isHere(live) && live.runId === id) || unstored.some(({ runId }) => runId === id);
  const stored = new Set(runs.map(({ id }) => id));
  const known = new Map(state.runs.map((run) => [run.id, run]));
  const others = state.runs.filter(({ id }) => inMemory(id) && !stored.has(id));
  for (const { id } of state.runs) if (!stored.has(id) && !inMemory(id)) series.delete(id);
  const isThere = (id: string) => adapters.some((adapter) => adapter.id === id);
  const listed = [...others, ...runs.map((run) => (inMemory(run.id) && known.get(run.id)) || run)];
  return {
    ...state,
    runs: listed,
    // One that another tab has just begun may not have been there yet when they were read.
    shownRuns: state.shownRuns.filter((id) => id === live?.runId || listed.some((run) => run.id === id)),
    adapters,
    datasets,
    predictions: state.predictions && isThere(state.predictions.adapterId) ? state.predictions : null,
    jointPredictions: state.jointPredictions?.every(({ adapterId }) => isThere(adapterId))
      ? state.jointPredictions
      : null,
    seriesVersion: state.seriesVersion + 1,
    form: form && {
      ...form,
      startFrom: isThere(form.startFrom) ? form.startFrom : '',
      composedAdapters: form.composedAdapters.filter(isThere),
      datasetId: datasets.some(({ id }) => id === form.datasetId)
        ? form.datasetId
        : (description?.defaultDatasetId ?? ''),
    },
  };
}

/** The run that ended last, once the adapter that found no room is stored after all. */
function storedSince(live: LiveRun | null, { id, status }: ListedRun): LiveRun | null {
  const isStored = live?.runId === id && leadsOn(live.status, 'store') && isOver(status);
  return isStored ? { ...live, status: next(live.status, 'store') } : live;
}

/** What was listed before it was found to be unreadable leaves its list. */
export function withSetAside(state: StudioState, setAside: readonly SetAsideRecord[]): StudioState {
  const keys = new Set(setAside.map(({ key }) => key));
  const adapters = state.adapters.filter(({ id }) => !keys.has(`adapter/${id}`));
  return {
    ...state,
    setAside,
    adapters: adapters.length === state.adapters.length ? state.adapters : adapters,
  };
}

/** Where the chosen base model is gone, the form goes back to one that is there. */
export function withLibrary(state: StudioState, library: ModelLibrary): StudioState {
  const { form, description } = state;
  const isThere = library.baseModels.some(({ id }) => id === form?.baseModel);
  const baseModel = description?.defaults.baseModel;
  return {
    ...state,
    library,
    form: form && !isThere && baseModel ? { ...form, baseModel } : form,
  };
}

/** A run's row tells where it is, between the records that the worker posts. */
function withProgress(
  runs: readonly RunSummary[],
  runId: string,
  { step, totalSteps, times: { training = 0, ...others } }: RunProgress,
): readonly RunSummary[] {
  return runs.map((run) =>
    run.id === runId
      ? {
          ...run,
          step,
          totalSteps,
          elapsedSeconds: training,
          // They are known together, or not at all.
          ...(run.otherSeconds && { otherSeconds: { ...run.otherSeconds, ...others } }),
        }
      : run,
  );
}

/** Its turn has come. */
const hasBegun = (runs: readonly RunSummary[], { id, status }: ListedRun): boolean =>
  isUnderWay(status) && runs.some((run) => run.id === id && run.status === 'queued');

/** Replaces a known run in its place; a new one comes first. */
export function withRun(runs: readonly RunSummary[], run: RunSummary): readonly RunSummary[] {
  return runs.some(({ id }) => id === run.id)
    ? runs.map((known) => (known.id === run.id ? run : known))
    : [run, ...runs];
}
