/**
 * One run on one device: buffers allocated once, pipelines and bind groups made once, then one submit a step (several on
 * a slow adapter) and a ring of readbacks that no step waits for.
 */
import { invariant } from '../../errors';
import { type Extents, type Node, rowCount } from '../../graph/graph';
import { controlBytes, updateUniform } from '../../lower/webgpu/adamw/adamw.kernels';
import {
  type EvaluationOutput,
  type ExecutorBatch,
  type GradientScales,
  microBatchScale,
  type Session,
  type SessionOptions,
  type StepMetrics,
  type StepSettings,
  type TrainingState,
} from '../executor';
import { borrowing } from '../held-tensors';
import { inputLeaves, memoryProblem, planActivations, planMemory, scratchSizes } from '../memory-plan';
import type { StudioDevice } from './device';
import { frozenBuffers, frozenOf, type SessionFrozen } from './frozen-upload';
import { chooseKernels } from './kernel-choice';
import { GpuMemory } from './memory';
import { type OptimizerMemory, optimizerMemory, planOptimizer, sliceOf } from './optimizer-plan';
import { profileDispatches } from './profile';
import { type PlannedDispatch, type PlanRequest, type ProgramMemory, planProgram } from './program-plan';
import { ReadbackRing, readFloats } from './readback-ring';
import { stepUniformBytes } from './shader';
import { Submitter } from './submitter';

/** Steps that may be on their way to the device at once. */
const stepsInFlight = 2;

interface SessionParts {
  readonly device: StudioDevice;
  readonly options: SessionOptions;
  readonly memory: GpuMemory;
  /** Of the base model's weights that it reads. */
  readonly borrowedBytes: number;
  readonly optimizer: OptimizerMemory;
  readonly step: GPUBuffer;
  readonly inputs: ReadonlyMap<string, GPUBuffer>;
  readonly resource: (node: Node) => GPUBufferBinding;
  readonly train: readonly PlannedDispatch[];
  readonly accumulate: readonly PlannedDispatch[];
  readonly finish: readonly PlannedDispatch[];
  readonly evaluate: readonly PlannedDispatch[];
  readonly kernelTable: Readonly<Record<string, string>>;
  readonly kernelsAsRecorded: boolean;
}

/** Throws `StudioError` `out-of-memory` before anything is allocated where the run does not fit beside what is held. */
export function openSession(device: StudioDevice, options: SessionOptions): Promise<WebGpuSession> {
  return borrowing(options.base, () => open(device, options));
}

async function open(device: StudioDevice, options: SessionOptions): Promise<WebGpuSession> {
  device.check();
  const frozen = frozenOf(options, device.device);
  const planned = planMemory({ ...options, frozen });
  const problem = memoryProblem(
    { ...planned, totalBytes: planned.totalBytes + frozen.bytesBeside },
    device.memory,
  );
  if (problem) throw problem;
  const memory = new GpuMemory(device.device);
  try {
    const session = new WebGpuSession(await build(device, options, frozen, memory));
    device.check();
    return session;
  } catch (error) {
    memory.destroy();
    throw error;
  }
}

