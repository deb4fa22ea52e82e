/**
 * The page's one object: the store, the series and the commands a person can give. The protocol client writes into the
 * store here and nowhere else; panels select from it and call these methods.
 */

import { createStore } from 'zustand/vanilla';
import { type ErrorReport, toErrorReport } from '../../errors';
import { type Port, StudioClient } from '../../protocol/client';
import type { EvaluationResults } from '../../protocol/records';
import type {
  AdapterSummary,
  AveragingStrategy,
  BaseModelDescription,
  Commands,
  EventMessage,
  ExportFormat,
  FileDownload,
  HubModelRequest,
  MethodSizeOf,
  Precision,
  SettingsDescription,
  StrayQuotes,
  StudioDescription,
} from '../../protocol/types';
import type { RunAbout } from '../../runs/record';
import type { ExecutorChoice, ExecutorName } from '../../runs/settings';
import { askToPersist } from '../../storage/persistence';
import { note, traceEvents, traceFile } from '../../trace';
import { chartNumbers } from '../charts/chart-numbers';
import type { AdapterFiles, Dropped } from '../dropped-files';
import { mostThreads, rememberExecutor } from '../executor-choice';
import type { Place } from '../frame/places';
import type { Protection } from '../protection';
import type { WhileTraining } from '../while-training';
import { type Deletion, deleteButtonId, deletionOf, formHadBack, isSame } from './deletions';
import { Following } from './following';
import { type FormValues, formOf, formProblems, settingsOf } from './form';
import { withKept, withKeptAdapters } from './kept-form';
import { reduceEvent, withComputing, withLibrary, withProblem, withRun, withSetAside } from './reduce';
import { basisOf } from './run-form';
import type { RunView } from './run-view';
import { SeriesStore } from './series';
import { runsToShow, withNewest } from './shown-runs';
import {
  initialState,
  isActive,
  isFollowed,
  isHere,
  isInMemoryOnly,
  type LiveRun,
  newLive,
  type RunSummary,
  type StudioState,
} from './state';
import type { Tabs } from './tabs';

const stepsIntervalMs = 100;

/** The form is at rest when nothing of it has changed for so long. */
const restMs = 250;

/** How long Stop waits for the worker before it offers to end it. Longer than a double click. */
const patienceMs = 1000;

/** How long a deletion can be undone. */
const undoMs = 10_000;

/** How long what was said is to be read. */
const saidMs = 6000;

export class Studio {
  readonly store = createStore<StudioState>(() => initialState);
  readonly series = new SeriesStore();
  /** What a person has begun in parts of the page that come and go, by `useDraft`. */
  readonly drafts = new Map<string, unknown>();
  readonly #start: (threads: number | null) => Port;
  readonly #following: Following | null;
  #client: StudioClient;
  /** Curves on their way, and those that could not be had. */
  readonly #loading = new Map<string, Promise<void>>();
  /** Until what is stored is listed, too. */
  #opening: Promise<void> = Promise.resolve();
  #waitingSteps: Extract<EventMessage, { type: 'steps' }> | null = null;
  /** When Train was clicked, until its first point is there. */
  #clicked: number | null = null;
  /** The run that is to be repeated once it is known whether to queue; null for the form's. */
  #asksAgain: string | null = null;
  readonly #deletionTimers = new Map<Deletion, ReturnType<typeof setTimeout>>();
  #saidTimer: ReturnType<typeof setTimeout> | null = null;
  #stepsTimer: ReturnType<typeof setTimeout> | null = null;
  #restTimer: ReturnType<typeof setTimeout> | null = null;

  /**
   * `start` makes a worker: the first one, and others where one has to be ended. Null threads are measured. Without `tabs` nothing is
   * heard of the other ones.
   */
  constructor(start: (threads: number | null) => Port, tabs: Tabs | null = null) {
    this.#start = start;
    this.#client = this.#connect();
    this.store.subscribe(() => this.#loadShown());
    this.store.subscribe(({ form, live }, before) => {
      const hasEnded = isActive(before.live) && !isActive(live);
      if (form === before.form && !hasEnded) return;
      if (this.#restTimer !== null) clearTimeout(this.#restTimer);
      this.#restTimer = setTimeout(() => this.#makeReady(), restMs);
    });
    this.#following = tabs && this.#amongOthers(tabs);
  }

  #amongOthers(tabs: Tabs): Following {
    return new Following(tabs, {
      store: this.store,
      series: this.series,
      listRuns: (ended) => this.#client.send('listRuns', ended === undefined ? {} : { ended }),
      run: (name, work) => this.#run(name, work),
      flushSteps: () => this.#flushSteps(),
      forgetLoading: (runId) => this.#loading.delete(runId),
      act: (command, runId) => void (command === 'resume' ? this.resume(runId) : this[command]()),
    });
  }

  #connect(threads: number | null = null): StudioClient {
    this.#loading.clear();
    return new StudioClient(
      this.#start(threads),
      (event) => this.#onEvent(event),
      // What was in the worker's memory only is gone with it; its runs can be resumed.
      (report) => this.#set({ problems: [report], live: null, unstored: [], openError: report }),
    );
  }

