/**
 * Everything that crosses between the page and the training worker. Commands carry a request id and are answered once,
 * `ok` or `error`; events are not asked for and carry the id of their run. Switches over these unions end in
 * `satisfies never`.
 */

import type { MethodDescription } from '../adapters/method';
import type { StrayQuotes } from '../data/csv/reader';
import type { NumberRange } from '../data/dataset';
import type { ColumnChoice } from '../data/dataset-builder';
import type { TableDescription } from '../data/table-description';
import type { ErrorReport } from '../errors';
import type { BaseModelReference } from '../formats/bundle';
import type { AveragingStrategy, ExportFormat } from '../formats/export-format';
import type { Precision } from '../formats/onnx/precision';
import type { RunState } from '../runs/life';
import type { EvaluationPoint, ExecutorInfo, RunAbout, RunRecord } from '../runs/record';
import type { RunSeries } from '../runs/series';
import type { ExecutorChoice, ExecutorName, RunSettings } from '../runs/settings';
import type { RunTimes } from '../runs/times';
import type { MetricValues, TaskType } from '../task';
import type { TraceEvent } from '../trace';
import type { AdapterRecord, EvaluationResults, ModelOrigin, SetAsideRecord } from './records';

export type { StrayQuotes } from '../data/csv/reader';
export type { LabelKind } from '../data/label-columns';
export { type AveragingStrategy, type ExportFormat, exportFormats } from '../formats/export-format';
export { type Precision, precisions } from '../formats/onnx/precision';
export { onnxBytes, pageBytes } from '../formats/onnx/size';

export interface BaseModelDescription {
  readonly id: string;
  readonly title: string;
  readonly modelType: BaseModelReference['modelType'];
  readonly layers: number;
  readonly hiddenSize: number;
  readonly parameterCount: number;
  readonly downloadBytes: number;
  /** Its checkpoint brings a pooler, which heads may read. */
  readonly hasPooler: boolean;
  /** Null for an embedded model, which comes with the page. */
  readonly kept: {
    readonly origin: ModelOrigin;
    readonly storedAt: number;
    /** sha-256 of the weights, hex. */
    readonly fingerprint: string;
  } | null;
}

/** What a person asks a hub for. */
export interface HubModelRequest {
  readonly repo: string;
  readonly revision: string;
}

/** A model of the hub before its download. */
export interface FoundModel {
  /** Of the base model that it will be. */
  readonly id: string;
  readonly request: HubModelRequest;
  /** Full hash; null where the server names none. */
  readonly commit: string | null;
  readonly modelType: string;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly files: number;
  readonly totalBytes: number;
  /** Of an earlier download of the same files. */
  readonly doneBytes: number;
  readonly isKept: boolean;
}

