/**
 * One run on one device: buffers allocated once, pipelines and bind groups made once, then one submit a step (several on
 * a slow adapter) and a ring of readbacks that no step waits for.
 */
import { invariant } from '../../errors';
import type { FrozenTensors, Storage } from '../../graph/frozen';
import { type Extents, formatShape, type LeafNode, type Node, rowCount } from '../../graph/graph';
import {
  accumulateKernel,
  accumulateLossKernel,
  controlBytes,
  normLanes,
  type UpdateKernel,
  updateKernels,
  updateUniform,
  updateUniformBytes,
} from '../../lower/webgpu/adamw/adamw.kernels';
import type { StorageOf } from '../../lower/webgpu/kernel';
import { pack } from '../../lower/webgpu/packing';
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
import { borrowing } from '../held-tensors';
import {
  frozenWords,
  inputLeaves,
  memoryProblem,
  planActivations,
  planMemory,
  scratchSizes,
  storageOfLeaves,
} from '../memory-plan';
import type { StudioDevice } from './device';
import { kept } from './device-lost';
import { HeldBuffers } from './held-buffers';
import { chooseKernels } from './kernel-choice';
import { GpuMemory } from './memory';
import { pipelineFor } from './pipelines';
import { profileDispatches } from './profile';
import {
  makeBindGroup,
  type PlannedDispatch,
  type PlanRequest,
  type ProgramMemory,
  planProgram,
} from './program-plan';
import { stepUniformBytes } from './shader';
import { Submitter } from './submitter';

/** Steps that may be on their way to the device at once. */
const stepsInFlight = 2;

interface Blocks {
  readonly parameters: GPUBuffer;
  readonly gradients: GPUBuffer;
  readonly firstMoment: GPUBuffer;
  readonly secondMoment: GPUBuffer;
}

