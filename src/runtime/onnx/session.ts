/**
 * A run on onnxruntime-web's wasm. A step blocks its thread from its first operator to its last; between micro-batches and
 * steps the thread's messages get their turn.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { invariant } from '../../errors';
import type { FrozenTensors } from '../../graph/frozen';
import { type LeafNode, rowCount } from '../../graph/graph';
import { scalarsOf } from '../../lower/onnx/adamw';
import { nextTask } from '../../next-task';
import { traced } from '../../trace';
import {
  type EvaluationOutput,
  type ExecutorBatch,
  frozenLeaves,
  type GradientScales,
  isOwn,
  microBatchScale,
  type Session,
  type SessionOptions,
  type StepMetrics,
  type StepSettings,
  type TrainingState,
} from '../executor';
import { borrowing, HeldTensors } from '../held-tensors';
import type { BorrowedModel, LoadedModels, ModelKind } from './loaded-models';
import type { OnnxModel } from './models';
import type { Ort } from './ort';

type Feeds = Record<string, Tensor>;

/** Weights as tensors outside of wasm, in float32 whatever their storage; a step copies what it needs. */
export class HeldOrtTensors extends HeldTensors<Tensor> {
  constructor(source: FrozenTensors) {
    super(source, ({ size }) => 4 * size);
  }
}

export class OnnxSession implements Session {
  readonly kernelTable: Readonly<Record<string, string>>;
  readonly kernelsAsRecorded: boolean;
  readonly dispatches = 0;
  readonly #ort: Ort;
  readonly #models: LoadedModels;
  readonly #options: SessionOptions;
  readonly #frozen: ReadonlyMap<string, Tensor>;
  readonly #borrowed = new Map<ModelKind, Promise<BorrowedModel>>();
  #state: TrainingState;
  #finished: StepMetrics[] = [];
  #disposed = false;

  private constructor(
    ort: Ort,
    models: LoadedModels,
    options: SessionOptions,
    frozen: ReadonlyMap<string, Tensor>,
  ) {
    this.#ort = ort;
    this.#models = models;
    this.#options = options;
    this.#frozen = frozen;
    this.kernelTable = {
      'onnxruntime-web': ort.version,
      backend: ort.backend,
      threads: String(ort.threads),
    };
    this.kernelsAsRecorded = sameTable(options.kernelTable ?? this.kernelTable, this.kernelTable);
    this.#state = zeroState(options.programs.parameters.totalFloats);
  }

  static open(ort: Ort, models: LoadedModels, options: SessionOptions): Promise<OnnxSession> {
    return borrowing(
      options.base,
      async () => new OnnxSession(ort, models, options, await frozenOf(ort, options)),
    );
  }

  get allocatedBytes(): number {
    let floats = 3 * this.#state.parameters.length;
    for (const tensor of this.#frozen.values()) floats += tensor.size;
    return 4 * floats;
  }

  writeState({ parameters, exponentialAverage, exponentialAverageSquared }: TrainingState): void {
    this.#state = {
      parameters: parameters.slice(),
      exponentialAverage: exponentialAverage.slice(),
      exponentialAverageSquared: exponentialAverageSquared.slice(),
    };
  }

  async readState(): Promise<TrainingState> {
    const { parameters, exponentialAverage, exponentialAverageSquared } = this.#state;
    return {
      parameters: parameters.slice(),
      exponentialAverage: exponentialAverage.slice(),
      exponentialAverageSquared: exponentialAverageSquared.slice(),
    };
  }

