/**
 * `npm run bench`: time of a training step on whatever adapter there is, for both embedded models and three batches, and
 * the most expensive operations. Prints; asserts nothing about time.
 */
import { it } from 'vitest';
import { rowCount } from '../src/graph/graph';
import { acquireDevice } from '../src/runtime/webgpu/device';
import { WebGpuExecutor } from '../src/runtime/webgpu/executor';
import { batchOf, sessionOn, stepSettings, trainingOf, type Workload } from './workload';

/** Sequences × tokens each: the mean of Rotten Tomatoes at batch 16 and 32, and padded to 80. */
const shapes = [
  { sequences: 16, length: 27 },
  { sequences: 32, length: 27 },
  { sequences: 32, length: 80 },
] as const;

const device = await acquireDevice(navigator.gpu);

it.each(['roberta-tiny', 'roberta-mini'] as const)(
  '%s',
  async (model) => {
    for (const { sequences, length } of shapes) {
      if (device.isSoftwareAdapter && model === 'roberta-mini' && length === 80) continue; // minutes, and nothing to learn
      const workload: Workload = { model, sequences, length, dropout: true };
      const batch = await batchOf(workload);
      const session = await sessionOn(new WebGpuExecutor(device), workload, batch);
      const { programs } = await trainingOf(workload);
      const flops = programs.train.nodes.reduce((sum, node) => {
        const inputs = node.inputs.map(({ shape }) => [rowCount(shape.rows, batch), shape.cols] as const);
        return sum + node.op.flops(inputs, rowCount(node.shape.rows, batch), node.shape.cols, batch);
      }, 0);
      const step = async (t: number) => {
        await session.ready();
        await session.trainStep([batch], stepSettings(t));
      };
      for (let t = 1; t <= 3; t++) await step(t);
      await session.takeMetrics(true);
      const steps = device.isSoftwareAdapter ? 4 : 50;
      const before = session.dispatches;
      const start = performance.now();
      for (let t = 4; t < 4 + steps; t++) await step(t);
      await session.takeMetrics(true);
      const ms = (performance.now() - start) / steps;
      console.log(
        `${model} on ${device.adapter}: ${sequences} × ${length} tokens: ${ms.toFixed(1)} ms a step, ${((1000 * sequences) / ms).toFixed(1)} samples/s, ` +
          `${(flops / ms / 1e6).toFixed(2)} GFLOP/s of ${(flops / 1e9).toFixed(2)} GFLOP, ${(session.dispatches - before) / steps} dispatches, ${(session.allocatedBytes / 2 ** 20).toFixed(0)} MiB`,
      );
      const profile = await session.profile(batch);
      if (profile) {
        const byKind = new Map<string, { ms: number; count: number; flops: number }>();
        for (const { label, ms: time, flops: work } of profile) {
          const kind = label.replace(/layer\.\d+\./g, '').replace(/roberta\.[^ ]*/, '');
          const sum = byKind.get(kind) ?? { ms: 0, count: 0, flops: 0 };
          byKind.set(kind, { ms: sum.ms + time, count: sum.count + 1, flops: sum.flops + work });
        }
        const total = profile.reduce((sum, { ms: time }) => sum + time, 0);
        const top = [...byKind]
          .sort(([, a], [, b]) => b.ms - a.ms)
          .slice(0, device.isSoftwareAdapter ? 14 : 5);
        console.log(
          top
            .map(
              ([kind, { ms: time, count, flops: work }]) =>
                `  ${((100 * time) / total).toFixed(1)} %  ${time.toFixed(2)} ms  ${(work / time / 1e6).toFixed(2)} GFLOP/s  ${count} × ${kind}`,
            )
            .join('\n'),
        );
      }
      session.dispose();
    }
  },
  600_000,
);
