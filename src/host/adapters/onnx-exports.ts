/** A stored adapter with its base model as a folder that transformers.js, Node, Python and a static server take, and the proof that it computes the same. */
import type { Dataset, Split } from '../../data/dataset';
import { StudioError } from '../../errors';
import { type AdapterBundle, taskOf } from '../../formats/bundle';
import { classifierConfig } from '../../formats/hugging-face';
import { modelCard } from '../../formats/model-card';
import { type Classifier, classifierModel } from '../../formats/onnx/classifier';
import { classifierPage } from '../../formats/onnx/page';
import { type Precision, precisions, transformersNames } from '../../formats/onnx/precision';
import { writeZip } from '../../formats/zip';
import type { ClassifiedText, ClassifierAnswer, ClassifierRequest } from '../../protocol/classifier';
import type { AdapterRecord } from '../../protocol/records';
import type { FileDownload, OnnxVerification } from '../../protocol/types';
import { taskMetrics } from '../../train/metrics';
import { type BaseModels, type LoadedBaseModel, storedBase } from '../models/base-models';
import { cardOf, type RunWithSeries } from './downloads';
import type { Inference } from './inference';
import { classifierOf } from './onnx-classifier';

type Texts = Split['texts'];
type Files = Map<string, Uint8Array<ArrayBuffer>>;

/** The code that runs an exported model in a browser, of the studio's own build. */
export interface ClassifierScript {
  /** Addresses: the worker's script, and what it loads, which lies beside it. */
  readonly script: string;
  readonly companions: readonly string[];
  /** Of the packages in them. */
  readonly licences: string;
  start(): ClassifierWorker;
}