  async trainStep(
    microBatches: readonly ExecutorBatch[],
    settings: StepSettings,
    signal?: AbortSignal,
  ): Promise<'enqueued' | 'dropped'> {
    const lossScale = microBatchScale(settings, microBatches.length);
    const scales = { lossScale, regularization: settings.step > 1 ? 1 / microBatches.length : 0 };
    const { model, session } = await this.#model('training');
    let gradients: Float32Array = new Float32Array(this.#state.parameters.length);
    let loss = 0;
    for (const [i, batch] of microBatches.entries()) {
      if (i > 0) await nextTask();
      if (signal?.aborted) return 'dropped';
      const scalars = { seed: settings.seed, microStep: settings.microStep + i };
      const isLast = i === microBatches.length - 1;
      const feeds = this.#trainingFeeds(model, batch, scalars, scales, gradients, loss, settings);
      if (!isLast) {
        const output = await session.run(feeds, ['gradients', 'loss']);
        gradients = floats(output.gradients!);
        loss = floats(output.loss!)[0]!;
        continue;
      }
      const output = await traced('ONNX step', () => session.run(feeds, stepOutputs));
      this.#takeStep(settings.step, output);
    }
    return 'enqueued';
  }

  /** The model of a step is there before the first one. */
  async ready(): Promise<void> {
    await this.#model('training');
    await nextTask();
  }

  async takeMetrics(): Promise<readonly StepMetrics[]> {
    const finished = this.#finished;
    this.#finished = [];
    return finished;
  }

  async evaluate(batch: ExecutorBatch): Promise<EvaluationOutput> {
    await nextTask();
    const { model, session } = await this.#model('evaluation');
    const tensor = (values: Float32Array | Uint32Array, dims: readonly number[]) =>
      tensorOf(this.#ort, values, dims);
    const feeds = this.#feeds(
      model,
      batch,
      { seed: 0, microStep: 0 },
      {
        parameters: tensor(this.#state.parameters, [this.#state.parameters.length]),
      },
    );
    const output = await session.run(feeds);
    const { loss, logits, ...extra } = output;
    return {
      loss: floats(loss!)[0]!,
      logits: floats(logits!),
      extra: Object.fromEntries(Object.entries(extra).map(([name, value]) => [name, floats(value)])),
    };
  }

  async gradients(batch: ExecutorBatch, scalars: { readonly seed: number; readonly microStep: number }) {
    const none = new Float32Array(this.#state.parameters.length);
    const { model, session } = await this.#model('training');
    const scales = { lossScale: 1, regularization: 0 };
    const feeds = this.#trainingFeeds(model, batch, scalars, scales, none, 0, noUpdate);
    const output = await session.run(feeds, ['gradients', 'loss']);
    return { loss: floats(output.loss!)[0]!, gradients: floats(output.gradients!) };
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#options.base?.release();
    // One that did not come has told of it where it was asked for.
    for (const model of this.#borrowed.values())
      model.then(
        ({ giveBack }) => giveBack(),
        () => {},
      );
    this.#borrowed.clear();
  }

  /** Made when it is first needed: a session that only predicts has no use for a step's. */
  #model(kind: ModelKind): Promise<BorrowedModel> {
    invariant(!this.#disposed, 'onnx: the session is used after its end');
    const known = this.#borrowed.get(kind);
    if (known) return known;
    const model = this.#models.borrow(kind, this.#options.programs);
    this.#borrowed.set(kind, model);
    model.catch(() => this.#borrowed.delete(kind));
    return model;
  }

  #takeStep(step: number, output: InferenceSession.OnnxValueMapType): void {
    const tensors = output as Feeds;
    const skipped = !(tensors.finite!.data as Uint8Array)[0];
    this.#state = {
      parameters: floats(tensors['parameters.next']!),
      exponentialAverage: floats(tensors['exponentialAverage.next']!),
      exponentialAverageSquared: floats(tensors['exponentialAverageSquared.next']!),
    };
    this.#finished.push({
      step,
      loss: floats(tensors.loss!)[0]!,
      gradientNorm: floats(tensors.gradientNorm!)[0]!,
      skipped,
    });
  }

  #trainingFeeds(
    model: OnnxModel,
    batch: ExecutorBatch,
    scalars: { readonly seed: number; readonly microStep: number },
    { lossScale, regularization }: GradientScales,
    gradientsSoFar: Float32Array,
    lossSoFar: number,
    settings: Parameters<typeof scalarsOf>[0],
  ): Feeds {
    const tensor = (values: Float32Array | Uint32Array, dims: readonly number[]) =>
      tensorOf(this.#ort, values, dims);
    const { parameters, exponentialAverage, exponentialAverageSquared } = this.#state;
    const flat = (values: Float32Array) => tensor(values, [values.length]);
    return this.#feeds(model, batch, scalars, {
      parameters: flat(parameters),
      exponentialAverage: flat(exponentialAverage),
      exponentialAverageSquared: flat(exponentialAverageSquared),
      gradientsSoFar: flat(gradientsSoFar),
      lossSoFar: flat(Float32Array.of(lossSoFar)),
      lossScale: tensor(Float32Array.of(lossScale), [1, 1]),
      regularization: tensor(Float32Array.of(regularization), [1, 1]),
      scalars: flat(scalarsOf(settings)),
    });
  }

  /** Everything the model asks for, and nothing else. */
  #feeds(
    { inputs, hostInputs }: OnnxModel,
    batch: ExecutorBatch,
    scalars: { readonly seed: number; readonly microStep: number },
    own: Feeds,
  ): Feeds {
    const tensor = (values: Float32Array | Uint32Array, dims: readonly number[]) =>
      tensorOf(this.#ort, values, dims);
    const { programs } = this.#options;
    const leaves = new Map<string, LeafNode>();
    for (const leaf of [...programs.train.leaves, ...programs.evaluate.leaves]) leaves.set(leaf.name, leaf);
    const step = { tokens: batch.tokens, sequences: batch.sequences, ...scalars };
    const layout = batch.inputs.layout as Uint32Array;
    const made = new Map(hostInputs.map((input) => [input.name, input]));
    const feeds: Feeds = {};
    for (const name of inputs) {
      const host = made.get(name);
      const given = batch.inputs[name];
      if (own[name]) feeds[name] = own[name];
      else if (host) feeds[name] = tensor(host.compute(step, layout), host.dims(step, layout));
      else if (given) {
        const { rows, cols } = leaves.get(name)?.shape ?? { rows: 'sequences' as const, cols: 4 };
        feeds[name] = tensor(given, [rowCount(rows, batch), cols]);
      } else {
        const frozen = this.#frozen.get(name);
        invariant(frozen, `onnx: nobody gives ${name}`);
        feeds[name] = frozen;
      }
    }
    return feeds;
  }
}

