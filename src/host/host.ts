/**
 * The worker's side of the protocol: takes commands, answers each once, posts events. Wires data, models, training and
 * storage; owns at most one active run. Knows no GPU: executors come from its constructor.
 */

import type { AdapterMethod, MethodDescription } from '../adapters/method';
import { adapterMethods, methodById } from '../adapters/registry';
import type { Dataset } from '../data/dataset';
import { type ErrorReport, StudioError, toErrorReport } from '../errors';
import type { ExportFormat } from '../formats/export-format';
import type { Precision } from '../formats/onnx/precision';
import { headActivations } from '../heads/classification';
import type { AdapterRecord } from '../protocol/records';
import type { TabChannel } from '../protocol/tab-channel';
import type {
  AdapterSummary,
  AnswerMessage,
  CommandMessage,
  CommandName,
  Commands,
  ComputingDescription,
  DatasetSummary,
  EventMessage,
  FileDownload,
  ModelLibrary as LibraryDescription,
  ListedRun,
  OnnxVerification,
  SettingsDescription,
  StudioDescription,
} from '../protocol/types';
import { isUnderWay, leadsOn, next, type RunStatus, recordedAs } from '../runs/life';
import {
  type BaseIdentity,
  beforeFirstStep,
  type ExecutorInfo,
  type RunAbout,
  type RunRecord,
} from '../runs/record';
import { joinChunks } from '../runs/series';
import type { ExecutorChoice, RunSettings } from '../runs/settings';
import type { StudioStore } from '../storage/store';
import type { TaskType } from '../task';
import { traced, traceEvents } from '../trace';
import type { SavedAdapters } from './adapters/adapter-plan';
import { summarize } from './adapters/adapter-records';
import { averageRecords } from './adapters/averages';
import { adapterDownload, type RunWithSeries, runDownload } from './adapters/downloads';
import { ejectedRecord } from './adapters/ejected';
import { importAdapter, requireFit } from './adapters/imports';
import { Inference } from './adapters/inference';
import { predictJointly } from './adapters/joint-inference';
import { methodSizes } from './adapters/method-sizes';
import { type ClassifierScript, OnnxExports } from './adapters/onnx-exports';
import { UnstoredAdapters } from './adapters/unstored-adapters';
import { Datasets } from './data/datasets';
import { EncodedRows } from './data/encoded-rows';
import type { ChooseExecutor, ChosenExecutor, OpenExecutor } from './executors';
import { baseIdFor, otherBaseWarning, requireSameBase } from './models/base-identity';
import { BaseKeeper } from './models/base-keeper';
import { BaseModels, embeddedModels, type LoadedBaseModel, storedBase } from './models/base-models';
import { ModelLibrary, type OpenHub } from './models/model-library';
import { OtherTabs, type ToldKind } from './other-tabs';
import { ActiveRun, type RunMaterial } from './runs/active-run';
import { listed, listRuns } from './runs/listed-runs';
import { openingFor } from './runs/opening';
import { Readiness, type Trial } from './runs/readiness';
import { cleanedAbout } from './runs/run-about';
import { nextRunNumber, runName } from './runs/run-name';
import { prepareRun, requireSameLabels } from './runs/run-preparation';
import { RunQueue } from './runs/run-queue';
import { checkSettings } from './runs/settings-check';
import { describeSettings } from './runs/settings-description';
import { settingsOfRun, settingsOfTask } from './runs/settings-of-run';
import { type Begun, busy, TrainerLock } from './runs/trainer-lock';
import { SetAsideRecords } from './set-aside-records';

export interface HostParts {
  readonly store: StudioStore;
  /** Where the page is served from, with a slash at its end. */
  readonly siteBase: string;
  readonly chooseExecutor: ChooseExecutor;
  readonly post: (message: AnswerMessage | EventMessage, transfer?: Transferable[]) => void;
  /** To the workers of the other tabs; left out, nothing is heard of them. */
  readonly channel?: TabChannel;
  /** The way to the hub; the worker's own requests where it is left out. */
  readonly openHub?: OpenHub;
  /** What an exported model runs with in a browser; left out, none leaves with it. */
  readonly classifier?: ClassifierScript;
  /** Whether a Content Security Policy is in force here; null where the browser cannot tell. */
  readonly isUnderPolicy?: boolean | null;
}

type Chosen = ChosenExecutor & { readonly choice: ExecutorChoice };

type Handlers = {
  readonly [N in CommandName]: (request: Commands[N]['request']) => Promise<Commands[N]['answer']>;
};

