/**
 * Sends dispatches to the device: all in one submit where it is fast, cut into portions of a bounded time where it is
 * slow, so that a person's Stop takes hold and no watchdog bites.
 */
import type { Extents } from '../../graph/graph';
import { kept } from './device-lost';
import type { PlannedDispatch } from './program-plan';

/** No submit should keep the device busy for longer. */
const portionSeconds = 0.3;
/** Before anything was measured. */
const firstPortionFlops = 2e7;
/** A dispatch costs at least this much, in flops, so that many small ones count. */
const flopsPerDispatch = 2e4;

interface WorkItem {
  readonly dispatch: PlannedDispatch;
  readonly extents: Extents;
}

interface SubmitOptions {
  /** Commands before the first dispatch and after the last one, in the same submits. */
  readonly before?: ((encoder: GPUCommandEncoder) => void) | undefined;
  readonly after?: ((encoder: GPUCommandEncoder) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class Submitter {
  readonly #device: GPUDevice;
  #flopsPerSecond: number | null = null;
  #dispatches = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get dispatches(): number {
    return this.#dispatches;
  }

  /**
   * Encodes and submits in order. Resolves when all is submitted, `false` if `signal` stopped it before that. Between
   * portions it waits for the device.
   */
  async submit(work: readonly WorkItem[], { before, after, signal }: SubmitOptions = {}): Promise<boolean> {
    const limit = this.#flopsPerSecond === null ? firstPortionFlops : this.#flopsPerSecond * portionSeconds;
    const portions = cut(work, limit);
    for (const [i, portion] of portions.entries()) {
      if (signal?.aborted) return false;
      const isLast = i === portions.length - 1;
      const start = performance.now();
      this.#encode(portion.work, i === 0 ? before : undefined, isLast ? after : undefined);
      if (isLast) break;
      await kept(this.#device, this.#device.queue.onSubmittedWorkDone());
      this.#learn(portion.flops, (performance.now() - start) / 1000);
    }
    return true;
  }

  #encode(work: readonly WorkItem[], before: SubmitOptions['before'], after: SubmitOptions['after']): void {
    const encoder = this.#device.createCommandEncoder();
    before?.(encoder);
    const pass = encoder.beginComputePass();
    for (const { dispatch, extents } of work) {
      const [x, y, z] = dispatch.workgroups(extents);
      if (x * y * z === 0) continue;
      pass.setPipeline(dispatch.pipeline);
      pass.setBindGroup(0, dispatch.bindGroup);
      pass.dispatchWorkgroups(x, y, z);
      this.#dispatches += 1;
    }
    pass.end();
    after?.(encoder);
    this.#device.queue.submit([encoder.finish()]);
  }

  /** Half of what was known, half of what was seen: one odd portion does not set the size of the next. */
  #learn(flops: number, seconds: number): void {
    const seen = flops / Math.max(seconds, 1e-5);
    this.#flopsPerSecond = this.#flopsPerSecond === null ? seen : 0.5 * (this.#flopsPerSecond + seen);
  }
}

function cut(work: readonly WorkItem[], limit: number) {
  const portions: { work: WorkItem[]; flops: number }[] = [];
  for (const item of work) {
    const flops = Math.max(flopsPerDispatch, item.dispatch.flops(item.extents));
    const current = portions.at(-1);
    if (!current || current.flops + flops > limit) portions.push({ work: [item], flops });
    else {
      current.work.push(item);
      current.flops += flops;
    }
  }
  return portions;
}