/** What is needed of a `Worker`. */
interface ClassifierWorker {
  onmessage: ((event: MessageEvent<ClassifierAnswer>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(request: ClassifierRequest, transfer: Transferable[]): void;
  terminate(): void;
}

/** Of the studio, which a model's file names. */
const version: string = import.meta.env.STUDIO_VERSION;

/** Whose code is in the script; `licences.json` has their texts. */
const packages = [
  '@huggingface/jinja',
  '@huggingface/tokenizers',
  '@huggingface/transformers',
  'onnxruntime-common',
  'onnxruntime-web',
];

/** Texts that the pipeline gets at once, in the order and with the padding that the trainer evaluates them in. */
const batchSize = 32;

interface VerifyOptions {
  /** What is verified, read when it has begun, so that it can be cancelled from there on. `base` has its weights not yet rounded. */
  readonly load: () => Promise<{
    readonly adapter: AdapterRecord;
    readonly base: LoadedBaseModel;
    readonly dataset: Dataset;
  }>;
  /** Gives the trainer's logits. */
  readonly inference: Pick<Inference, 'evaluateRows'>;
  readonly onProgress: Progress;
}

interface Verifying {
  readonly onProgress: Progress;
  readonly signal: AbortSignal;
}

type Progress = (done: {
  readonly precision: Precision;
  readonly doneRows: number;
  readonly rows: number;
}) => void;

export class OnnxExports {
  readonly #models: Pick<BaseModels, 'companions'>;
  readonly #script: ClassifierScript | undefined;
  /** By adapter. */
  readonly #verifying = new Map<string, AbortController>();

  /** Without a script, as in tests, no page leaves and nothing is verified. */
  constructor(models: Pick<BaseModels, 'companions'>, script: ClassifierScript | undefined) {
    this.#models = models;
    this.#script = script;
  }

  /** `base` is the adapter's, its weights not yet rounded. */
  async download(
    adapter: AdapterRecord,
    run: RunWithSeries | null,
    base: LoadedBaseModel,
    chosen: readonly Precision[],
  ): Promise<FileDownload> {
    const { bundle, name } = adapter;
    // The smallest first: the page opens with it.
    const included = precisions.filter((precision) => chosen.includes(precision)).reverse();
    const files = await this.#files(adapter, base, included);
    const card = modelCard(bundle, run && cardOf(run), 'onnx');
    const page = this.#script ? await pageFiles(this.#script, name, included) : new Map();
    return {
      fileName: `${name}-onnx.zip`,
      bytes: writeZip(new Map([['README.md', new TextEncoder().encode(card)], ...page, ...files])),
    };
  }

  /**
   * Runs files of the download through transformers.js on the validation rows. Throws `onnx-verify` with its words where it cannot,
   * `verify-cancelled` where `cancelVerify` ended it.
   */
  async verify(
    adapterId: string,
    chosen: readonly Precision[],
    options: VerifyOptions,
  ): Promise<readonly OnnxVerification[]> {
    const abort = new AbortController();
    this.#verifying.set(adapterId, abort);
    try {
      return await this.#verify(chosen, { ...options, signal: abort.signal });
    } finally {
      if (this.#verifying.get(adapterId) === abort) this.#verifying.delete(adapterId);
    }
  }

  /** Ends the verification of an adapter, at the end of the batch that the trainer evaluates at the latest. */
  cancelVerify(adapterId: string): void {
    const reason = new StudioError('verify-cancelled', 'The verification was cancelled.', 'Verify again.');
    this.#verifying.get(adapterId)?.abort(reason);
  }

  async #verify(
    chosen: readonly Precision[],
    { load, inference, onProgress, signal }: VerifyOptions & Verifying,
  ): Promise<readonly OnnxVerification[]> {
    const script = this.#script;
    if (!script)
      throw new StudioError(
        'onnx-verify',
        'This build of the studio has no script to verify a model with.',
        'Build the studio with `npm run build` and open what it serves.',
      );
    const { adapter, base, dataset } = await load();
    const { texts } = dataset.splits.validation;
    const { evaluation, labels } = await inference.evaluateRows(adapter, dataset, 'validation', signal);
    const done: OnnxVerification[] = [];
    for (const precision of chosen) {
      // One after the other: those of a large model together would not fit.
      const files = await this.#files(adapter, base, [precision]);
      const fileBytes = files.get(transformersNames[precision].file)!.byteLength;
      const run = await classified(script, files, precision, texts, { onProgress, signal });
      done.push(compare(adapter.bundle, { ...evaluation, labels }, { ...run, precision, fileBytes }));
    }
    return done;
  }

  async #files(
    adapter: AdapterRecord,
    base: LoadedBaseModel,
    included: readonly Precision[],
  ): Promise<Files> {
    const { bundle, maxLength, baseStorage, name } = adapter;
    const classifier = await classifierOf(bundle, storedBase(base, baseStorage), endOf(base, maxLength));
    const { config, tokenizer } = await this.#models.companions(base.id, maxLength);
    const dtype = transformersNames[included[0]!].dtype;
    const metadata = { adapter: name, base: base.identity.name, weights: base.identity.fingerprint };
    return new Map([
      ['config.json', classifierConfig(bundle, config, { 'transformers.js_config': { dtype } })],
      ...tokenizer,
      ...included.map((precision): [string, Uint8Array<ArrayBuffer>] => [
        transformersNames[precision].file,
        classifierModel(classifier, precision, version, metadata).toBytes(),
      ]),
    ]);
  }
}

/** The one special token behind a text, where there is one on either side of it. */
function endOf({ tokenizer }: LoadedBaseModel, length: number): Classifier['end'] {
  const around = tokenizer.encode('', length);
  return around.length === 2 ? { length, token: around[1]! } : null;
}

/** `index.html` and `runtime/`, whose files keep the names that they look for each other by. */
async function pageFiles(
  { script, companions, licences }: ClassifierScript,
  title: string,
  included: readonly Precision[],
): Promise<Files> {
  const inRuntime = (address: string) => `runtime/${new URL(address).pathname.split('/').at(-1)}`;
  const encode = (text: string) => new TextEncoder().encode(text);
  const files: Files = new Map([
    ['index.html', encode(classifierPage(title, inRuntime(script), included))],
    ['runtime/LICENSES.txt', encode(await licenceTexts(licences))],
  ]);
  for (const address of [script, ...companions])
    files.set(inRuntime(address), new Uint8Array(await (await fetchOwn(address)).arrayBuffer()));
  return files;
}

async function licenceTexts(address: string): Promise<string> {
  const all = (await (await fetchOwn(address)).json()) as readonly Readonly<Record<string, string>>[];
  const texts = packages.map((name) => {
    const found = all.find((licence) => licence.name === name);
    if (!found) throw new Error(`licences.json: no licence of ${name}`);
    return `${name} ${found.version} (${found.licence})\n\n${found.text}\n`;
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

async function fetchOwn(address: string): Promise<Response> {
  const response = await fetch(address).catch((cause: unknown) => {
    throw new StudioError(
      'onnx-page',
      `${address} did not come: ${cause instanceof Error ? cause.message : String(cause)}`,
      'It is a part of the page that leaves with the model. Reload the studio with a network and download again.',
    );
  });
  if (response.ok) return response;
  throw new StudioError(
    'onnx-page',
    `${address}: the server answered ${response.status}.`,
    'The studio may have been replaced by a newer one on its server: reload the page.',
  );
}

interface ClassifiedRows {
  readonly texts: readonly ClassifiedText[];
  /** In the pipeline. */
  readonly milliseconds: number;
}

async function classified(
  script: ClassifierScript,
  files: Files,
  precision: Precision,
  rows: Texts,
  { onProgress, signal }: Verifying,
): Promise<ClassifiedRows> {
  signal.throwIfAborted();
  const worker = script.start();
  try {
    const { dtype, file } = transformersNames[precision];
    // The largest is handed over, not copied.
    await ask(worker, { type: 'open', dtype, files }, signal, [files.get(file)!.buffer]);
    const texts: ClassifiedText[] = [];
    let milliseconds = 0;
    for (let first = 0; first < rows.length; first += batchSize) {
      onProgress({ precision, doneRows: first, rows: rows.length });
      const count = Math.min(batchSize, rows.length - first);
      const batch = Array.from({ length: count }, (_, i) => rows.at(first + i));
      const answer = await ask(worker, { type: 'classify', texts: batch }, signal);
      if (answer.type !== 'classified') throw new Error(`the classifier answered ${answer.type}`);
      texts.push(...answer.texts);
      milliseconds += answer.milliseconds;
    }
    return { texts, milliseconds };
  } finally {
    worker.terminate();
  }
}

/** Rejects with `onnx-verify` where the worker fails or does not start, with the signal's reason where that ended it. */
function ask(
  worker: ClassifierWorker,
  request: ClassifierRequest,
  signal: AbortSignal,
  transfer: Transferable[] = [],
): Promise<ClassifierAnswer> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    signal.onabort = () => reject(signal.reason);
    const fail = (message: string) =>
      reject(
        new StudioError(
          'onnx-verify',
          `transformers.js could not run the model: ${message}`,
          'Reload the page and verify again; another precision may still do.',
        ),
      );
    worker.onerror = ({ message }) => fail(message || 'its script did not load');
    worker.onmessage = ({ data }) => {
      if (data.type === 'failed') fail(data.message);
      else if (data.type !== 'loading') resolve(data);
    };
    worker.postMessage(request, transfer);
  });
}

function compare(
  { head }: AdapterBundle,
  evaluation: {
    readonly logits: Float32Array;
    readonly rows: number;
    readonly labels: Parameters<typeof taskMetrics>[2];
  },
  run: ClassifiedRows & Pick<OnnxVerification, 'precision' | 'fileBytes'>,
): OnnxVerification {
  const logits = Float32Array.from(run.texts.flatMap((text) => text.logits));
  const task = taskOf(head);
  const width = head.numLabels;
  let largestDifference = 0;
  let agreeing = 0;
  for (let row = 0; row < evaluation.rows; row++) {
    const [theirs, ours] = [logits, evaluation.logits].map((all) =>
      all.subarray(row * width, (row + 1) * width),
    );
    theirs!.forEach((value, i) => {
      largestDifference = Math.max(largestDifference, Math.abs(value - ours![i]!));
    });
    if (answerOf(task, theirs!) === answerOf(task, ours!)) agreeing += 1;
  }
  return {
    precision: run.precision,
    fileBytes: run.fileBytes,
    rows: evaluation.rows,
    largestDifference,
    agreement: task === 'regression' ? null : agreeing / evaluation.rows,
    rowsPerSecond: evaluation.rows / Math.max(run.milliseconds / 1000, 1e-9),
    metrics: taskMetrics(task, logits, evaluation.labels, width),
  };
}

/** The class, or the labels that are given. */
function answerOf(task: ReturnType<typeof taskOf>, logits: Float32Array): string {
  if (task === 'multilabel') return logits.map((value) => Number(value >= 0)).join();
  return String(logits.indexOf(Math.max(...logits)));
}
