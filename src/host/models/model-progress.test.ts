import { expect, it } from 'vitest';
import type { DownloadProgress } from '../../protocol/types';
import { ModelProgress } from './model-progress';

function follow(totalBytes: number) {
  const told: DownloadProgress[] = [];
  let now = 0;
  const progress = new ModelProgress(
    'm',
    totalBytes,
    (step) => told.push(step),
    () => now,
  );
  return { told, progress, at: (ms: number) => (now = ms) };
}

it('tells bytes, rate and what remains, five times a second at most', () => {
  const { told, progress, at } = follow(10_000);
  for (let ms = 0; ms <= 2000; ms += 10) {
    at(ms);
    progress.advance('model.safetensors', ms);
  }
  expect(told).toHaveLength(11);
  expect(told.at(-1)).toEqual({
    modelId: 'm',
    doneBytes: 2000,
    totalBytes: 10_000,
    bytesPerSecond: 1000,
    remainingSeconds: 8,
    file: 'model.safetensors',
    waiting: null,
  });
});

it('takes the rate of the last five seconds, and none of what was on the disk', () => {
  const { told, progress, at } = follow(1_000_000);
  progress.advance('a', 500_000, false);
  for (let second = 1; second <= 20; second++) {
    at(second * 1000);
    progress.advance('a', 500_000 + (second <= 10 ? second * 1000 : 10_000 + (second - 10) * 4000));
  }
  expect(told[0]).toMatchObject({ bytesPerSecond: 0, remainingSeconds: null });
  expect(told[5]!.bytesPerSecond).toBeCloseTo(1000, 6);
  expect(told.at(-1)!.bytesPerSecond).toBeCloseTo(4000, 6);
});

it('says at once why nothing comes, and that it has ended', () => {
  const { told, progress, at } = follow(100);
  progress.advance('a', 10);
  at(1);
  progress.wait('the hub answered 429');
  at(2);
  progress.advance('a', 100);
  expect(told.map(({ waiting, doneBytes }) => [waiting, doneBytes])).toEqual([
    [null, 10],
    ['the hub answered 429', 10],
    [null, 100],
  ]);
});
