/** What a WebGPU session promises: what every session does, recorded kernels, compact storage, a lost device. */
import { expect, it } from 'vitest';
import type { FrozenTensors } from '../src/graph/frozen';
import { storedAs } from '../src/models/base-weights';
import { acquireDevice } from '../src/runtime/webgpu/device';
import { WebGpuExecutor } from '../src/runtime/webgpu/executor';
import { httpSource } from './golden/source';
import { bits, loadSessionCases, optionsOf, sessionTests, settings, start, train } from './session-suite';

const device = await acquireDevice(navigator.gpu);
const executor = new WebGpuExecutor(device);
const cases = await loadSessionCases(httpSource);
const { plain } = cases;

sessionTests(executor, cases, httpSource);

it('follows a recorded kernel table, and says when it cannot', async () => {
  const open = (kernelTable: Readonly<Record<string, string>> = {}) =>
    executor.open({ ...optionsOf(plain), kernelTable });
  const first = await open();
  const recorded = first.kernelTable;
  expect(Object.keys(recorded).length).toBeGreaterThan(5);
  const again = await open(recorded);
  expect(again.kernelTable).toEqual(recorded);
  expect(again.kernelsAsRecorded).toBe(true);
  const key = Object.keys(recorded).find((name) => name.startsWith('gemm'));
  const naive = await open({ ...recorded, [key!]: 'naive' });
  expect(naive.kernelTable[key!]).toBe('naive');
  const unknown = await open({ ...recorded, [key!]: 'from another build' });
  expect(unknown.kernelsAsRecorded).toBe(false);
  for (const session of [first, again, naive, unknown]) session.dispose();
});

it('refuses a run that no buffer can hold, with figures and a way out', async () => {
  const options = { ...optionsOf(plain), largest: { tokens: 2 ** 26, sequences: 4 } };
  await expect(executor.open(options)).rejects.toMatchObject({
    code: 'out-of-memory',
    message: expect.stringContaining('MiB'),
    hint: expect.stringContaining('batch size'),
  });
});

it('reports a lost device from the next call on', async () => {
  const own = await acquireDevice(navigator.gpu);
  const session = await new WebGpuExecutor(own).open(optionsOf(plain));
  start(session, plain);
  await train(session, plain.batches.slice(0, 2));
  own.device.destroy();
  await own.lost;
  await expect(session.trainStep([plain.batches[2]!], settings(3))).rejects.toMatchObject({
    code: 'device-lost',
  });
  await expect(session.readState()).rejects.toMatchObject({ code: 'device-lost' });
  await expect(session.evaluate(plain.batches[0]!)).rejects.toMatchObject({ code: 'device-lost' });
});

it.each(['f16', 'int8'] as const)('from %s computes the bits of the same weights in f32', async (storage) => {
  const stored = storedAs(plain.base.config, plain.base.frozen, storage);
  const gradientsOf = async (frozen: FrozenTensors) => {
    const session = await executor.open({ ...optionsOf(plain), frozen });
    try {
      start(session, plain);
      const { allocatedBytes } = session;
      return { allocatedBytes, ...(await session.gradients(plain.batches[0]!, { seed: 1, microStep: 0 })) };
    } finally {
      session.dispose();
    }
  };
  const compact = await gradientsOf(stored);
  const full = await gradientsOf({ ...stored, storage: () => 'f32' });
  expect(bits(compact.gradients)).toEqual(bits(full.gradients));
  expect(compact.loss).toBe(full.loss);
  const matrixBytes = 4 * 3 * (4 * 48 * 48 + 2 * 48 * 96);
  expect(full.allocatedBytes - compact.allocatedBytes).toBeGreaterThan(
    (storage === 'f16' ? 0.49 : 0.7) * matrixBytes,
  );
});