async function build(
  studioDevice: StudioDevice,
  options: SessionOptions,
  frozen: SessionFrozen,
  memory: GpuMemory,
): Promise<SessionParts> {
  const { device } = studioDevice;
  const { programs, largest } = options;
  const { parameters } = programs;
  const { slotFloats, slotOf } = planActivations(options);
  const slots = slotFloats.map((floats, i) => memory.storage(`slot ${i}`, floats));
  const { storageOf } = frozen;
  const optimizer = optimizerMemory(memory, parameters);
  const parameterOf = sliceOf(optimizer.blocks.parameters, parameters);
  const { weights, borrowedBytes } = await frozenBuffers(device, frozen, memory);
  const inputs = new Map(
    inputLeaves(programs).map(({ name, shape }) => [
      name,
      memory.storage(name, rowCount(shape.rows, largest) * shape.cols),
    ]),
  );
  const resource = (node: Node): GPUBufferBinding => {
    if (node.kind === 'op') return { buffer: slots[slotOf.get(node)!]! };
    if (node.kind === 'trainable') return parameterOf(node.name);
    return { buffer: (node.kind === 'frozen' ? weights : inputs).get(node.name)! };
  };

  const choice = await chooseKernels(
    studioDevice,
    [programs.train, programs.evaluate],
    storageOf,
    options.kernelTable ?? {},
    largest,
  );
  const requests: Record<'train' | 'evaluate', PlanRequest> = {
    train: { program: programs.train, largest, variantOf: choice.variantOf },
    evaluate: { program: programs.evaluate, largest, variantOf: choice.variantOf },
  };
  const scratch = scratchSizes(options, (node) => [choice.variantOf(node)]).map((floats, i) =>
    memory.storage(`scratch ${i}`, floats),
  );
  const step = memory.uniform('step', stepUniformBytes);
  const programMemory: ProgramMemory = { step, resource, scratch: (index) => scratch[index]! };
  const total = programs.train.nodes.length + programs.evaluate.nodes.length;
  let done = 0;
  const onPipeline = () => options.onProgress?.(Math.min(++done, total), total);

  const [train, evaluate, { accumulate, finish }] = await Promise.all([
    planProgram(device, requests.train, programMemory, onPipeline),
    planProgram(device, requests.evaluate, programMemory, onPipeline),
    planOptimizer(device, optimizer, programs, resource, () => inputs.get('lossScale')!),
  ]);
  return {
    device: studioDevice,
    options,
    memory,
    borrowedBytes,
    optimizer,
    step,
    inputs,
    resource,
    train,
    accumulate,
    finish,
    evaluate,
    kernelTable: choice.table,
    kernelsAsRecorded: choice.asRecorded,
  };
}

/** Gradients of the plain loss of one batch. */
const wholeLoss: GradientScales = { lossScale: 1, regularization: 0 };

