/**
 * The worker's side of the protocol: takes commands, answers each once, posts events. Wires data, models, adapters, training and
 * storage; what is done for a command stands in the folder of its subject. Knows no GPU: executors come from its constructor.
 */

import type { AdapterMethod, MethodDescription } from '../adapters/method';
import { adapterMethods } from '../adapters/registry';
import { type ErrorReport, toErrorReport } from '../errors';
import { headActivations } from '../heads/classification';
import type { TabChannel } from '../protocol/tab-channel';
import type {
  AnswerMessage,
  CommandMessage,
  CommandName,
  Commands,
  DatasetSummary,
  EventMessage,
  StudioDescription,
} from '../protocol/types';
import type { RunSettings } from '../runs/settings';
import type { StudioStore } from '../storage/store';
import { traceEvents } from '../trace';
import { adapterCommands } from './adapters/adapter-commands';
import { Inference } from './adapters/inference';
import { type ClassifierScript, OnnxExports } from './adapters/onnx-exports';
import { StoredAdapters } from './adapters/stored-adapters';
import { UnstoredAdapters } from './adapters/unstored-adapters';
import { Computing, defaultDataset } from './computing';
import { datasetCommands } from './data/dataset-commands';
import { Datasets } from './data/datasets';
import { EncodedRows } from './data/encoded-rows';
import type { ChooseExecutor } from './executors';
import type { HandlersOf } from './handlers';
import { BaseKeeper } from './models/base-keeper';
import { BaseModels, embeddedModels } from './models/base-models';
import { modelCommands } from './models/model-commands';
import { ModelLibrary, type OpenHub } from './models/model-library';
import { OtherTabs, type ToldKind } from './other-tabs';
import { Readiness } from './runs/readiness';
import { RunCommands } from './runs/run-commands';
import { StoredRuns } from './runs/stored-runs';
import { TrainerLock } from './runs/trainer-lock';
import { Training } from './runs/training';
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

export class StudioHost {
  readonly #parts: HostParts;
  readonly #library: ModelLibrary;
  readonly #datasets: Datasets;
  readonly #lock = new TrainerLock();
  readonly #runs: StoredRuns;
  readonly #computing: Computing;
  readonly #training: Training;
  readonly #setAside: SetAsideRecords;
  readonly #handlers: HandlersOf<CommandName>;

  constructor(parts: HostParts) {
    this.#parts = parts;
    const { store, post, siteBase } = parts;
    const lock = this.#lock;
    const library = new ModelLibrary(store, embeddedModels, post, parts.openHub);
    const models = new BaseModels(siteBase, library);
    const datasets = new Datasets(store, siteBase, post);
    const [keeper, rows] = [new BaseKeeper(), new EncodedRows()];
    const unstored = new UnstoredAdapters(store, lock, post);
    const adapters = new StoredAdapters({ store, unstored, models, library });
    const runs = new StoredRuns({ store, lock, unstored });
    const savedAdapters = (settings: RunSettings) => adapters.startsOf(settings);
    const readiness = new Readiness({ models, datasets, keeper, rows, savedAdapters });
    const stopReadiness = () => readiness.stop();
    const isTraining = () => training.active !== null;
    const { chooseExecutor } = parts;
    const computing = new Computing({ chooseExecutor, datasets, readiness, post, isTraining });
    const executor = () => computing.executor();
    const subjects = { store, post, lock, runs, adapters, unstored, datasets, models, library, keeper, rows };
    const training = new Training({ ...subjects, executor, stopReadiness });
    const runsUnderWay = () => training.runsUnderWay();
    const asked = new Inference(models, library, keeper, () => executor()());
    const inference = () => {
      executor();
      return asked;
    };
    const onnx = new OnnxExports(models, parts.classifier);
    this.#library = library;
    this.#datasets = datasets;
    this.#runs = runs;
    this.#computing = computing;
    this.#training = training;
    const setAside = new SetAsideRecords({ store, lock, library, post });
    this.#setAside = setAside;
    store.whenDeleted(() => void this.#tellOfDeletion());
    if (parts.channel) new OtherTabs(parts.channel, store, (kinds) => this.#tellOfChanges(kinds));
    this.#handlers = {
      open: (request) => this.#open(request),
      trace: async () => traceEvents('training worker', 2),
      ...computing.commands(),
      ...datasetCommands(datasets, runsUnderWay),
      ...modelCommands({ ...subjects, runsUnderWay, stopReadiness, forgetInference: () => asked.forget() }),
      ...adapterCommands({ ...subjects, onnx, executor, inference }),
      ...new RunCommands({ ...subjects, training, executor, inference, stopReadiness }).commands(),
      ...setAside.commands(),
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
    // Listed while the device is sought, and once.
    const listing = this.#datasets.list();
    const choosing = executor
      ? this.#computing.choose(executor, () => listing)
      : // What was chosen in another browser of this machine, or before a driver was changed, may not be there.
        this.#computing
          .choose(remembered ?? 'automatic', () => listing)
          .catch(() => this.#computing.choose('automatic', () => listing));
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

  /** What takes the longer the more is kept, and the kernels. */
  async #afterOpening(settings: RunSettings, datasets: readonly DatasetSummary[]): Promise<void> {
    void this.#computing.tryOut(settings, datasets);
    // What waited when the page was closed.
    this.#training.goOn();
    try {
      await this.#datasets.sweep();
    } catch (error) {
      this.#parts.post({ type: 'problem', runId: null, error: toErrorReport(error) });
    }
    // Tensors may be large.
    await this.#setAside.checkLargeRecords();
  }

  /** The person or the browser deleted what was stored. A run goes on in memory, and the page lists what is really there. */
  async #tellOfDeletion(): Promise<void> {
    const { post } = this.#parts;
    const active = this.#training.active;
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
      this.#runs.list(),
      store.listAdapters(),
      this.#datasets.list(),
    ]);
    post({ type: 'stored', runs, adapters, datasets });
  }
}

/** The method as plain data: what a message to the page can carry. */
function describeMethod({ matches, ...description }: AdapterMethod): MethodDescription {
  return description;
}
