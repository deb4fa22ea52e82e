import { expect, it } from 'vitest';
import { onnxInfo as onnx } from '../../test/onnx-info';
import type { ExecutorInfo, RunRecord } from '../protocol/records';
import { RunJournal } from './run-journal';

const webgpu: ExecutorInfo = { executor: 'webgpu', adapter: 'a card', isSoftwareAdapter: false };
const empty = { step: [], value: [] };
const begun = {
  step: 0,
  bitExact: true,
  executor: webgpu,
  evaluations: [],
  trainLoss: empty,
  gradientNorm: empty,
  learningRate: empty,
} as unknown as RunRecord;

it('keeps that threads were measured where a run goes on with as many', () => {
  const { runtime, ...rest } = onnx(2);
  const speeds = [1, 1.8].map((speed, i) => ({ threads: i + 1, speed }));
  const measured = { ...rest, adapter: 'wasm, 2 threads (measured)', runtime: { ...runtime!, speeds } };
  const journal = new RunJournal({ ...begun, step: 4, executor: measured });
  journal.noteExecutor(onnx(2), { threads: '2' }, true);
  expect(journal.snapshot()).toMatchObject({ executor: measured, bitExact: true });
  expect(journal.snapshot().parts).toBeUndefined();
});

it('keeps who computed what, and whether it can be repeated bit for bit', () => {
  const journal = new RunJournal(begun);
  journal.noteExecutor(onnx(2), { threads: '2' }, true);
  // Nothing was computed by the executor that it was recorded with.
  expect(journal.snapshot()).toMatchObject({ executor: onnx(2), bitExact: true });
  expect(journal.snapshot().parts).toBeUndefined();

  journal.set({ step: 4 });
  journal.noteExecutor(onnx(2), { threads: '2' }, true);
  expect(journal.snapshot().parts).toBeUndefined();

  journal.noteExecutor(webgpu, {}, false);
  journal.set({ step: 9 });
  journal.noteExecutor(onnx(1), { threads: '1' }, false);
  expect(journal.snapshot()).toMatchObject({
    executor: onnx(1),
    kernelTable: { threads: '1' },
    bitExact: false,
  });
  expect(journal.snapshot().parts).toEqual([
    { afterStep: 0, executor: onnx(2) },
    { afterStep: 4, executor: webgpu },
    { afterStep: 9, executor: onnx(1) },
  ]);
  // Another one before the next step: those that computed nothing are left out.
  journal.noteExecutor(webgpu, {}, false);
  expect(journal.snapshot().parts).toEqual([
    { afterStep: 0, executor: onnx(2) },
    { afterStep: 4, executor: webgpu },
  ]);
});