export class WebGpuSession implements Session {
  readonly #parts: SessionParts;
  readonly #submitter: Submitter;
  readonly #readback: ReadbackRing;
  #disposed = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#submitter = new Submitter(parts.device.device);
    this.#readback = new ReadbackRing(parts.device.device, parts.memory);
  }

  get kernelTable() {
    return this.#parts.kernelTable;
  }

  get kernelsAsRecorded() {
    return this.#parts.kernelsAsRecorded;
  }

  get dispatches() {
    return this.#submitter.dispatches;
  }

  get allocatedBytes() {
    return this.#parts.memory.allocatedBytes + this.#parts.borrowedBytes;
  }

  writeState({ parameters, exponentialAverage, exponentialAverageSquared }: TrainingState): void {
    const { blocks } = this.#parts.optimizer;
    this.#write(blocks.parameters, parameters);
    this.#write(blocks.firstMoment, exponentialAverage);
    this.#write(blocks.secondMoment, exponentialAverageSquared);
  }

  async readState(): Promise<TrainingState> {
    await this.#settle();
    const { parameters, firstMoment, secondMoment } = this.#parts.optimizer.blocks;
    const { totalFloats } = this.#parts.options.programs.parameters;
    const [p, m, v] = await this.#read(
      [parameters, firstMoment, secondMoment].map((buffer) => ({ buffer, floats: totalFloats })),
    );
    return { parameters: p!, exponentialAverage: m!, exponentialAverageSquared: v! };
  }

  async trainStep(
    microBatches: readonly ExecutorBatch[],
    settings: StepSettings,
    signal?: AbortSignal,
  ): Promise<'enqueued' | 'dropped'> {
    this.#check();
    const { train, accumulate, finish, optimizer, device } = this.#parts;
    this.#write(optimizer.update, updateUniform(settings));
    for (const [i, batch] of microBatches.entries()) {
      const lossScale = microBatchScale(settings, microBatches.length);
      this.#writeBatch(
        batch,
        { seed: settings.seed, microStep: settings.microStep + i },
        { lossScale, regularization: settings.step > 1 ? 1 / microBatches.length : 0 },
      );
      const isLast = i === microBatches.length - 1;
      const work = [...train, ...accumulate, ...(isLast ? finish : [])].map((dispatch) => ({
        dispatch,
        extents: batch,
      }));
      const readback = isLast ? this.#readback.take() : null;
      const after = readback
        ? (encoder: GPUCommandEncoder) =>
            encoder.copyBufferToBuffer(optimizer.control, 0, readback, 0, controlBytes)
        : undefined;
      const before = i === 0 ? this.#clearSums : undefined;
      if (!(await this.#submitter.submit(work, { before, after, signal }))) {
        if (readback) this.#readback.giveBack(readback);
        return 'dropped';
      }
      if (readback) this.#readback.expect(readback, settings.step);
    }
    device.check();
    return 'enqueued';
  }

  async ready(): Promise<void> {
    this.#check();
    await this.#readback.settle(stepsInFlight - 1);
    this.#check();
  }

  async takeMetrics(wait: boolean): Promise<readonly StepMetrics[]> {
    if (wait) await this.#settle();
    this.#check();
    return this.#readback.takeFinished();
  }

  async evaluate(batch: ExecutorBatch): Promise<EvaluationOutput> {
    await this.#settle();
    const { options, evaluate, resource } = this.#parts;
    this.#writeBatch(batch, { seed: 0, microStep: 0 }, wholeLoss);
    await this.#submitter.submit(evaluate.map((dispatch) => ({ dispatch, extents: batch })));
    const outputs = Object.entries(options.programs.evaluate.outputs);
    const wanted = outputs.map(([, node]) => ({
      buffer: resource(node).buffer as GPUBuffer,
      floats: rowCount(node.shape.rows, batch) * node.shape.cols,
    }));
    const values = await this.#read(wanted);
    const { loss, logits, ...extra } = Object.fromEntries(outputs.map(([name], i) => [name, values[i]!]));
    return { loss: loss![0]!, logits: logits!, extra };
  }

  async gradients(batch: ExecutorBatch, scalars: { readonly seed: number; readonly microStep: number }) {
    await this.#settle();
    const { train, accumulate, optimizer, options } = this.#parts;
    this.#writeBatch(batch, scalars, wholeLoss);
    const work = [...train, ...accumulate].map((dispatch) => ({ dispatch, extents: batch }));
    await this.#submitter.submit(work, { before: this.#clearSums });
    const [gradients, loss] = await this.#read([
      { buffer: optimizer.blocks.gradients, floats: options.programs.parameters.totalFloats },
      { buffer: optimizer.lossSum, floats: 1 },
    ]);
    return { loss: loss![0]!, gradients: gradients! };
  }

  /**
   * Milliseconds of each dispatch of one training micro-batch, by label, from timestamp queries; null where the device has
   * none. For the benchmark: a pass a dispatch is slower than a step.
   */
  async profile(
    batch: ExecutorBatch,
  ): Promise<readonly { readonly label: string; readonly ms: number; readonly flops: number }[] | null> {
    const { device: studioDevice, train, accumulate, finish } = this.#parts;
    if (!studioDevice.hasTimestamps) return null;
    await this.#settle();
    this.#writeBatch(batch, { seed: 0, microStep: 0 }, wholeLoss);
    const work = [...train, ...accumulate, ...finish];
    return profileDispatches(studioDevice.device, work, batch);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#parts.memory.destroy();
    this.#parts.options.base?.release();
  }

  #check(): void {
    invariant(!this.#disposed, 'session used after dispose');
    this.#parts.device.check();
    this.#readback.check();
  }

  async #settle(): Promise<void> {
    this.#check();
    await this.#readback.settle(0);
    this.#check();
  }

  #write(buffer: GPUBuffer, data: Float32Array | Uint32Array): void {
    this.#parts.device.device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
  }

  /** At a step's start, in its first submit. */
  readonly #clearSums = (encoder: GPUCommandEncoder) => {
    encoder.clearBuffer(this.#parts.optimizer.blocks.gradients);
    encoder.clearBuffer(this.#parts.optimizer.lossSum);
  };

  #writeBatch(
    batch: ExecutorBatch,
    { seed, microStep }: { readonly seed: number; readonly microStep: number },
    scales: GradientScales,
  ): void {
    const { inputs, step, options } = this.#parts;
    const { largest } = options;
    invariant(
      batch.tokens <= largest.tokens && batch.sequences <= largest.sequences,
      `session: batch ${formatExtents(batch)} larger than ${formatExtents(largest)}`,
    );
    this.#write(step, Uint32Array.of(batch.tokens, batch.sequences, seed, microStep));
    for (const [name, buffer] of inputs) {
      const data =
        name === 'lossScale' || name === 'regularization'
          ? Float32Array.of(scales[name])
          : batch.inputs[name];
      invariant(data, `session: the batch has no input ${name}`);
      this.#write(buffer, data);
    }
  }

  async #read(wanted: Parameters<typeof readFloats>[1]): Promise<Float32Array<ArrayBuffer>[]> {
    const values = await readFloats(this.#parts.device.device, wanted);
    this.#check();
    return values;
  }
}

const formatExtents = ({ tokens, sequences }: Extents) => `${tokens} tokens, ${sequences} sequences`;