/** A download that can go on. */
export interface UnfinishedDownload {
  readonly id: string;
  readonly request: HubModelRequest;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** The base models of this browser, the room for them, and where others come from. */
export interface ModelLibrary {
  /** Those that can be trained on: embedded ones first. */
  readonly baseModels: readonly BaseModelDescription[];
  readonly unfinished: readonly UnfinishedDownload[];
  readonly storage: {
    readonly usedBytes: number;
    /** What the browser would give in all; null where it does not say. */
    readonly quotaBytes: number | null;
    /** The browser has promised not to clear it on its own. */
    readonly isPersistent: boolean;
  };
  /** The token itself stays in the worker. */
  readonly hub: {
    readonly endpoint: string;
    readonly hasToken: boolean;
    /** Where its files may come from beside itself, as sources of a Content Security Policy. */
    readonly downloadHosts: readonly string[];
  };
}

export interface DownloadProgress {
  readonly modelId: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
  /** Null until there is a speed to tell from. */
  readonly remainingSeconds: number | null;
  readonly file: string;
  /** Why nothing comes just now, e.g. that the hub asked to wait; null while bytes come. */
  readonly waiting: string | null;
}

export interface DatasetSummary {
  readonly id: string;
  readonly name: string;
  readonly source: 'sample' | 'file';
  readonly task: TaskType;
  /** Classes or labels; for numbers the one name of what is predicted. */
  readonly labels: readonly string[];
  readonly rows: { readonly train: number; readonly validation: number; readonly test: number | null };
  /** Rows of the training split by label index; null for numbers. */
  readonly labelCounts: readonly number[] | null;
  /** Of the training split's numbers; null for classes and labels. */
  readonly range: NumberRange | null;
  readonly preview: readonly { readonly text: string; readonly label: string }[];
  /** Rows that its file has, where it is a sample of them; null where it has all. */
  readonly sampledFrom: number | null;
  /** False where this browser keeps no files: it is gone when the page is closed. */
  readonly isKept: boolean;
  /** Where it comes from and whom to cite; empty for a person's own file. */
  readonly citation: string;
}

/** Rows that are taken of a file that has more, unless the person takes all. */
export const sampleSize = 50_000;

/** A dropped file as it was understood, before it becomes a data set. */
export interface FilePreview extends Omit<TableDescription, 'lengths'> {
  readonly importId: string;
  readonly fileName: string;
  readonly fileBytes: number;
  readonly columns: readonly string[];
  /** Where they are kept, cells with text after a closing quotation mark stand as in the file. */
  readonly strayQuotes: StrayQuotes;
  /** False where a data set cannot hold all of its rows. */
  readonly canTakeAll: boolean;
  /** What all rows would need with a column as their texts, about: on the disk, and in memory while a run trains on all. */
  readonly needs: Readonly<Record<string, { readonly diskBytes: number; readonly memoryBytes: number }>>;
}

/** While a file is read, stored, and read back: bytes of the file, in the last phase rows. */
export interface ImportProgress {
  readonly fileName: string;
  readonly phase: 'reading' | 'storing' | 'checking';
  readonly done: number;
  readonly total: number;
}

/** What computes from now on, and what follows from it. */
export interface ComputingDescription {
  readonly choice: ExecutorChoice;
  readonly executor: ExecutorInfo;
  /** Which executor computes and why, in a sentence. */
  readonly reason: string;
  /** What would make it faster, in a sentence; null where nothing is known. */
  readonly faster: string | null;
  /** Why the form opens with its base model and row limit, for the page to show; null on a hardware adapter. */
  readonly notice: string | null;
  /** What the form opens with on it. */
  readonly defaults: RunSettings;
}

export interface StudioDescription extends ComputingDescription {
  readonly methods: readonly MethodDescription[];
  /** Names of the non-linearities that a head may have between its layers. */
  readonly headActivations: readonly string[];
  readonly library: ModelLibrary;
  readonly datasets: readonly DatasetSummary[];
  readonly defaultDatasetId: string;
  /** Whether a Content Security Policy keeps the worker from reaching other hosts; null where the browser cannot tell. */
  readonly isUnderPolicy: boolean | null;
}

export interface MethodSizeOf {
  readonly id: string;
  readonly trainedParameters: number;
  readonly fileBytes: number;
}

/** An adapter as the list shows it: the record without its tensors. */
export type AdapterSummary = Omit<AdapterRecord, 'bundle'> & {
  readonly task: TaskType;
  readonly labels: readonly string[];
  /** For each format, null where the adapter can be downloaded in it, else why not. */
  readonly exports: Readonly<Record<ExportFormat, string | null>>;
};

/** A run as the list has it: the record, and whether it could go on now if nothing else trained. */
export interface ListedRun extends RunRecord {
  /** An interrupted run, or a failed one with a checkpoint. */
  readonly canResume: boolean;
}

/** A trained adapter that is only in the worker's memory: it waits for room, and can be downloaded meanwhile. */
export interface UnstoredAdapter {
  readonly runId: string;
  readonly adapter: AdapterSummary;
  /** Why it is not stored. */
  readonly error: ErrorReport;
}

/** A file with its path within a folder or alone. */
export interface NamedBytes {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A file on the person's disk, read only as far as it is needed. */
export interface NamedFile {
  readonly path: string;
  readonly file: File;
}

/** Bytes of graphics memory by kind, or of the processor's; what they are is said in `runtime/memory-plan.ts` and `heap-plan.ts`. */
export interface MemoryEstimate {
  readonly frozenBytes: number;
  readonly activationBytes: number;
  readonly parameterBytes: number;
  readonly inputBytes: number;
  readonly scratchBytes: number;
  readonly totalBytes: number;
}

/** What a form's settings would train. */
export interface SettingsDescription {
  /** Numbers that train, the head's included. */
  readonly trainableParameters: number;
  /** What the adapter's file would hold, tensors that never train included. */
  readonly downloadBytes: number;
  /** For a batch of texts that all reach the maximal length; null where there is a problem. */
  readonly memory: MemoryEstimate | null;
  /** That such a batch would not fit, in words; null if it would. */
  readonly caution: string | null;
  /** Why they cannot be trained, in words; null if they can. */
  readonly problem: string | null;
}

export interface Prediction {
  readonly task: TaskType;
  /** In the head's order. Scores of classes sum to 1, one of several labels has its own probability, a number is itself. */
  readonly labels: readonly { readonly label: string; readonly score: number }[];
  readonly tokens: number;
  readonly truncated: boolean;
  /** That the base model's weights are not those that the adapter was made on; null if they are. */
  readonly warning: string | null;
}

/** What one of several adapters says of one text. */
export interface JointPrediction {
  readonly adapterId: string;
  readonly text: string;
  readonly prediction: Prediction;
}

export interface FileDownload {
  readonly fileName: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What transformers.js computed with an exported model's file, beside what the trainer's executor does with the adapter. */
export interface OnnxVerification {
  readonly precision: Precision;
  readonly fileBytes: number;
  /** Of the validation split. */
  readonly rows: number;
  /** Of any logit. */
  readonly largestDifference: number;
  /** Share of rows with the same class or the same labels; null for numbers. */
  readonly agreement: number | null;
  /** Of the exported model, tokenizing included. */
  readonly rowsPerSecond: number;
  /** Of the exported model. */
  readonly metrics: MetricValues;
}

/** Command name → what is sent → what is answered. */
export interface Commands {
  /**
   * First of all; `executor` forces one (`?executor=`), `remembered` is what the person chose last and gives way where it is not
   * there. `ended` is the run that trained in the worker that this one takes the place of. Starts the store's sweep.
   */
  open: {
    request: {
      readonly executor: ExecutorName | null;
      readonly remembered?: ExecutorChoice;
      readonly ended?: string;
    };
    answer: StudioDescription;
  };
  /** For the next run, evaluation and prediction; a run that trains keeps its own, one that is resumed takes this. */
  chooseExecutor: { request: { readonly choice: ExecutorChoice }; answer: ComputingDescription };
  /**
   * Reads the whole file once; `import` events tell of it. Ends an import that is going on. Refuses text after a closing quotation
   * mark with `text-after-quote`, unless it is told to keep such marks.
   */
  inspectFile: {
    request: { readonly file: File; readonly strayQuotes?: StrayQuotes };
    answer: FilePreview;
  };
  /** Reads it once more and keeps the chosen columns, of the file inspected last; `import` events tell of it. */
  createDataset: {
    request: ColumnChoice & {
      readonly importId: string;
      /** A sample of `sampleSize` where there are more, unless `all` is said. */
      readonly rows?: 'sample' | 'all';
    };
    answer: DatasetSummary;
  };
  /** Where the worker's time went so far. */
  trace: { request: object; answer: readonly TraceEvent[] };
  /** Ends `inspectFile` or `createDataset`, which answer `import-cancelled`, and forgets the file. */
  cancelImport: { request: object; answer: null };
  deleteDataset: { request: { readonly datasetId: string }; answer: null };
  /** `ended` is a run whose tab is gone: once the browser has taken back what that tab held; runs that wait go on here then. */
  listRuns: { request: { readonly ended?: string }; answer: readonly ListedRun[] };
  /** All that is stored of them: of a run that trains up to its last checkpoint. */
  series: { request: { readonly runId: string }; answer: RunSeries };
  listAdapters: { request: object; answer: readonly AdapterSummary[] };
  /** What is stored and cannot be read, as far as it was looked at; `setAside` events tell of what is found later. */
  listSetAside: { request: object; answer: readonly SetAsideRecord[] };
  /** As a JSON file that loses nothing. */
  downloadSetAside: { request: { readonly key: string }; answer: FileDownload };
  deleteSetAside: { request: { readonly key: string }; answer: null };
  /** With its adapter where that is not stored; a stored one stays. Throws `run-active` where any tab trains or keeps it. */
  deleteRun: { request: { readonly runId: string }; answer: null };
  deleteAdapter: { request: { readonly adapterId: string }; answer: null };
  /**
   * Answered when the run is recorded, before its first step. With `queue` it waits behind others until nothing trains; without it
   * a run that trains is a reason to refuse, with `busy` or `other-tab`.
   */
  train: {
    request: { readonly settings: RunSettings; readonly datasetId: string; readonly queue?: boolean };
    answer: ListedRun;
  };
  /**
   * A new run with the settings, seed, rows and start of one that is recorded, and on its kernels: on the same device the same in
   * every bit. Answered and refused as `train` is, and with `dataset-changed` where the rows are others now.
   */
  trainAgain: { request: { readonly runId: string; readonly queue?: boolean }; answer: ListedRun };
  /**
   * What a person says of a run; what is left out stays. A `run` event tells of it. Throws `bad-setting` for an empty name,
   * `run-active` where another tab trains or keeps the run.
   */
  changeRun: { request: { readonly runId: string; readonly changes: Partial<RunAbout> }; answer: null };
  /** To position `to` among those that wait, 0 being the next; `run` events tell of those whose place changed. */
  moveQueued: { request: { readonly runId: string; readonly to: number }; answer: null };
  /** The answer to a `threads` event where no other worker takes this one's place: the run begins with the threads there are. */
  beginWaiting: { request: { readonly runId: string }; answer: null };
  /** While it is held its turn does not come in this tab: others go before. Not stored, so a reload lets it go. */
  holdQueued: { request: { readonly runId: string; readonly hold: boolean }; answer: null };
  pause: { request: { readonly runId: string }; answer: null };
  /** Of a paused run, or of an interrupted or failed one from its last checkpoint. */
  resume: { request: { readonly runId: string }; answer: null };
  stop: { request: { readonly runId: string }; answer: null };
  /** Stores the adapter of a run that ended without room for it; it stays where it is while there is none. */
  storeAdapter: { request: { readonly runId: string }; answer: null };
  /** The page is being hidden: write a checkpoint now. */
  checkpoint: { request: object; answer: null };
  evaluate: {
    request: {
      readonly adapterId: string;
      readonly datasetId: string;
      readonly split: 'train' | 'validation' | 'test';
    };
    answer: EvaluationResults;
  };
  predict: { request: { readonly adapterId: string; readonly text: string }; answer: Prediction };
  /** Several adapters of one base model at once: every text to each (`Parallel`), or to each its own (`BatchSplit`). */
  predictJointly: {
    request: {
      readonly adapterIds: readonly string[];
      readonly texts: readonly string[];
      readonly block: 'Parallel' | 'BatchSplit';
    };
    answer: readonly JointPrediction[];
  };
  downloadAdapter: {
    request: { readonly adapterId: string; readonly format: ExportFormat };
    answer: FileDownload;
  };
  /** Base model, adapter and head as ONNX, with a page that classifies. */
  downloadOnnx: {
    request: { readonly adapterId: string; readonly precisions: readonly Precision[] };
    answer: FileDownload;
  };
  /** On the data's validation rows; `verifying` events tell of it. Answers `verify-cancelled` where it was ended. */
  verifyOnnx: {
    request: {
      readonly adapterId: string;
      readonly datasetId: string;
      readonly precisions: readonly Precision[];
    };
    answer: readonly OnnxVerification[];
  };
  /** Ends `verifyOnnx` of the adapter, where it is going on. */
  cancelVerify: { request: { readonly adapterId: string }; answer: null };
  /**
   * A zip, or a folder's files, in any format the studio reads. `otherBase`: use it on a base model of its sizes though it
   * names another one; without it such an adapter is refused with `import-other-base`.
   */
  importAdapter: {
    request: {
      readonly name: string;
      readonly files: readonly NamedBytes[];
      readonly otherBase: boolean;
    };
    answer: { readonly adapter: AdapterSummary; readonly warning: string | null };
  };
  /** A new adapter from several of one method: task arithmetic, or the average. */
  averageAdapters: {
    request: {
      readonly adapterIds: readonly string[];
      readonly weights: readonly number[];
      readonly strategy: AveragingStrategy;
      readonly normalize: boolean;
      /** Of the result, where LoRA's products are averaged; absent for that of the first adapter. */
      readonly rank?: number;
    };
    answer: AdapterSummary;
  };
  /** A new, flat adapter with the prefix that the network of a saved one makes. */
  ejectPrefix: { request: { readonly adapterId: string }; answer: AdapterSummary };
  /** What Train would begin as the form is now: answered at once, and made ready for a click while nothing trains. */
  makeReady: {
    request: { readonly settings: RunSettings; readonly datasetId: string };
    answer: null;
  };
  /** How large each method of the form is on a base model, by default and without the head; those that do not fit it are left out. */
  methodSizes: { request: { readonly baseModel: string }; answer: readonly MethodSizeOf[] };
  describeSettings: {
    request: { readonly settings: RunSettings; readonly task: TaskType; readonly labels: number };
    answer: SettingsDescription;
  };
  /** Looks a model up on the hub: nothing is kept. */
  findModel: { request: { readonly request: HubModelRequest }; answer: FoundModel };
  /** Answered when the model is whole and checked, or when it failed; `download` events tell of it meanwhile. */
  downloadModel: { request: { readonly request: HubModelRequest }; answer: BaseModelDescription };
  /** Goes on with a download that was broken off, from what is there. */
  continueDownload: { request: { readonly modelId: string }; answer: BaseModelDescription };
  /** Breaks it off; what is there is kept. */
  pauseDownload: { request: object; answer: null };
  /** A kept model, or what is there of an unfinished download. */
  deleteModel: { request: { readonly modelId: string }; answer: ModelLibrary };
  /** The files of a model's folder. */
  importModel: {
    request: { readonly name: string; readonly files: readonly NamedFile[] };
    answer: BaseModelDescription;
  };
  /** Where models come from. A token of null is forgotten, one left out stays while the origin does, and so do the hosts. */
  setHub: {
    request: {
      readonly endpoint: string;
      readonly token?: string | null;
      /** As typed; empty for those that are usual for the hub. */
      readonly downloadHosts?: string;
    };
    answer: ModelLibrary;
  };
  /** `order.json`, `init.safetensors` and `run.json`, with which Python replays the run. */
  downloadRun: { request: { readonly runId: string }; answer: FileDownload };
}

export type CommandName = keyof Commands;

export type CommandMessage = {
  [N in CommandName]: { readonly type: N; readonly id: number; readonly request: Commands[N]['request'] };
}[CommandName];

export type AnswerMessage =
  | {
      readonly type: 'answer';
      readonly id: number;
      readonly ok: true;
      readonly value: Commands[CommandName]['answer'];
    }
  | { readonly type: 'answer'; readonly id: number; readonly ok: false; readonly error: ErrorReport };

/** One optimizer step. */
export interface StepPoint {
  readonly step: number;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
}

export interface RunProgress {
  readonly step: number;
  readonly totalSteps: number;
  /** Fractional, 0 at the start. */
  readonly epoch: number;
  readonly epochs: number;
  readonly samplesPerSecond: number;
  readonly tokensPerSecond: number;
  readonly stepsPerSecond: number;
  /** So far; of a run that an older studio began, the training steps alone. */
  readonly times: Partial<RunTimes>;
  /** Of what is to come; null until there is a speed to tell from, and where nothing is to come any more. */
  readonly remaining: RunTimes | null;
}

export type EventMessage =
  | { readonly type: 'status'; readonly runId: string; readonly status: RunState }
  /** What is not a step: before the first one, evaluations, the end. `done` of `total` in the phase's own unit; a total of 0 says nothing. */
  | {
      readonly type: 'preparing';
      readonly runId: string;
      readonly phase: 'model' | 'tokenizing' | 'compiling' | 'evaluating' | 'saving';
      readonly done: number;
      readonly total: number;
      /** Null before the run has begun. */
      readonly progress: RunProgress | null;
    }
  /** At most ten a second; steps since the last one, in order. */
  | {
      readonly type: 'steps';
      readonly runId: string;
      readonly points: readonly StepPoint[];
      readonly progress: RunProgress;
    }
  | { readonly type: 'evaluation'; readonly runId: string; readonly point: EvaluationPoint }
  /**
   * The run was stored: at its start, at each checkpoint, at its end. Replaces the record that the page has of it; points of its
   * series after its step are no longer true.
   */
  | { readonly type: 'run'; readonly run: ListedRun }
  | { readonly type: 'adapter'; readonly adapter: AdapterSummary }
  /** What is stored now, after another tab or something outside the studio changed it; replaces what the page has of it. */
  | {
      readonly type: 'stored';
      readonly runs: readonly ListedRun[];
      readonly adapters: readonly AdapterSummary[];
      readonly datasets: readonly DatasetSummary[];
    }
  /** The adapters that are in memory only; replaces what the page has of them. */
  | { readonly type: 'unstored'; readonly adapters: readonly UnstoredAdapter[] }
  /** At most five a second while a model is downloaded. */
  | { readonly type: 'download'; readonly progress: DownloadProgress }
  /** After each batch of an exported model that is verified. */
  | {
      readonly type: 'verifying';
      readonly adapterId: string;
      readonly precision: Precision;
      readonly doneRows: number;
      readonly rows: number;
    }
  /** At most ten a second while a file is imported. */
  | { readonly type: 'import'; readonly progress: ImportProgress }
  /** More is known of what computes: how fast it is. */
  | { readonly type: 'computing'; readonly computing: ComputingDescription }
  /** All that is set aside now, after something was found or deleted. */
  | { readonly type: 'setAside'; readonly records: readonly SetAsideRecord[] }
  /**
   * The turn of a run has come that repeats one of other threads than this worker has. It begins in a worker that has them, or
   * here after `beginWaiting`.
   */
  | { readonly type: 'threads'; readonly runId: string }
  /** Models came or went. */
  | { readonly type: 'library'; readonly library: ModelLibrary }
  /** Something went wrong outside any command; nothing that was saved is lost. */
  | { readonly type: 'problem'; readonly runId: string | null; readonly error: ErrorReport };

export type WorkerMessage = AnswerMessage | EventMessage;