export class StudioHost {
  readonly #parts: HostParts;
  readonly #models: BaseModels;
  readonly #library: ModelLibrary;
  readonly #keeper = new BaseKeeper();
  readonly #datasets: Datasets;
  readonly #rows = new EncodedRows();
  readonly #readiness: Readiness;
  readonly #lock = new TrainerLock();
  readonly #unstored: UnstoredAdapters;
  readonly #queue: RunQueue;
  readonly #setAside: SetAsideRecords;
  readonly #onnx: OnnxExports;
  readonly #handlers: Handlers;
  #chosen: Chosen | null = null;
  /** Of ONNX Runtime here, once it was tried. */
  #trial: Trial | null = null;
  #inference: Inference | null = null;
  #active: ActiveRun | null = null;
  /** Runs that repeat another one, and begin with whatever threads there are. */
  readonly #asItIs = new Set<string>();

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.#library = new ModelLibrary(parts.store, embeddedModels, parts.post, parts.openHub);
    this.#models = new BaseModels(parts.siteBase, this.#library);
    this.#onnx = new OnnxExports(this.#models, parts.classifier);
    this.#datasets = new Datasets(parts.store, parts.siteBase, parts.post);
    this.#readiness = new Readiness({
      models: this.#models,
      datasets: this.#datasets,
      keeper: this.#keeper,
      rows: this.#rows,
      savedAdapters: (settings) => this.#savedAdapters(settings),
    });
    this.#unstored = new UnstoredAdapters(parts.store, this.#lock, parts.post);
    const { store, post } = parts;
    this.#queue = new RunQueue({
      store,
      lock: this.#lock,
      post,
      begin: async (run) => {
        const dataset = await this.#datasetOf(run);
        return this.#begin(run, dataset);
      },
      isReadyFor: (run) => this.#isReadyFor(run),
    });
    this.#setAside = new SetAsideRecords({ store, lock: this.#lock, library: this.#library, post });
    store.whenDeleted(() => void this.#tellOfDeletion());
    if (parts.channel) new OtherTabs(parts.channel, store, (kinds) => this.#tellOfChanges(kinds));
    this.#handlers = {
      open: (request) => this.#open(request),
      chooseExecutor: async ({ choice }) => {
        const listing = this.#datasets.list();
        const [computing, datasets] = await Promise.all([this.#choose(choice, () => listing), listing]);
        void this.#tryOut(computing.defaults, datasets);
        return computing;
      },
      makeReady: async (choice) => {
        // Not waited for: the form changes again meanwhile.
        if (!this.#active) void this.#readiness.make(choice, this.#executorNow());
        return null;
      },
      inspectFile: (request) => this.#datasets.inspect(request),
      createDataset: (request) => this.#datasets.create(request),
      trace: async () => traceEvents('training worker', 2),
      cancelImport: async () => {
        await this.#datasets.cancelImport();
        return null;
      },
      deleteDataset: ({ datasetId }) => this.#deleteDataset(datasetId),
      listRuns: (request) => this.#listRunsSince(request),
      series: async ({ runId }) => (await this.#runWithSeries(runId)).series,
      listAdapters: () => store.listAdapters(),
      listSetAside: () => this.#setAside.list(),
      downloadSetAside: ({ key }) => this.#setAside.download(key),
      deleteSetAside: async ({ key }) => {
        await this.#setAside.delete(key);
        return null;
      },
      deleteRun: ({ runId }) => this.#deleteRun(runId),
      deleteAdapter: async ({ adapterId }) => {
        this.#onnx.cancelVerify(adapterId);
        await store.deleteAdapter(adapterId);
        return null;
      },
      train: (request) => traced('begin run', () => this.#train(request)),
      trainAgain: (request) => traced('begin run', () => this.#trainAgain(request)),
      changeRun: async ({ runId, changes }) => {
        await this.#changeRun(runId, changes);
        return null;
      },
      moveQueued: async ({ runId, to }) => {
        await this.#queue.move(runId, to);
        return null;
      },
      beginWaiting: async ({ runId }) => {
        this.#asItIs.add(runId);
        this.#queue.goOn();
        return null;
      },
      holdQueued: async ({ runId, hold }) => {
        this.#queue.holdBack(runId, hold);
        return null;
      },
      pause: async ({ runId }) => this.#ofActive(runId, (run) => run.pause()),
      resume: ({ runId }) => this.#resume(runId),
      stop: async ({ runId }) => this.#ofActive(runId, (run) => run.stop()),
      storeAdapter: async ({ runId }) => {
        await this.#unstored.store(runId);
        return null;
      },
      checkpoint: async () => {
        this.#active?.requestCheckpoint();
        return null;
      },
      evaluate: async ({ adapterId, datasetId, split }) => {
        const [adapter, dataset] = await Promise.all([
          this.#adapter(adapterId),
          this.#datasets.get(datasetId),
        ]);
        return this.#inferenceNow().evaluate(adapter, dataset, split);
      },
      predict: async ({ adapterId, text }) =>
        this.#inferenceNow().predict(await this.#adapter(adapterId), text),
      predictJointly: (request) => this.#predictJointly(request),
      downloadAdapter: ({ adapterId, format }) => this.#downloadAdapter(adapterId, format),
      downloadOnnx: ({ adapterId, precisions }) => this.#downloadOnnx(adapterId, precisions),
      verifyOnnx: (request) => this.#verifyOnnx(request),
      cancelVerify: async ({ adapterId }) => {
        this.#onnx.cancelVerify(adapterId);
        return null;
      },
      importAdapter: (request) => this.#importAdapter(request),
      averageAdapters: (request) => this.#averageAdapters(request),
      ejectPrefix: ({ adapterId }) => this.#ejectPrefix(adapterId),
      methodSizes: async ({ baseModel }) => methodSizes((await this.#models.load(baseModel)).config),
      describeSettings: ({ settings, task, labels }) => this.#describeSettings(settings, task, labels),
      downloadRun: ({ runId }) => this.#downloadRun(runId),
      findModel: ({ request }) => this.#library.find(request),
      downloadModel: ({ request }) => this.#library.download(request),
      continueDownload: ({ modelId }) => this.#library.continue(modelId),
      pauseDownload: async () => {
        this.#library.pause();
        return null;
      },
      deleteModel: ({ modelId }) => this.#deleteModel(modelId),
      importModel: ({ name, files }) => this.#library.import(name, files),
      setHub: ({ endpoint, token, downloadHosts }) => this.#library.setHub(endpoint, token, downloadHosts),
    };
  }

  /** Answers one command. Never rejects: what goes wrong crosses as an error report. */
  async handle({ type, id, request }: CommandMessage): Promise<void> {
    try {
      // The union pairs each name with its request, which TypeScript cannot follow through the lookup.
      const handler = this.#handlers[type] as (request: unknown) => Promise<Commands[CommandName]['answer']>;
      const value = await handler(request);
      const transfer = value !== null && 'bytes' in value ? [value.bytes.buffer] : [];
      this.#parts.post({ type: 'answer', id, ok: true, value }, transfer);
    } catch (error) {
      this.#parts.post({ type: 'answer', id, ok: false, error: toErrorReport(error) });
    }
  }

  async #open({ executor, remembered, ended }: Commands['open']['request']): Promise<StudioDescription> {
    if (ended !== undefined) await this.#lock.whenReleased(ended);
    // A run of another tab is not interrupted: only the tab that could train may say so.
    if (await this.#lock.isFree()) await this.#sweep();
    await this.#library.sweep();
    this.#inference = new Inference(this.#models, this.#library, this.#keeper, () => this.#executorNow()());
    // Listed while the device is sought, and once.
    const listing = this.#datasets.list();
    const choosing = executor
      ? this.#choose(executor, () => listing)
      : // What was chosen in another browser of this machine, or before a driver was changed, may not be there.
        this.#choose(remembered ?? 'automatic', () => listing).catch(() =>
          this.#choose('automatic', () => listing),
        );
    const [computing, datasets, library] = await Promise.all([choosing, listing, this.#library.describe()]);
    // In a task of its own, so once the answer is posted: the form waits for nothing that it does not show.
    setTimeout(() => void this.#afterOpening(computing.defaults, datasets));
    return {
      ...computing,
      methods: adapterMethods.map(describeMethod),
      headActivations,
      library,
      datasets,
      defaultDatasetId: defaultDataset(datasets)?.id ?? '',
      isUnderPolicy: this.#parts.isUnderPolicy ?? null,
    };
  }

  /** What takes the longer the more is kept, and the kernels. */
  async #afterOpening(settings: RunSettings, datasets: readonly DatasetSummary[]): Promise<void> {
    void this.#tryOut(settings, datasets);
    // What waited when the page was closed.
    this.#queue.goOn();
    try {
      await this.#datasets.sweep();
    } catch (error) {
      this.#parts.post({ type: 'problem', runId: null, error: toErrorReport(error) });
    }
    // Tensors may be large.
    await this.#setAside.checkLargeRecords();
  }

  /** From the next session on; a run that trains keeps its own. */
  async #choose(
    choice: ExecutorChoice,
    list: () => Promise<readonly DatasetSummary[]>,
  ): Promise<ComputingDescription> {
    const chosen = { ...(await this.#parts.chooseExecutor(choice)), choice };
    this.#readiness.stop();
    this.#chosen = chosen;
    return this.#describeComputing(chosen, list);
  }

  async #describeComputing(
    { open, choice, reason, faster }: Chosen,
    list: () => Promise<readonly DatasetSummary[]>,
  ): Promise<ComputingDescription> {
    const [{ info }, datasets] = await Promise.all([open(), list()]);
    const rows = defaultDataset(datasets)?.rows ?? { train: 0, validation: 0 };
    return { choice, executor: info, reason, faster, ...openingFor(info, this.#trial, rows) };
  }

  /** What the form opens with, on the executor that is chosen now. */
  async #tryOut(settings: RunSettings, datasets: readonly DatasetSummary[]): Promise<void> {
    const chosen = this.#chosen;
    const dataset = defaultDataset(datasets);
    if (!chosen || !dataset || this.#active) return;
    const trial = await this.#readiness.tryOut({ settings, datasetId: dataset.id }, chosen.open);
    if (!trial || this.#chosen !== chosen) return;
    this.#trial = trial;
    const computing = await this.#describeComputing(chosen, () => this.#datasets.list());
    this.#parts.post({ type: 'computing', computing });
  }

  #executorNow(): OpenExecutor {
    if (!this.#chosen) {
      throw new StudioError(
        'not-open',
        'There is no device to compute on.',
        'Reload the page; if it stays so, see the message at the top.',
      );
    }
    return this.#chosen.open;
  }

  #inferenceNow(): Inference {
    this.#executorNow();
    return this.#inference!;
  }

  async #adapter(adapterId: string): Promise<AdapterRecord> {
    const adapter = this.#unstored.find(adapterId) ?? (await this.#parts.store.getAdapter(adapterId));
    if (!adapter) {
      this.#parts.store.setAside.requireReadable(`adapter/${adapterId}`, `bundle/${adapterId}`);
      throw new StudioError(
        'unknown-adapter',
        'This adapter is not stored any more.',
        'Reload the page to see the adapters that are.',
      );
    }
    return adapter;
  }

  /** Of an adapter, or what stands for it. */
  async #baseOf(adapter: AdapterRecord): Promise<LoadedBaseModel> {
    return this.#models.load(baseIdFor(adapter, await this.#library.list()));
  }

  /** Throws `unknown-adapter` where one was deleted. */
  async #savedAdapters({ startFrom, composition }: RunSettings): Promise<SavedAdapters> {
    const [parent, composed] = await Promise.all([
      startFrom ? this.#adapter(startFrom) : null,
      Promise.all((composition?.adapterIds ?? []).map((id) => this.#adapter(id))),
    ]);
    return { parent: parent?.bundle ?? null, composed: composed.map(({ bundle }) => bundle) };
  }

  /** Where there is no room to write down what it finds, the studio opens all the same, and makes room possible. */
  async #sweep(): Promise<void> {
    try {
      await this.#parts.store.sweep(await this.#lock.runsInUse());
    } catch (error) {
      const report = toErrorReport(error);
      if (report.code !== 'storage-full') throw error;
      this.#parts.post({ type: 'problem', runId: null, error: report });
    }
  }

  async #listRuns(): Promise<ListedRun[]> {
    const inUse = await this.#lock.runsInUse();
    return listRuns(this.#parts.store, inUse);
  }

  /** Once a tab is gone that had a run, what waits goes on here. */
  async #listRunsSince({ ended }: Commands['listRuns']['request']): Promise<ListedRun[]> {
    if (ended === undefined) return this.#listRuns();
    await this.#lock.whenReleased(ended);
    this.#queue.goOn();
    return this.#listRuns();
  }

  async #storedRun(runId: string): Promise<RunRecord> {
    const run = await this.#parts.store.getRun(runId);
    if (!run) {
      this.#parts.store.setAside.requireReadable(`run/${runId}`);
      throw new StudioError(
        'unknown-run',
        'This run is not stored any more.',
        'Reload the page to see the runs that are.',
      );
    }
    return run;
  }

  /** As it ended, where its adapter is not stored. */
  async #runWithSeries(runId: string): Promise<RunWithSeries> {
    const ended = this.#unstored.ofRun(runId);
    const run = ended?.run ?? (await this.#storedRun(runId));
    const { chunks } = ended ?? (await this.#parts.store.storedSeries(runId));
    return { run, series: joinChunks(chunks, run.series) };
  }

  #ofActive(runId: string, act: (run: ActiveRun) => void): null {
    if (this.#active?.id !== runId) {
      throw new StudioError(
        'run-not-active',
        'This run is not training now.',
        'An interrupted run can be resumed from the list of runs.',
      );
    }
    act(this.#active);
    return null;
  }

  async #train({ settings, datasetId, queue = false }: Commands['train']['request']): Promise<ListedRun> {
    const openExecutor = this.#executorNow();
    checkSettings(settings);
    if (!queue) this.#requireIdle();
    this.#readiness.stop();
    const parent = settings.startFrom ? await this.#adapter(settings.startFrom) : null;
    if (parent && parent.baseModel !== settings.baseModel) await this.#requireFit(parent, settings.baseModel);
    const continued = settingsOfRun(settings, parent?.bundle ?? null);
    methodById(continued.method);
    await this.#requireComposable(continued);
    const dataset = await this.#datasets.get(datasetId);
    if (parent) requireSameLabels(parent.bundle, dataset);
    const { info } = await openExecutor();
    return this.#create(
      (named) => newRun(named, settingsOfTask(continued, dataset.task), dataset, info),
      dataset,
      queue,
    );
  }

  async #trainAgain({ runId, queue = false }: Commands['trainAgain']['request']): Promise<ListedRun> {
    this.#executorNow();
    if (!queue) this.#requireIdle();
    this.#readiness.stop();
    const run = this.#unstored.ofRun(runId)?.run ?? (await this.#storedRun(runId));
    const { settings, base, executor, kernelTable } = run;
    methodById(settings.method);
    const dataset = await this.#datasetOf(run);
    // What the run was computed on stands in the new record until its session opens, which takes the same kernels.
    return this.#create(
      (named) => ({ ...newRun(named, settings, dataset, executor), base, kernelTable }),
      dataset,
      queue,
    );
  }

  /** A record with a name of its own, that begins or waits. */
  async #create(
    make: (named: Pick<RunRecord, 'id' | 'name'>) => RunRecord,
    dataset: Dataset,
    queue: boolean,
  ): Promise<ListedRun> {
    const id = crypto.randomUUID();
    const create = () =>
      this.#lock.counting(async () => {
        const number = await this.#nextRunNumber();
        const name = runName(number - 1);
        const made = make({ id, name });
        const run = queue ? await this.#queue.atEnd(made) : made;
        await this.#parts.store.createRun(run, number);
        return run;
      });
    const run = queue
      ? await create()
      : await this.#lock.hold(id, async () => {
          const begun = await create();
          return { answer: begun, ended: this.#start(begun, dataset) };
        });
    this.#queue.goOn();
    return listed(run, false);
  }

  async #nextRunNumber(): Promise<number> {
    const { store } = this.#parts;
    const [last, adapters] = await Promise.all([store.lastRunNumber(), store.listAdapters()]);
    // Once runs are counted, only adapters may bring a name from elsewhere.
    const runs = last === undefined ? await store.listRuns() : [];
    return nextRunNumber(
      last,
      [...runs, ...adapters].map(({ name }) => name),
    );
  }

  /** On another base model than its own an adapter goes on where the sizes agree; the run tells of it when it begins. */
  async #requireFit({ bundle, name }: AdapterRecord, baseModel: string): Promise<void> {
    const base = await this.#models.load(baseModel);
    requireFit(bundle, name, base);
  }

  /** Before the run is recorded: the saved adapters are there and on this base model. */
  async #requireComposable({ composition, baseModel }: RunSettings): Promise<void> {
    if (!composition) return;
    const adapters = await Promise.all(composition.adapterIds.map((id) => this.#adapter(id)));
    const least = composition.type === 'Fuse' ? 2 : 1;
    const [models, { identity }] = await Promise.all([this.#library.list(), this.#models.load(baseModel)]);
    const other = adapters.find(
      (adapter) => baseIdFor(adapter, models) !== baseModel || otherBaseWarning(adapter, identity) !== null,
    );
    if (adapters.length >= least && !other) return;
    throw new StudioError(
      'unsupported-setup',
      other
        ? `"${other.name}" was trained on ${other.base.name || other.baseModel}, not on these weights of ${identity.name}.`
        : `A ${composition.type === 'Fuse' ? 'fusion needs two' : 'stack needs one'} saved adapter${least > 1 ? 's' : ''} at least.`,
      'Choose saved adapters of the base model that is chosen.',
    );
  }

  async #resume(runId: string): Promise<null> {
    if (this.#active?.id === runId) return this.#ofActive(runId, (run) => run.resume());
    this.#requireIdle();
    await this.#lock.hold(runId, async () => {
      const run = await this.#storedRun(runId);
      const dataset = await this.#requireResumable(run);
      return this.#begin({ ...run, status: recordedAs(next(left(run), 'resume')) }, dataset);
    });
    this.#queue.goOn();
    return null;
  }

  /** A run that was recorded before, under its locks. At once, so that no other tab deletes what it needs while it prepares. */
  async #begin(run: RunRecord, dataset: Dataset): Promise<Begun<null>> {
    await this.#parts.store.saveRun(run);
    this.#parts.post({ type: 'run', run: listed(run, false) });
    return { answer: null, ended: this.#start(run, dataset) };
  }

  /** One that repeats another is for a worker with the threads of that one: the page is asked for it, and may have none. */
  async #isReadyFor({ id, kernelTable, executor: { runtime } }: RunRecord): Promise<boolean> {
    const isRepeat = Object.keys(kernelTable).length > 0;
    if (!isRepeat || !runtime || this.#asItIs.has(id)) return true;
    // Where there is no device, beginning it says so.
    const opened = await this.#executorNow()().catch(() => null);
    const threads = opened?.info.runtime?.threads;
    if (threads === undefined || threads === runtime.threads) return true;
    this.#parts.post({ type: 'threads', runId: id });
    return false;
  }

  /** Its data set, on which it can go on. Throws `run-ended`, `dataset-changed`, and where something it needs is gone. */
  async #requireResumable(run: RunRecord): Promise<Dataset> {
    const { id, status, name } = run;
    // What failed goes on only from a checkpoint: from the start it would fail again.
    if (status === 'failed' && !(await this.#parts.store.loadCheckpoint(id)))
      throw new StudioError(
        'run-ended',
        `The run ${name} failed and has no whole checkpoint to go on from.`,
        'Start a new run with its settings.',
      );
    if (!leadsOn(left(run), 'resume'))
      throw new StudioError(
        'run-ended',
        `The run ${name} is ${status}; only an interrupted or failed run can go on.`,
        'Use its adapter as the start of a new run.',
      );
    return this.#datasetOf(run);
  }

  /** Throws `dataset-changed`, and where something else that it needs is gone. */
  async #datasetOf({ dataset: recorded, settings }: RunRecord): Promise<Dataset> {
    const dataset = await this.#datasets.get(recorded.id);
    if (dataset.fingerprint !== recorded.fingerprint) {
      throw new StudioError(
        'dataset-changed',
        `The data set ${recorded.name} is not the one this run began with.`,
        'Start a new run on the present data.',
      );
    }
    await this.#savedAdapters(settings);
    return dataset;
  }

  #requireIdle(): void {
    if (this.#active) throw busy();
  }

  /** Runs in the background; the run's fate is told by events and its record. Resolves when it has ended. */
  #start(run: RunRecord, dataset: Dataset): Promise<void> {
    const { store, post } = this.#parts;
    const tell = (phase: 'model' | 'tokenizing') => (done: number, total: number) =>
      post({ type: 'preparing', runId: run.id, phase, done, total, progress: null });
    const prepare = async (): Promise<RunMaterial> => {
      const base = storedBase(
        await traced('load base model', () => this.#models.load(run.settings.baseModel, tell('model'))),
        run.settings.baseStorage,
      );
      requireSameBase(run, base.identity);
      await this.#warnOfOtherBase(run, base.identity);
      const prepared = await prepareRun(
        run.settings,
        dataset,
        base,
        await this.#savedAdapters(run.settings),
        this.#rows,
        tell('tokenizing'),
      );
      const { plan, built } = prepared;
      return {
        base,
        prepared,
        checkpoint: (await store.loadCheckpoint(run.id)) ?? null,
        series: await store.storedSeries(run.id),
        run: {
          ...run,
          totalSteps: plan.totalSteps,
          trainableParameters: built.programs.parameters.count,
          base: base.identity,
          dataset: { ...run.dataset, trainRows: plan.rows },
        },
      };
    };
    const active = new ActiveRun({
      run,
      prepare,
      store,
      keeper: this.#keeper,
      chosenExecutor: () => this.#executorNow(),
      post,
      keepUnstored: (trained, why) => this.#unstored.keep(trained, why),
    });
    this.#active = active;
    // Once more: the form may have changed since the click.
    this.#readiness.stop();
    return active.run().then(({ isDeviceGone }) => {
      this.#active = null;
      if (isDeviceGone) this.#queue.hold();
    });
  }

  async #warnOfOtherBase({ id, settings }: RunRecord, identity: BaseIdentity): Promise<void> {
    if (!settings.startFrom) return;
    const message = otherBaseWarning(await this.#adapter(settings.startFrom), identity);
    if (message === null) return;
    const hint = 'The run goes on: the adapter learns the new base model, from values that fit the old one.';
    this.#parts.post({ type: 'problem', runId: id, error: { code: 'other-base', message, hint } });
  }

  /** Throws `model-in-use` while a run needs it, also one of another tab. */
  async #deleteModel(modelId: string): Promise<LibraryDescription> {
    const user = (await this.#runsUnderWay()).find(({ settings }) => settings.baseModel === modelId);
    if (user)
      throw new StudioError(
        'model-in-use',
        `The run ${user.name} is training on this base model.`,
        'Stop the run first, or wait until it has finished.',
      );
    // What it has just begun with the model would be kept after it.
    this.#readiness.stop();
    this.#models.forget(modelId);
    this.#keeper.forget(modelId);
    this.#inference?.forget();
    await this.#library.delete(modelId);
    return this.#library.describe();
  }

  /** Those that may be training now, in this tab or another. */
  async #runsUnderWay(): Promise<readonly RunRecord[]> {
    if (this.#active === null && (await this.#lock.isFree())) return [];
    return (await this.#parts.store.listRuns()).filter(({ status }) => isUnderWay(status));
  }

  /** Throws `dataset-in-use` while a run trains on it, also one of another tab. */
  async #deleteDataset(datasetId: string): Promise<null> {
    const user = (await this.#runsUnderWay()).find(({ dataset }) => dataset.id === datasetId);
    if (user)
      throw new StudioError(
        'dataset-in-use',
        `The run ${user.name} is training on this data set.`,
        'Stop the run first, or wait until it has finished.',
      );
    await this.#datasets.delete(datasetId);
    return null;
  }

  async #downloadAdapter(adapterId: string, format: ExportFormat): Promise<FileDownload> {
    const adapter = await this.#adapter(adapterId);
    return adapterDownload(adapter, await this.#runOf(adapter), format, async () =>
      this.#models.files((await this.#ownBaseOf(adapter)).id),
    );
  }

  async #downloadOnnx(adapterId: string, precisions: readonly Precision[]): Promise<FileDownload> {
    const adapter = await this.#adapter(adapterId);
    const base = await this.#ownBaseOf(adapter);
    return this.#onnx.download(adapter, await this.#runOf(adapter), base, precisions);
  }

  async #verifyOnnx({
    adapterId,
    datasetId,
    precisions,
  }: Commands['verifyOnnx']['request']): Promise<readonly OnnxVerification[]> {
    return this.#onnx.verify(adapterId, precisions, {
      inference: this.#inferenceNow(),
      load: async () => {
        const reading = [this.#adapter(adapterId), this.#datasets.get(datasetId)] as const;
        const [adapter, dataset] = await Promise.all(reading);
        return { adapter, dataset, base: await this.#ownBaseOf(adapter) };
      },
      onProgress: (progress) => this.#parts.post({ type: 'verifying', adapterId, ...progress }),
    });
  }

  async #runOf({ runId }: AdapterRecord): Promise<RunWithSeries | null> {
    if (!runId || (!this.#unstored.ofRun(runId) && !(await this.#parts.store.getRun(runId)))) return null;
    return this.#runWithSeries(runId);
  }

  /** Throws `other-base` where only a model of the same sizes is here. */
  async #ownBaseOf(adapter: AdapterRecord): Promise<LoadedBaseModel> {
    const base = await this.#baseOf(adapter);
    const other = otherBaseWarning(adapter, base.identity);
    if (other === null) return base;
    throw new StudioError(
      'other-base',
      other,
      'It is merged only into the weights it was made on. Get that base model again, or take the adapter by itself.',
    );
  }

  async #importAdapter(
    request: Commands['importAdapter']['request'],
  ): Promise<Commands['importAdapter']['answer']> {
    const { record, warning } = await importAdapter(request, this.#models, await this.#library.list());
    await this.#parts.store.saveAdapter(record);
    return { adapter: summarize(record), warning };
  }

  async #predictJointly({
    adapterIds,
    ...request
  }: Commands['predictJointly']['request']): Promise<Commands['predictJointly']['answer']> {
    const adapters = await Promise.all(adapterIds.map((id) => this.#adapter(id)));
    const first = adapters[0] ?? (await this.#adapter(''));
    const [base, device] = await Promise.all([this.#baseOf(first), this.#executorNow()()]);
    return predictJointly(adapters, request, storedBase(base, first.baseStorage), this.#keeper, device);
  }

  async #averageAdapters(request: Commands['averageAdapters']['request']): Promise<AdapterSummary> {
    const adapters = await Promise.all(request.adapterIds.map((id) => this.#adapter(id)));
    const base = await this.#baseOf(adapters[0] ?? (await this.#adapter('')));
    const record = await averageRecords(adapters, request, base);
    await this.#parts.store.saveAdapter(record);
    return summarize(record);
  }

  async #ejectPrefix(adapterId: string): Promise<AdapterSummary> {
    const adapter = await this.#adapter(adapterId);
    const record = await ejectedRecord(adapter, await this.#baseOf(adapter));
    await this.#parts.store.saveAdapter(record);
    return summarize(record);
  }

  async #describeSettings(
    settings: RunSettings,
    task: TaskType,
    labels: number,
  ): Promise<SettingsDescription> {
    const [base, saved, { executor }] = await Promise.all([
      this.#models.load(settings.baseModel),
      this.#savedAdapters(settings),
      this.#executorNow()(),
    ]);
    return describeSettings(settings, { base, saved, task, labels, executor });
  }

  async #downloadRun(runId: string): Promise<FileDownload> {
    const { run, series } = await this.#runWithSeries(runId);
    const [dataset, base] = await Promise.all([
      this.#datasets.get(run.dataset.id),
      this.#models.load(run.settings.baseModel),
    ]);
    const prepared = await prepareRun(
      run.settings,
      dataset,
      storedBase(base, run.settings.baseStorage),
      await this.#savedAdapters(run.settings),
      // Of whichever run it is: those of the next one stay where they are.
      new EncodedRows(),
      () => {},
    );
    const adapter = run.adapterId ? await this.#parts.store.getAdapter(run.adapterId) : undefined;
    const rows = adapter ? await this.#inferenceNow().evaluateRows(adapter, dataset, 'validation') : null;
    return runDownload(
      { run, series },
      dataset,
      prepared,
      rows && { ids: rows.ids, logits: rows.evaluation.logits },
    );
  }

  /** The person or the browser deleted what was stored. A run goes on in memory, and the page lists what is really there. */
  async #tellOfDeletion(): Promise<void> {
    const { post } = this.#parts;
    const active = this.#active;
    this.#datasets.forget();
    const kept = 'What is trained or brought from now on is kept again.';
    const error: ErrorReport = {
      code: 'storage-deleted',
      message:
        'The studio’s data in this browser were deleted: runs, adapters, your data sets, kept base models and settings.',
      hint: active
        ? `The run ${active.name} goes on. At its end its adapter is stored anew and can be downloaded.`
        : `${kept} Adapters that you downloaded can be dropped on the page.`,
    };
    post({ type: 'problem', runId: active?.id ?? null, error });
    try {
      await active?.storeAgain();
      await this.#tellOfStored();
      post({ type: 'library', library: await this.#library.describe() });
    } catch (failed) {
      post({ type: 'problem', runId: active?.id ?? null, error: toErrorReport(failed) });
    }
  }

  /** Another tab wrote or deleted records of these kinds. Never rejects. */
  async #tellOfChanges(kinds: ReadonlySet<ToldKind>): Promise<void> {
    const { post } = this.#parts;
    try {
      await this.#tellOfStored();
      if (kinds.has('model')) post({ type: 'library', library: await this.#library.describe() });
    } catch (error) {
      post({ type: 'problem', runId: null, error: toErrorReport(error) });
    }
  }

  async #tellOfStored(): Promise<void> {
    const { store, post } = this.#parts;
    const [runs, adapters, datasets] = await Promise.all([
      this.#listRuns(),
      store.listAdapters(),
      this.#datasets.list(),
    ]);
    post({ type: 'stored', runs, adapters, datasets });
  }

  async #changeRun(runId: string, changes: Partial<RunAbout>): Promise<void> {
    const cleaned = cleanedAbout(changes);
    if (this.#active?.id === runId && (await this.#active.change(cleaned))) return;
    const { store, post } = this.#parts;
    if (this.#unstored.ofRun(runId)) {
      const stored = await store.getRun(runId);
      if (stored) await store.saveRun({ ...stored, ...cleaned });
      post({ type: 'run', run: listed(this.#unstored.change(runId, cleaned), false) });
      return;
    }
    await this.#lock.alone(runId, async () => {
      const run = { ...(await this.#storedRun(runId)), ...cleaned };
      await store.saveRun(run);
      post({ type: 'run', run: listed(run, (await store.runsWithCheckpoint()).has(runId)) });
    });
  }

  async #deleteRun(runId: string): Promise<null> {
    if (this.#active?.id === runId)
      throw new StudioError('run-active', 'This run is training.', 'Stop it first.');
    // A run whose adapter this tab keeps is this tab's to delete, the adapter with it.
    if (this.#unstored.ofRun(runId)) {
      await this.#parts.store.deleteRun(runId);
      await this.#unstored.discard(runId);
    } else await this.#lock.alone(runId, () => this.#parts.store.deleteRun(runId));
    return null;
  }
}

/** What the form opens on: the reference's, where it is there. */
const defaultDataset = (datasets: readonly DatasetSummary[]) =>
  datasets.find(({ id }) => id === 'rotten_tomatoes') ?? datasets[0];

/** The method as plain data: what a message to the page can carry. */
function describeMethod({ matches, ...description }: AdapterMethod): MethodDescription {
  return description;
}

/** Of a run whose lock is this tab's: what is recorded as training was interrupted. */
const left = ({ status }: RunRecord): RunStatus =>
  isUnderWay(status) ? recordedAs(next(status, 'interrupt')) : status;

function newRun(
  { id, name }: Pick<RunRecord, 'id' | 'name'>,
  settings: RunSettings,
  dataset: Dataset,
  executor: ExecutorInfo,
): RunRecord {
  return {
    version: 3,
    id,
    name,
    createdAt: Date.now(),
    status: 'training',
    settings,
    dataset: {
      id: dataset.id,
      name: dataset.name,
      fingerprint: dataset.fingerprint,
      task: dataset.task,
      labels: dataset.labelNames,
      trainRows: dataset.splits.train.texts.length,
      validationRows: dataset.splits.validation.texts.length,
    },
    base: { name: '', revision: null, fingerprint: '' },
    executor,
    kernelTable: {},
    totalSteps: 0,
    trainableParameters: 0,
    ...beforeFirstStep,
    results: null,
    adapterId: null,
    error: null,
  };
}