  /** `kept` is what `keptOf` gave of the form of the visit before. */
  open(
    executor: ExecutorName | null,
    remembered: ExecutorChoice = 'automatic',
    kept: unknown = null,
  ): Promise<void> {
    this.#opening = this.#open(executor, remembered, kept);
    return this.#opening;
  }

  async #open(executor: ExecutorName | null, remembered: ExecutorChoice, kept: unknown): Promise<void> {
    // What is stored can be looked at even where nothing can be computed.
    const opening = this.#client.send('open', { executor, remembered });
    try {
      const description = await opening;
      this.#set({
        description,
        datasets: description.datasets,
        library: description.library,
        form: withKept(formOf(description.defaults, description.defaultDatasetId), kept, description),
      });
    } catch (error) {
      this.#set({ openError: toErrorReport(error) });
    }
    await this.#run('list', async () => {
      await this.#list();
      const state = this.store.getState();
      this.#set({
        shownRuns: runsToShow(state.askedRuns ?? 'newest', state),
        askedRuns: null,
        form: state.form && withKeptAdapters(state.form, kept, state.adapters),
      });
    });
    await this.#run('list', async () => {
      const records = await this.#client.send('listSetAside', {});
      this.#set(withSetAside(this.store.getState(), records));
    });
  }

  async #list(): Promise<void> {
    const [runs, adapters] = await Promise.all([
      this.#client.send('listRuns', {}),
      this.#client.send('listAdapters', {}),
    ]);
    const { seriesVersion, live } = this.store.getState();
    // What trains in another tab is ahead of its record.
    for (const run of runs) if (!isFollowed(live, run.id)) this.series.cut(run);
    this.#set({ runs, adapters, seriesVersion: seriesVersion + 1 });
  }

  /** The curves of runs are asked for when they are shown. */
  #loadShown(): void {
    const { shownRuns, runs } = this.store.getState();
    for (const id of shownRuns) {
      if (this.series.isLoaded(id) || this.#loading.has(id) || !runs.some((run) => run.id === id)) continue;
      // In a turn of its own: a command changes the state, which leads here again.
      const isWanted = () => this.#loading.get(id) === loading;
      const loading: Promise<void> = Promise.resolve().then(() =>
        this.#run(`series ${id}`, () => this.#load(id, isWanted)),
      );
      this.#loading.set(id, loading);
    }
  }

  /** Not wanted any more, where it was asked for anew meanwhile. */
  async #load(runId: string, isWanted: () => boolean): Promise<void> {
    const stored = await this.#client.send('series', { runId });
    const { runs, seriesVersion, live } = this.store.getState();
    const run = runs.find(({ id }) => id === runId);
    if (!run || !isWanted()) return;
    const ahead = isFollowed(live, runId) ? (live.progress?.step ?? 0) : 0;
    this.series.load({ ...run, step: Math.max(run.step, ahead) }, stored);
    this.#loading.delete(runId);
    this.#set({ seriesVersion: seriesVersion + 1 });
  }

  /** Ends the worker in the middle of its step and starts another: the run is as its last checkpoint has it. */
  #end({ runId }: LiveRun): Promise<void> {
    return this.#run('end', async () => {
      this.#takeOver(await this.#replaceWorker(this.#threadsOf(runId), runId));
      await this.#list();
      // A run that waited may have begun meanwhile.
      if (this.store.getState().live?.runId === runId)
        this.#set({ live: { ...newLive(runId), status: 'interrupted' } });
    });
  }

  /** `ended` is the run that trained in the one before. */
  async #replaceWorker(threads: number | null, ended?: string): Promise<StudioDescription> {
    const { description } = this.store.getState();
    const choice = description?.choice ?? 'automatic';
    this.#client.end();
    this.#client = this.#connect(threads);
    this.#set({ download: null, importing: null, importProgress: null });
    // Before it opens, from when on it begins what waits.
    for (const { id, isQueued } of this.store.getState().deletions) if (isQueued) this.#holdQueued(id, true);
    return this.#client.send('open', {
      executor: choice === 'automatic' ? null : choice,
      ...(ended !== undefined && { ended }),
    });
  }

  #takeOver(opened: StudioDescription): void {
    const { datasets, library } = opened;
    this.#set({ ...withComputing(this.store.getState(), opened), datasets, library });
  }

  /** That ONNX Runtime had last in this run; null where another executor computed. */
  #threadsOf(runId: string): number | null {
    return this.store.getState().runs.find(({ id }) => id === runId)?.executor.runtime?.threads ?? null;
  }

  /**
   * A run that goes on on ONNX Runtime gets the threads that it had, for the same bits. A worker's are fixed, so one that has others
   * is replaced; but not where the machine does not have so many, nor where something is in the worker alone or under way in it: then
   * the run goes on with the threads that there are, and its record says so. False where the worker stays.
   */
  async #giveThreadsOf(runId: string): Promise<boolean> {
    await this.#opening;
    const state = this.store.getState();
    const { description } = state;
    const recorded = this.#threadsOf(runId);
    const present = description?.executor.runtime?.threads;
    if (!description || recorded === null || present === undefined || recorded === present) return false;
    const isBusy = isActive(state.live) || state.download || state.importing || state.importProgress;
    if (isBusy || isInMemoryOnly(state) || state.pending.length > 1 || recorded > mostThreads()) return false;
    const opened = await this.#replaceWorker(recorded);
    // The new worker trains at once, and tries nothing: what the one before had tried stays.
    const { notice, defaults } = description;
    this.#takeOver({ ...opened, notice, defaults });
    return true;
  }

  /**
   * A method that the form does not offer, as that of an imported PEFT variant, leaves the choice as it is: the run goes on from the
   * adapter with the adapter's own method whatever the form shows.
   */
  edit(changes: Partial<FormValues>): void {
    const { form, description } = this.store.getState();
    if (!form) return;
    const edited = { ...form, ...changes };
    const isOffered = description?.methods.some(({ id }) => id === edited.method);
    this.#set({ form: isOffered ? edited : { ...edited, method: form.method } });
  }

  /** For the next run, evaluation and prediction; remembered. */
  chooseExecutor(choice: ExecutorChoice): Promise<void> {
    return this.#run('executor', async () => {
      const computing = await this.#client.send('chooseExecutor', { choice });
      rememberExecutor(choice);
      this.#set(withComputing(this.store.getState(), computing));
    });
  }

  go(place: Place): void {
    if (place !== this.store.getState().place) this.#set({ place, openMenu: null });
  }

  /** The element of this id gets the focus, in this place or another, once it is there. */
  askFocus(id: string): void {
    this.#set({ focusAsked: id });
  }

  focusGiven(): void {
    this.#set({ focusAsked: null });
  }

  openOverlay(overlay: StudioState['overlay']): void {
    this.#set({ overlay });
  }

  openMenu(menu: StudioState['openMenu']): void {
    this.#set({ openMenu: menu });
  }

  chooseTheme(theme: StudioState['theme']): void {
    this.#set({ theme });
  }

  listenToCharacters(characterKeys: boolean): void {
    this.#set({ characterKeys });
  }

  /** A word to the person that asks for nothing. */
  say(text: string): void {
    if (this.#saidTimer !== null) clearTimeout(this.#saidTimer);
    this.#set({ said: text });
    this.#saidTimer = setTimeout(() => this.#set({ said: null }), saidMs);
  }

  setChart(changes: Partial<StudioState['chart']>): void {
    this.#set({ chart: { ...this.store.getState().chart, ...changes } });
  }

  toggleRun(runId: string): void {
    const { shownRuns } = this.store.getState();
    this.#set({
      shownRuns: shownRuns.includes(runId) ? shownRuns.filter((id) => id !== runId) : [...shownRuns, runId],
    });
  }

  /** The Python script of a run, or of the form. */
  showPython(runId: string | null): void {
    this.#set({ python: { runId } });
  }

  hidePython(): void {
    this.#set({ python: null });
  }

  setProtection(protection: Protection): void {
    this.#set({ protection });
  }

  chooseWhileTraining(changes: Partial<WhileTraining>): void {
    this.#set({ whileTraining: { ...this.store.getState().whileTraining, ...changes } });
  }

  noteAwake(awake: StudioState['awake']): void {
    this.#set({ awake });
  }

  dismissProblem(problem: ErrorReport): void {
    const { problems, otherBase, refusedFile } = this.store.getState();
    this.#set({
      problems: problems.filter((p) => p !== problem),
      // Files are not kept longer than the offer to use them.
      refusedFile: refusedFile?.problem === problem ? null : refusedFile,
      otherBase: otherBase?.problem === problem ? null : otherBase,
    });
  }

  /** Where a run trains, here or in another tab, the person is asked whether this one is to wait. */
  async train(): Promise<void> {
    if (isActive(this.store.getState().live)) this.#askToQueue(null);
    else await this.#train(false);
  }

  /** Behind the run that trains, without being asked. */
  queue(): Promise<void> {
    return this.#train(true);
  }

  answerQueueQuestion(queue: boolean): void {
    this.#set({ asksToQueue: false });
    const again = this.#asksAgain;
    this.#asksAgain = null;
    if (!queue) return;
    void (again === null ? this.#train(true) : this.#runAgain(again, true));
  }

  /** A new run that repeats this one: behind the one that trains, where one does. */
  async runAgain(runId: string): Promise<void> {
    if (isActive(this.store.getState().live)) this.#askToQueue(runId);
    else await this.#runAgain(runId, false);
  }

  #askToQueue(again: string | null): void {
    this.#asksAgain = again;
    this.#set({ asksToQueue: true });
  }

  #runAgain(runId: string, queue: boolean): Promise<void> {
    return this.#run(`again ${runId}`, async () => {
      if (!queue) await this.#giveThreadsOf(runId);
      this.#clicked = performance.now();
      await this.#begin(queue, runId, () => this.#client.send('trainAgain', { runId, queue }));
    });
  }

  /** The form as this run had it. */
  changeAndRun(runId: string): void {
    const state = this.store.getState();
    const run = state.runs.find(({ id }) => id === runId);
    if (!run || !state.description) return;
    const basis = basisOf(run, state.description, state);
    this.#set({ basis, form: basis.form });
    this.go('train');
  }

  /** The turn of a run has come that repeats another one: in a worker of its own, or in this one where there is no such. */
  #beginWaiting(runId: string): Promise<void> {
    return this.#run('threads', async () => {
      if (!(await this.#giveThreadsOf(runId))) await this.#client.send('beginWaiting', { runId });
    });
  }

  forgetBasis(): void {
    this.#set({ basis: null });
  }

  setRunView(changes: Partial<RunView>): void {
    this.#set({ runView: { ...this.store.getState().runView, ...changes } });
  }

  /** What a person says of it. */
  changeRun(runId: string, changes: Partial<RunAbout>): Promise<void> {
    return this.#run(`change ${runId}`, () => this.#client.send('changeRun', { runId, changes }));
  }

  #train(queue: boolean): Promise<void> {
    return this.#run('train', async () => {
      const { form, description } = this.store.getState();
      const method = description?.methods.find(({ id }) => id === form?.method);
      if (!form || !description || !method) return;
      const settings = settingsOf(form, description.methods);
      this.#clicked = performance.now();
      await this.#begin(queue, null, () =>
        this.#client.send('train', { settings, datasetId: form.datasetId, queue }),
      );
    });
  }

  /** Where another run trains, in this tab or another, the person is asked. */
  async #begin(queue: boolean, again: string | null, send: () => Promise<RunSummary>): Promise<void> {
    try {
      const run = await send();
      if (queue) this.#set({ runs: withRun(this.store.getState().runs, run) });
      else this.#lookAt(run);
    } catch (error) {
      if (!['busy', 'other-tab'].includes(toErrorReport(error).code)) throw error;
      this.#askToQueue(again);
    }
  }

  #lookAt(run: RunSummary): void {
    const { live, runs, shownRuns } = this.store.getState();
    this.#set({
      runs: withRun(runs, run),
      shownRuns: withNewest(shownRuns, run.id),
      live: live?.runId === run.id ? live : newLive(run.id),
    });
  }

  /** To a position among those that wait. */
  moveQueued(runId: string, to: number): Promise<void> {
    return this.#run(`move ${runId}`, () => this.#client.send('moveQueued', { runId, to }));
  }

  /** The page is looked at again: it may have been asleep. */
  lookAgain(): void {
    this.#following?.lookAgain();
  }

  /** So that the click on Train waits for less. What goes wrong goes wrong again there, and is told. */
  #makeReady(): void {
    const { form, description, live } = this.store.getState();
    if (!form || !description || isActive(live)) return;
    if (formProblems(form, description.methods).length > 0) return;
    const settings = settingsOf(form, description.methods);
    this.#client.send('makeReady', { settings, datasetId: form.datasetId }).catch(() => {});
  }

  pause(): Promise<void> {
    return this.#ofLive('pause', 'pausing');
  }

  /** A second time, where the first has waited: without the worker's consent. */
  stop(): Promise<void> {
    const { live } = this.store.getState();
    const here = isHere(live) ? live : null;
    if (here?.canEnd) return this.#end(here);
    if (here) setTimeout(() => this.#offerToEnd(here.runId), patienceMs);
    return this.#ofLive('stop', 'stopping');
  }

  /** Where only ONNX Runtime can be so long with a step, and nothing that is in the worker's memory alone would be lost. */
  #offerToEnd(runId: string): void {
    const state = this.store.getState();
    const { live, runs } = state;
    const executor = runs.find(({ id }) => id === runId)?.executor.executor;
    if (live?.runId !== runId || live.status !== 'stopping') return;
    if (executor === 'onnx' && !isInMemoryOnly(state)) this.#set({ live: { ...live, canEnd: true } });
  }

  /** The adapter of a run that ended without room for it, once room was made. */
  storeAdapter(runId: string): Promise<void> {
    return this.#run(`store ${runId}`, () => this.#client.send('storeAdapter', { runId }));
  }

  /** Of the paused run, or of an interrupted or failed one. */
  resume(runId: string): Promise<void> {
    return this.#run(`resume ${runId}`, async () => {
      const { shownRuns, live } = this.store.getState();
      if (isFollowed(live, runId)) {
        await this.#following?.ask('resume', live);
        return;
      }
      await this.#giveThreadsOf(runId);
      await this.#client.send('resume', { runId });
      if (!shownRuns.includes(runId)) this.#set({ shownRuns: [...shownRuns, runId] });
    });
  }

  inspectFile(file: File): Promise<void> {
    return this.#run('inspect', () => this.#inspect(file, 'refuse'));
  }

  /** The file that was refused for text after a closing quotation mark, once more, with such marks as text. */
  keepMarks(): Promise<void> {
    return this.#run('inspect', async () => {
      const { refusedFile } = this.store.getState();
      if (!refusedFile) return;
      this.dismissProblem(refusedFile.problem);
      await this.#inspect(refusedFile.file, 'keep');
    });
  }

  #inspect(file: File, strayQuotes: StrayQuotes): Promise<void> {
    // The worker forgets the file that came before.
    this.#set({ importing: null });
    return this.#untilCancelled(async () => {
      try {
        this.#set({ importing: await this.#client.send('inspectFile', { file, strayQuotes }) });
      } catch (error) {
        const problem = toErrorReport(error);
        if (problem.code !== 'text-after-quote') throw error;
        this.#addProblem(problem);
        this.#set({ refusedFile: { problem, file } });
      }
    });
  }

  /** Ends what is read or stored of a file just now, and puts the file away. */
  cancelImport(): Promise<void> {
    return this.#run('cancel import', async () => {
      await this.#client.send('cancelImport', {});
      this.#set({ importing: null });
    });
  }

  createDataset(
    columns: Pick<Commands['createDataset']['request'], 'textColumn' | 'labelColumn' | 'kind' | 'rows'>,
  ): Promise<void> {
    return this.#run('import', () =>
      this.#untilCancelled(async () => {
        const { importing, form } = this.store.getState();
        if (!importing) return;
        const seed = Number(form?.values.seed) || 0;
        const { importId } = importing;
        const dataset = await this.#client.send('createDataset', { importId, ...columns, seed });
        void askToPersist();
        const others = this.store.getState().datasets.filter(({ id }) => id !== dataset.id);
        this.#set({ importing: null, datasets: [...others, dataset] });
        this.edit({ datasetId: dataset.id, startFrom: '' });
      }),
    );
  }

  #deleteDataset(datasetId: string): Promise<void> {
    return this.#run(`delete ${datasetId}`, async () => {
      await this.#client.send('deleteDataset', { datasetId });
      const { datasets, form, description } = this.store.getState();
      this.#set({ datasets: datasets.filter(({ id }) => id !== datasetId) });
      if (form?.datasetId === datasetId && description)
        this.edit({ datasetId: description.defaultDatasetId });
    });
  }

  /** The person ended it: that is no problem. */
  async #untilCancelled(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (toErrorReport(error).code !== 'import-cancelled') throw error;
    } finally {
      this.#set({ importProgress: null });
    }
  }

  /** After a while in which it can be had back. Nothing is deleted before, so where the page is left everything stays. */
  deleteSoon(kind: Deletion['kind'], id: string): void {
    const state = this.store.getState();
    if (state.deletions.some((one) => isSame(one, { kind, id }))) return;
    const deletion = deletionOf({ kind, id }, state);
    if (!deletion) return;
    this.#set({
      deletions: [...state.deletions, deletion],
      shownRuns: deletion.wasShown ? state.shownRuns.filter((one) => one !== id) : state.shownRuns,
    });
    this.#editIfAny(deletion.form.after);
    if (deletion.isQueued) this.#holdQueued(id, true);
    this.goOnDeleting();
  }

  undoDeletion(deletion: Deletion): void {
    const { form, shownRuns } = this.store.getState();
    this.#editIfAny(formHadBack(deletion, form));
    if (deletion.wasShown && !shownRuns.includes(deletion.id))
      this.#set({ shownRuns: [...shownRuns, deletion.id] });
    this.#forgetDeletion(deletion);
    this.askFocus(deleteButtonId(deletion));
  }

  /** Where it cannot be deleted, it is there again. */
  async deleteNow(deletion: Deletion): Promise<void> {
    this.#clearDeletion(deletion);
    // Of a run whose turn has come all the same there is nothing to delete any more.
    if (!this.store.getState().deletions.includes(deletion)) return;
    await this.#delete(deletion);
    this.#forgetDeletion(deletion);
  }

  /** While a person looks at the way back. */
  holdDeletions(): void {
    for (const deletion of this.store.getState().deletions) this.#clearDeletion(deletion);
  }

  goOnDeleting(): void {
    for (const deletion of this.store.getState().deletions)
      if (!this.#deletionTimers.has(deletion))
        this.#deletionTimers.set(
          deletion,
          setTimeout(() => void this.deleteNow(deletion), undoMs),
        );
  }

  #editIfAny(changes: Partial<FormValues>): void {
    if (Object.keys(changes).length > 0) this.edit(changes);
  }

  #clearDeletion(deletion: Deletion): void {
    clearTimeout(this.#deletionTimers.get(deletion));
    this.#deletionTimers.delete(deletion);
  }

  #forgetDeletion(deletion: Deletion): void {
    this.#clearDeletion(deletion);
    if (deletion.isQueued) this.#holdQueued(deletion.id, false);
    this.#set({ deletions: this.store.getState().deletions.filter((one) => one !== deletion) });
    // The button that held the others is gone.
    this.goOnDeleting();
  }

  /** Its turn does not come while it is on its way out. */
  #holdQueued(runId: string, hold: boolean): void {
    void this.#run(`hold ${runId}`, () => this.#client.send('holdQueued', { runId, hold }));
  }

  #delete({ kind, id }: Deletion): Promise<void> {
    switch (kind) {
      case 'run':
        return this.#deleteRun(id);
      case 'adapter':
        return this.#deleteAdapter(id);
      case 'dataset':
        return this.#deleteDataset(id);
      case 'model':
        return this.#deleteModel(id);
      case 'setAside':
        return this.#run(`set aside ${id}`, () => this.#client.send('deleteSetAside', { key: id }));
      default:
        return kind satisfies never;
    }
  }

  #deleteRun(runId: string): Promise<void> {
    return this.#run(`delete ${runId}`, async () => {
      await this.#client.send('deleteRun', { runId });
      this.series.delete(runId);
      const { runs, shownRuns } = this.store.getState();
      this.#set({
        runs: runs.filter(({ id }) => id !== runId),
        shownRuns: shownRuns.filter((id) => id !== runId),
      });
    });
  }

  #deleteAdapter(adapterId: string): Promise<void> {
    return this.#run(`delete ${adapterId}`, async () => {
      await this.#client.send('deleteAdapter', { adapterId });
      const { adapters, form } = this.store.getState();
      this.#set({ adapters: adapters.filter(({ id }) => id !== adapterId) });
      if (form?.startFrom === adapterId) this.edit({ startFrom: '' });
    });
  }

  downloadSetAside(key: string): Promise<void> {
    return this.#run(`set aside ${key}`, async () =>
      saveFile(await this.#client.send('downloadSetAside', { key })),
    );
  }

  evaluate(adapterId: string, datasetId: string, split: EvaluationResults['split']): Promise<void> {
    return this.#run(`evaluate ${adapterId}`, async () => {
      const results = await this.#client.send('evaluate', { adapterId, datasetId, split });
      this.#set({ evaluations: { ...this.store.getState().evaluations, [adapterId]: results } });
    });
  }

  predict(adapterId: string, text: string): Promise<void> {
    return this.#run('predict', async () => {
      this.#set({
        predictions: { adapterId, text, prediction: await this.#client.send('predict', { adapterId, text }) },
      });
    });
  }

  predictJointly(
    adapterIds: readonly string[],
    texts: readonly string[],
    block: Commands['predictJointly']['request']['block'],
  ): Promise<void> {
    return this.#run('ask several', async () => {
      const request = { adapterIds, texts, block };
      this.#set({ jointPredictions: await this.#client.send('predictJointly', request) });
    });
  }

  downloadAdapter(adapterId: string, format: ExportFormat = 'adapterhub'): Promise<void> {
    return this.#run(`download ${adapterId}`, async () =>
      saveFile(await this.#client.send('downloadAdapter', { adapterId, format })),
    );
  }

  downloadOnnx(adapterId: string, precisions: readonly Precision[]): Promise<void> {
    return this.#run(`onnx ${adapterId}`, async () =>
      saveFile(await this.#client.send('downloadOnnx', { adapterId, precisions })),
    );
  }

  /** On the data's validation rows. */
  verifyOnnx(adapterId: string, datasetId: string, precisions: readonly Precision[]): Promise<void> {
    return this.#run(`verify ${adapterId}`, async () => {
      this.#set({ verifying: null });
      try {
        const done = await this.#client.send('verifyOnnx', { adapterId, datasetId, precisions });
        this.#set({ verifications: { ...this.store.getState().verifications, [adapterId]: done } });
      } catch (error) {
        // By the person: that is no problem.
        if (toErrorReport(error).code !== 'verify-cancelled') throw error;
      }
    });
  }

  cancelVerify(adapterId: string): Promise<void> {
    return this.#run('cancel verify', () => this.#client.send('cancelVerify', { adapterId }));
  }

  /**
   * Data opens its columns, an adapter comes into its list, a base model into that of base models. What asks for an answer, or takes
   * its time, is looked at where it is.
   */
  takeFiles(reading: Promise<Dropped | null>): Promise<void> {
    return this.#run('inspect', async () => {
      const dropped = await reading;
      if (dropped?.kind === 'data') {
        if (this.store.getState().place !== 'train') this.go('data');
        return this.#inspect(dropped.file, 'refuse');
      }
      if (dropped?.kind === 'model') {
        const { name, files } = dropped;
        this.go('train');
        return this.#bringModel(() => this.#client.send('importModel', { name, files }));
      }
      if (dropped?.kind !== 'adapter') return;
      await this.#import(dropped, false);
    });
  }

  /** The adapter that was refused for naming another base model, on the one that has its sizes. */
  acceptOtherBase(): Promise<void> {
    return this.#run('inspect', async () => {
      const { otherBase } = this.store.getState();
      if (!otherBase) return;
      this.dismissProblem(otherBase.problem);
      await this.#import(otherBase.files, true);
    });
  }

  async #import({ name, files }: AdapterFiles, otherBase: boolean): Promise<void> {
    try {
      const { adapter, warning } = await this.#client.send('importAdapter', { name, files, otherBase });
      this.#addAdapter(adapter);
      this.#set({ imported: { name: adapter.name, warning } });
    } catch (error) {
      const problem = toErrorReport(error);
      if (problem.code !== 'import-other-base') throw error;
      this.#addProblem(problem);
      this.#set({ otherBase: { problem, files: { name, files } } });
    }
  }

  averageAdapters(
    adapterIds: readonly string[],
    weights: readonly number[],
    strategy: AveragingStrategy,
    normalize: boolean,
    rank: number | null,
  ): Promise<void> {
    return this.#run('average', async () =>
      this.#addAdapter(
        await this.#client.send('averageAdapters', {
          adapterIds,
          weights,
          strategy,
          normalize,
          ...(rank === null ? {} : { rank }),
        }),
      ),
    );
  }

  ejectPrefix(adapterId: string): Promise<void> {
    return this.#run(`eject ${adapterId}`, async () =>
      this.#addAdapter(await this.#client.send('ejectPrefix', { adapterId })),
    );
  }

  dismissImported(): void {
    this.#set({ imported: null });
  }

  /** What the form would train; null where it has problems of its own, which it shows beside their fields. */
  async describeSettings(): Promise<SettingsDescription | null> {
    const { form, description, datasets } = this.store.getState();
    if (!form || !description || formProblems(form, description.methods).length > 0) return null;
    const dataset = datasets.find(({ id }) => id === form.datasetId);
    if (!dataset) return null;
    const settings = settingsOf(form, description.methods);
    const { task, labels } = dataset;
    return this.#client.send('describeSettings', { settings, task, labels: labels.length }).catch(() => null);
  }

  /** Of every method on the base model of the form; null where it cannot be read. */
  async methodSizes(): Promise<readonly MethodSizeOf[] | null> {
    const { form } = this.store.getState();
    return form && this.#client.send('methodSizes', { baseModel: form.baseModel }).catch(() => null);
  }

  #addProblem(problem: ErrorReport): void {
    this.#set({ problems: withProblem(this.store.getState().problems, problem) });
  }

  findModel(request: HubModelRequest): Promise<void> {
    this.#set({ found: null });
    return this.#run('find model', async () => {
      this.#set({ found: await this.#client.send('findModel', { request }) });
    });
  }

  forgetFound(): void {
    this.#set({ found: null });
  }

  downloadModel(request: HubModelRequest): Promise<void> {
    return this.#bringModel(() => this.#client.send('downloadModel', { request }));
  }

  continueDownload(modelId: string): Promise<void> {
    return this.#bringModel(() => this.#client.send('continueDownload', { modelId }));
  }

  pauseDownload(): Promise<void> {
    return this.#run('pause download', () => this.#client.send('pauseDownload', {}));
  }

  #deleteModel(modelId: string): Promise<void> {
    return this.#run(`delete ${modelId}`, async () => {
      const library = await this.#client.send('deleteModel', { modelId });
      this.store.setState((state) => withLibrary(state, library));
    });
  }

  /** What is undefined stays as it is. */
  setHub(
    endpoint: string,
    changes: { readonly token?: string | null; readonly downloadHosts?: string },
  ): Promise<void> {
    return this.#run('set hub', async () => {
      const request = { endpoint, ...changes };
      this.#set({ library: await this.#client.send('setHub', request), found: null });
    });
  }

  /** A base model that comes is chosen; it is worth asking the browser to keep it. */
  async #bringModel(bring: () => Promise<BaseModelDescription>): Promise<void> {
    void askToPersist();
    await this.#run('bring model', async () => {
      try {
        const { id } = await bring();
        this.#set({ found: null });
        this.edit({ baseModel: id, startFrom: '' });
      } catch (error) {
        // The person paused it: that is no problem.
        if (toErrorReport(error).code !== 'download-paused') throw error;
      }
    });
    this.#set({ download: null });
  }

  #addAdapter(adapter: AdapterSummary): void {
    this.#set({ adapters: [adapter, ...this.store.getState().adapters] });
    void askToPersist();
  }

  downloadRun(runId: string): Promise<void> {
    return this.#run(`replay ${runId}`, async () =>
      saveFile(await this.#client.send('downloadRun', { runId })),
    );
  }

  /** The curves on the chart, as a table. */
  async downloadNumbers(): Promise<void> {
    await Promise.all(this.#loading.values());
    const { runs, shownRuns } = this.store.getState();
    const shown = shownRuns.flatMap((id) => {
      const run = runs.find((one) => one.id === id);
      const series = this.series.get(id);
      return run && series ? [{ run, series }] : [];
    });
    const name = shown.length === 1 ? `${shown[0]!.run.name}-curve` : 'curves';
    saveFile({ fileName: `${name}.csv`, bytes: new TextEncoder().encode(chartNumbers(shown)) });
  }

  /** A chart as a file, which the page makes itself. */
  saveChart(make: () => Promise<FileDownload>): Promise<void> {
    return this.#run('chart', async () => saveFile(await make()));
  }

  /** The page is being hidden. */
  checkpoint(): void {
    if (isHere(this.store.getState().live))
      void this.#run('checkpoint', () => this.#client.send('checkpoint', {}));
  }

  /** Acknowledged here and at once: the worker answers when its step lets it. */
  #ofLive(command: 'pause' | 'stop', asked: 'pausing' | 'stopping'): Promise<void> {
    const { live } = this.store.getState();
    if (!live) return Promise.resolve();
    this.#set({ live: { ...live, status: asked, asked } });
    return this.#run(command, () =>
      live.tab === null
        ? this.#client.send(command, { runId: live.runId })
        : this.#following?.ask(command, live),
    );
  }

  /** Steps may come by the hundred a second: their points are joined and the page told ten times a second. */
  #onEvent(event: EventMessage): void {
    this.#following?.tell(event);
    if (event.type === 'steps') {
      const waiting = this.#waitingSteps;
      const joined = waiting?.runId === event.runId ? [...waiting.points, ...event.points] : event.points;
      if (waiting && waiting.runId !== event.runId) this.#flushSteps();
      this.#waitingSteps = { ...event, points: joined };
      this.#stepsTimer ??= setTimeout(() => this.#flushSteps(), stepsIntervalMs);
      return;
    }
    this.#flushSteps();
    if (event.type === 'threads') void this.#beginWaiting(event.runId);
    const before = this.store.getState();
    this.#set(reduceEvent(before, event, this.series));
    // Asking the browser not to evict the store is possible only from a window.
    if (event.type === 'adapter' && before.adapters.length === 0) void askToPersist();
  }

  /** Where page and worker spent their time, as a file for trace viewers; `?trace` in the address offers it. */
  downloadTrace(): Promise<void> {
    return this.#run('trace', async () => {
      const worker = await this.#client.send('trace', {});
      const bytes = new TextEncoder().encode(traceFile([...traceEvents('page', 1), ...worker]));
      saveFile({ fileName: 'adapter-studio-trace.json', bytes });
    });
  }

  #flushSteps(): void {
    if (this.#stepsTimer !== null) clearTimeout(this.#stepsTimer);
    this.#stepsTimer = null;
    const waiting = this.#waitingSteps;
    this.#waitingSteps = null;
    if (!waiting) return;
    this.#set(reduceEvent(this.store.getState(), waiting, this.series));
    if (this.#clicked === null) return;
    note('Train to the first point', this.#clicked);
    this.#clicked = null;
  }

  /** Runs a command; what goes wrong becomes a problem on the page. */
  async #run(name: string, work: () => Promise<unknown> | unknown): Promise<void> {
    this.#set({ pending: [...this.store.getState().pending, name] });
    try {
      await work();
    } catch (error) {
      const problem = toErrorReport(error);
      // By the person, who knows.
      if (problem.code !== 'worker-ended') this.#addProblem(problem);
    } finally {
      const { pending } = this.store.getState();
      const at = pending.indexOf(name);
      this.#set({ pending: pending.filter((_, i) => i !== at) });
    }
  }

  #set(changes: Partial<StudioState>): void {
    this.store.setState(changes);
  }
}

function saveFile({ fileName, bytes }: FileDownload): void {
  const url = URL.createObjectURL(new Blob([bytes]));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The browser has taken the file by the next turn; keeping the URL would keep its bytes in memory.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