async function frozenOf(ort: Ort, options: SessionOptions): Promise<ReadonlyMap<string, Tensor>> {
  const { programs, frozen, base } = options;
  invariant(!base || base instanceof HeldOrtTensors, 'onnx: the base is held by another executor');
  const tensors = new Map<string, Tensor>();
  for (const { name, shape } of frozenLeaves(programs)) {
    const read = async (source: FrozenTensors) =>
      tensorOf(ort, await source.read(name), [Number(shape.rows), shape.cols]);
    tensors.set(
      name,
      base && !isOwn(options, name) ? await base.take(name, () => read(base.source)) : await read(frozen),
    );
  }
  return tensors;
}

const stepOutputs = [
  'parameters.next',
  'exponentialAverage.next',
  'exponentialAverageSquared.next',
  'loss',
  'gradientNorm',
  'finite',
];

/** For passes whose update nobody reads. */
const noUpdate = {
  step: 1,
  learningRate: 0,
  weightDecay: 0,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  maxGradNorm: 0,
};

/** Unsigned integers go as signed ones: ONNX's operators want those, and these are small. */
function tensorOf({ Tensor }: Ort, values: Float32Array | Uint32Array, dims: readonly number[]): Tensor {
  return values instanceof Uint32Array
    ? new Tensor('int32', new Int32Array(values.buffer, values.byteOffset, values.length), dims)
    : new Tensor('float32', values, dims);
}

const floats = (tensor: Tensor | InferenceSession.OnnxValueMapType[string]): Float32Array =>
  (tensor as Tensor).data as Float32Array;

function zeroState(totalFloats: number): TrainingState {
  return {
    parameters: new Float32Array(totalFloats),
    exponentialAverage: new Float32Array(totalFloats),
    exponentialAverageSquared: new Float32Array(totalFloats),
  };
}

function sameTable(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => a[key] === b[key]);
}
