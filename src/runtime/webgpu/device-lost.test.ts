import { afterEach, expect, it, vi } from 'vitest';
import { kept } from './device-lost';

/** Chrome's words where the graphics process is gone; nothing in them can be relied on. */
const broken = new DOMException('A valid external Instance reference no longer exists.', 'OperationError');

function deviceLosing(lost: Promise<GPUDeviceLostInfo>): GPUDevice {
  return { lost } as unknown as GPUDevice;
}

afterEach(() => {
  vi.useRealTimers();
});

it('names the loss where the device says only later that it is lost', async () => {
  const info = { reason: 'unknown', message: 'the process crashed' } as GPUDeviceLostInfo;
  const device = deviceLosing(new Promise((resolve) => setTimeout(resolve, 30, info)));
  await expect(kept(device, Promise.reject(broken))).rejects.toMatchObject({
    code: 'device-lost',
    message: 'The graphics device was lost (unknown: the process crashed).',
  });
});

it('rejects as the promise did where the device lives', async () => {
  vi.useFakeTimers();
  const answer = kept(deviceLosing(new Promise(() => undefined)), Promise.reject(broken));
  const seen = expect(answer).rejects.toBe(broken);
  await vi.advanceTimersByTimeAsync(60_000);
  await seen;
});

it('is the answer of a promise that is kept', async () => {
  expect(await kept(deviceLosing(new Promise(() => undefined)), Promise.resolve(7))).toBe(7);
});