interface SessionParts {
  readonly device: StudioDevice;
  readonly options: SessionOptions;
  readonly memory: GpuMemory;
  /** Of the base model's weights that it reads. */
  readonly borrowedBytes: number;
  readonly blocks: Blocks;
  readonly step: GPUBuffer;
  readonly update: GPUBuffer;
  readonly control: GPUBuffer;
  readonly lossSum: GPUBuffer;
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
  const blocks: Blocks = {
    parameters: memory.storage('parameters', parameters.totalFloats),
    gradients: memory.storage('gradients', parameters.totalFloats),
    firstMoment: memory.storage('first moment', parameters.totalFloats),
    secondMoment: memory.storage('second moment', parameters.totalFloats),
  };
  const placed = new Map(parameters.parameters.map((parameter) => [parameter.name, parameter]));
  const slice = (buffer: GPUBuffer, name: string): GPUBufferBinding => {
    const { offset, length } = placed.get(name)!;
    return { buffer, offset: 4 * offset, size: 4 * Math.ceil(length / 4) * 4 };
  };
  const { weights, borrowedBytes } = await frozenBuffers(device, frozen, memory);
  const inputs = new Map(
    inputLeaves(programs).map(({ name, shape }) => [
      name,
      memory.storage(name, rowCount(shape.rows, largest) * shape.cols),
    ]),
  );
  const resource = (node: Node): GPUBufferBinding => {
    if (node.kind === 'op') return { buffer: slots[slotOf.get(node)!]! };
    if (node.kind === 'trainable') return slice(blocks.parameters, node.name);
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

  const update = memory.uniform('update', updateUniformBytes);
  const control = memory.storage('control', controlBytes / 4);
  const lossSum = memory.storage('loss sum', 1);
  const sums = memory.storage('norm sums', normLanes);
  const flags = memory.storage('norm flags', normLanes);
  const byHand = (kernel: UpdateKernel, buffers: readonly GPUBufferBinding[]) =>
    planByHand(device, kernel, buffers);
  const kernels = updateKernels(parameters.totalFloats, parameters.decayedFloats);
  const whole = (buffer: GPUBuffer): GPUBufferBinding => ({ buffer });
  const [u, c, g] = [whole(update), whole(control), whole(blocks.gradients)];

  const [train, evaluate, finish, accumulate] = await Promise.all([
    planProgram(device, requests.train, programMemory, onPipeline),
    planProgram(device, requests.evaluate, programMemory, onPipeline),
    Promise.all([
      byHand(kernels.partials, [g, whole(sums), whole(flags)]),
      byHand(kernels.finish, [u, whole(sums), whole(flags), whole(lossSum), c]),
      byHand(kernels.adamw, [
        u,
        c,
        g,
        whole(blocks.parameters),
        whole(blocks.firstMoment),
        whole(blocks.secondMoment),
      ]),
    ]),
    Promise.all([
      ...[...programs.train.gradients].map(([name, node]) =>
        byHand(accumulateKernel(placed.get(name)!.length), [resource(node), slice(blocks.gradients, name)]),
      ),
      ...(programs.train.outputs.loss
        ? [
            byHand(accumulateLossKernel, [
              resource(programs.train.outputs.loss),
              whole(inputs.get('lossScale')!),
              whole(lossSum),
            ]),
          ]
        : []),
    ]),
  ]);
  return {
    device: studioDevice,
    options,
    memory,
    borrowedBytes,
    blocks,
    step,
    update,
    control,
    lossSum,
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

/** The frozen leaves of a session: where each comes from, and how it is stored. */
interface SessionFrozen {
  readonly leaves: readonly LeafNode[];
  readonly storage: (name: string) => Storage;
  readonly storageOf: StorageOf;
  /** Who has the values; the held ones are in `held`. */
  readonly sourceOf: (name: string) => FrozenTensors;
  readonly heldOf: (name: string) => HeldBuffers | null;
  /** Bytes of weights that are held and that this session does not read. */
  readonly bytesBeside: number;
}

/** The same tensor is held twice where one session can read it compactly and another one cannot. */
const heldKey = ({ name }: LeafNode, storage: Storage) => `${name} ${storage}`;

function frozenOf(options: SessionOptions, device: GPUDevice): SessionFrozen {
  const { programs, base = null } = options;
  invariant(
    base === null || (base instanceof HeldBuffers && base.device === device),
    'session: the base is held by another executor',
  );
  const leaves = frozenLeaves(programs);
  const heldOf = (name: string) => (isOwn(options, name) ? null : base);
  const sourceOf = (name: string) => heldOf(name)?.source ?? options.frozen;
  const storage = (name: string) => sourceOf(name).storage(name);
  const storageOf = storageOfLeaves({ programs, frozen: { storage } });
  const keys = leaves.filter(({ name }) => heldOf(name)).map((leaf) => heldKey(leaf, storageOf(leaf)));
  const bytesBeside = base?.bytesBeside(new Set(keys)) ?? 0;
  return { leaves, storage, storageOf, sourceOf, heldOf, bytesBeside };
}

/** Bytes that may be on their way to the device at once while weights are uploaded. */
const uploadBytes = 2 ** 25;

/**
 * Buffers of the frozen leaves by name; only what is not held yet is uploaded. One tensor after the other, so that only one is
 * in memory beside its buffer. Every so many bytes it waits for the device: the browser keeps what was written in shared memory
 * until the device has copied it.
 */
async function frozenBuffers(
  device: GPUDevice,
  { leaves, storageOf, sourceOf, heldOf }: SessionFrozen,
  own: GpuMemory,
): Promise<{ readonly weights: ReadonlyMap<string, GPUBuffer>; readonly borrowedBytes: number }> {
  let pendingBytes = 0;
  const upload = async (leaf: LeafNode, memory: GpuMemory): Promise<GPUBuffer> => {
    const { name, shape } = leaf;
    const storage = storageOf(leaf);
    const data = await sourceOf(name).read(name);
    invariant(
      data.length === frozenWords(leaf, 'f32'),
      `session: ${data.length} values for the frozen tensor ${name} ${formatShape(shape)}`,
    );
    const buffer = memory.storage(name, frozenWords(leaf, storage));
    device.queue.writeBuffer(buffer, 0, pack(storage, data, shape.rows as number));
    pendingBytes += buffer.size;
    return buffer;
  };
  const weights = new Map<string, GPUBuffer>();
  let borrowedBytes = 0;
  for (const leaf of leaves) {
    const held = heldOf(leaf.name);
    const buffer = held
      ? await held.take(heldKey(leaf, storageOf(leaf)), () => upload(leaf, held.memory))
      : await upload(leaf, own);
    weights.set(leaf.name, buffer);
    if (held) borrowedBytes += buffer.size;
    if (pendingBytes < uploadBytes) continue;
    await kept(device, device.queue.onSubmittedWorkDone());
    pendingBytes = 0;
  }
  return { weights, borrowedBytes };
}

async function planByHand(
  device: GPUDevice,
  kernel: UpdateKernel,
  buffers: readonly GPUBufferBinding[],
): Promise<PlannedDispatch> {
  const dispatch = { ...kernel, extents: {}, bindings: [], workgroups: () => kernel.workgroups };
  const pipeline = await pipelineFor(device, dispatch, []);
  return {
    label: kernel.label,
    pipeline,
    // The uniform `step` is declared by the prelude and read by none of these kernels.
    bindGroup: makeBindGroup(device, kernel.label, pipeline, [null, ...buffers]),
    workgroups: () => kernel.workgroups,
    flops: () => 0,
  };
}

/** Gradients of the plain loss of one batch. */
const wholeLoss: GradientScales = { lossScale: 1, regularization: 0 };

export class WebGpuSession implements Session {
  readonly #parts: SessionParts;
  readonly #submitter: Submitter;
  readonly #finished: StepMetrics[] = [];
  readonly #inFlight: Promise<void>[] = [];
  readonly #idleReadbacks: GPUBuffer[] = [];
  #failure: unknown = null;
  #disposed = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#submitter = new Submitter(parts.device.device);
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
    const { blocks } = this.#parts;
    this.#write(blocks.parameters, parameters);
    this.#write(blocks.firstMoment, exponentialAverage);
    this.#write(blocks.secondMoment, exponentialAverageSquared);
  }

  async readState(): Promise<TrainingState> {
    await this.#settle();
    const { parameters, firstMoment, secondMoment } = this.#parts.blocks;
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
    const { train, accumulate, finish, update, control, device } = this.#parts;
    this.#write(update, updateUniform(settings));
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
      const readback = isLast ? this.#takeReadback() : null;
      const after = readback
        ? (encoder: GPUCommandEncoder) => encoder.copyBufferToBuffer(control, 0, readback, 0, controlBytes)
        : undefined;
      const before = i === 0 ? this.#clearSums : undefined;
      if (!(await this.#submitter.submit(work, { before, after, signal }))) {
        if (readback) this.#idleReadbacks.push(readback);
        return 'dropped';
      }
      if (readback) this.#awaitMetrics(readback, settings.step);
    }
    device.check();
    return 'enqueued';
  }

  async ready(): Promise<void> {
    this.#check();
    while (this.#inFlight.length >= stepsInFlight) await this.#inFlight[0];
    this.#check();
  }

  async takeMetrics(wait: boolean): Promise<readonly StepMetrics[]> {
    if (wait) await this.#settle();
    this.#check();
    return this.#finished.splice(0);
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
    const { train, accumulate, blocks, lossSum, options } = this.#parts;
    this.#writeBatch(batch, scalars, wholeLoss);
    const work = [...train, ...accumulate].map((dispatch) => ({ dispatch, extents: batch }));
    await this.#submitter.submit(work, { before: this.#clearSums });
    const [gradients, loss] = await this.#read([
      { buffer: blocks.gradients, floats: options.programs.parameters.totalFloats },
      { buffer: lossSum, floats: 1 },
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
    if (this.#failure) throw this.#failure;
  }

  async #settle(): Promise<void> {
    this.#check();
    while (this.#inFlight.length > 0) await this.#inFlight[0];
    this.#check();
  }

  #write(buffer: GPUBuffer, data: Float32Array | Uint32Array): void {
    this.#parts.device.device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
  }

  /** At a step's start, in its first submit. */
  readonly #clearSums = (encoder: GPUCommandEncoder) => {
    encoder.clearBuffer(this.#parts.blocks.gradients);
    encoder.clearBuffer(this.#parts.lossSum);
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

  #takeReadback(): GPUBuffer {
    return this.#idleReadbacks.pop() ?? this.#parts.memory.readback('metrics', controlBytes);
  }

  /** Reads a step's metrics when they come; steps finish in order. */
  #awaitMetrics(readback: GPUBuffer, step: number): void {
    const done = this.#mapped(readback)
      .then((bytes) => {
        const [, , gradientNorm, loss] = new Float32Array(bytes) as unknown as [
          number,
          number,
          number,
          number,
        ];
        this.#finished.push({ step, loss, gradientNorm, skipped: new Uint32Array(bytes)[1] !== 0 });
        this.#idleReadbacks.push(readback);
      })
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#inFlight.splice(this.#inFlight.indexOf(done), 1);
      });
    this.#inFlight.push(done);
  }

  async #read(
    wanted: readonly { readonly buffer: GPUBuffer; readonly floats: number }[],
  ): Promise<Float32Array<ArrayBuffer>[]> {
    const { device } = this.#parts.device;
    const copies = wanted.map(({ buffer, floats }) => {
      const size = Math.max(16, Math.ceil((4 * floats) / 16) * 16);
      const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
      return {
        source: buffer,
        size: Math.min(size, buffer.size),
        floats,
        target: device.createBuffer({ label: 'readback', size, usage }),
      };
    });
    try {
      const encoder = device.createCommandEncoder();
      for (const { source, target, size } of copies) encoder.copyBufferToBuffer(source, 0, target, 0, size);
      device.queue.submit([encoder.finish()]);
      const mapped = await Promise.all(copies.map(({ target }) => this.#mapped(target)));
      this.#check();
      return mapped.map((bytes, i) => new Float32Array(bytes).slice(0, copies[i]!.floats));
    } finally {
      for (const { target } of copies) target.destroy();
    }
  }

  /** A copy of the buffer's bytes. */
  async #mapped(buffer: GPUBuffer): Promise<ArrayBuffer> {
    await kept(this.#parts.device.device, buffer.mapAsync(GPUMapMode.READ));
    const bytes = buffer.getMappedRange().slice(0);
    buffer.unmap();
    return bytes;
  }
}

const formatExtents = ({ tokens, sequences }: Extents) => `${tokens} tokens, ${sequences} sequences`;
