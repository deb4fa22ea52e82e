/** At the host, on a device: the base model's weights are uploaded once, and every run, evaluation and prediction borrows them. */
import { expect, it, vi } from 'vitest';
import type { RunSettings } from '../src/runs/settings';
import { Database } from '../src/storage/database';
import { bringMoods, hostOn } from './host-in-page';

/** Bytes written to buffers of the base model's tensors, which bear their names. */
function countUploads(): () => number {
  let bytes = 0;
  const { writeBuffer } = GPUQueue.prototype;
  vi.spyOn(GPUQueue.prototype, 'writeBuffer').mockImplementation(function (this: GPUQueue, ...given) {
    const [buffer, , data] = given;
    // An adapter that is asked jointly with others brings tensors that do not train there.
    const isOfBase = buffer.label.startsWith('roberta.') && !buffer.label.includes('.loras.');
    if (isOfBase) bytes += data.byteLength;
    return Reflect.apply(writeBuffer, this, given);
  });
  return () => bytes;
}

it('uploads no frozen byte for the second run, an evaluation and predictions', async () => {
  const uploaded = countUploads();
  const host = hostOn(new Database(`base-kept-${crypto.randomUUID()}`));
  const { defaults } = await host.send('open', { executor: null });
  const dataset = await bringMoods(host);
  const settings: RunSettings = { ...defaults, epochs: 1, batchSize: 8, trainingRows: 16 };
  /** Resolves with the adapter when the run has ended. */
  const train = async (of: RunSettings): Promise<string> => {
    const { id } = await host.send('train', { settings: of, datasetId: dataset.id });
    await host.until((events) =>
      events.find((event) => event.type === 'status' && event.runId === id && event.status === 'finished'),
    );
    return (await host.store.getRun(id))!.adapterId!;
  };
  const first = await train(settings);
  // Two layers of 128: 4 · 128² + 2 · 128 · 512 numbers each, in halves.
  const once = uploaded();
  expect(once).toBeGreaterThan(2 * 2 * (4 * 128 ** 2 + 2 * 128 * 512));
  const second = await train(settings);
  await host.send('predict', { adapterId: first, text: 'a fine day' });
  await host.send('evaluate', { adapterId: second, datasetId: dataset.id, split: 'validation' });
  await host.send('predictJointly', { adapterIds: [first, second], texts: ['a day'], block: 'Parallel' });
  expect(uploaded()).toBe(once);
  // Another storage is another hold.
  await train({ ...settings, baseStorage: 'int8' });
  expect(uploaded()).toBeGreaterThan(1.3 * once);
});
