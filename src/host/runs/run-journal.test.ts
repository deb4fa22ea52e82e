import { describe, expect, it } from 'vitest';
import { onnxInfo as onnx } from '../../../test/onnx-info';
import type { ExecutorInfo, RunRecord } from '../../runs/record';
import { joinChunks, noLosses, noPoints, nothingStored } from '../../runs/series';
import { RunJournal } from './run-journal';

const webgpu: ExecutorInfo = { executor: 'webgpu', adapter: 'a card', isSoftwareAdapter: false };
const begun = {
  step: 0,
  bitExact: true,
  executor: webgpu,
  series: noPoints,
  losses: noLosses,
  lastEvaluation: null,
  skippedSteps: 0,
} as unknown as RunRecord;

it('keeps that threads were measured where a run goes on with as many', () => {
  const { runtime, ...rest } = onnx(2);
  const speeds = [1, 1.8].map((speed, i) => ({ threads: i + 1, speed }));
  const measured = { ...rest, adapter: 'wasm, 2 threads (measured)', runtime: { ...runtime!, speeds } };
  const journal = new RunJournal({ ...begun, step: 4, executor: measured }, nothingStored);
  journal.noteExecutor(onnx(2), { threads: '2' }, true);
  expect(journal.snapshot()).toMatchObject({ executor: measured, bitExact: true });
  expect(journal.snapshot().parts).toBeUndefined();
});

it('keeps who computed what, and whether it can be repeated bit for bit', () => {
  const journal = new RunJournal(begun, nothingStored);
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

describe('the points of a run', () => {
  const step = (n: number) => ({
    step: n,
    loss: n === 2 ? Number.NaN : 1 / n,
    gradientNorm: n,
    learningRate: 1,
    skipped: n === 2,
    tokens: 1,
    rows: 1,
  });
  const stepsOf = (journal: RunJournal) =>
    joinChunks([...journal.written(), ...journal.unwritten()], journal.snapshot().series).trainLoss.step;

  it('are handed out once, and again where they found no room', () => {
    const journal = new RunJournal(begun, nothingStored);
    expect(journal.unwritten()).toEqual([]);
    journal.addSteps([step(1), step(2)]);
    journal.addEvaluation({ step: 2, epoch: 1, loss: 0.5 });
    const first = journal.unwritten();
    expect(first).toMatchObject([{ index: 0, from: noPoints, trainLoss: { step: [1, 2] } }]);
    journal.addSteps([step(3)]);
    expect(first[0]!.trainLoss.step).toEqual([1, 2]);
    journal.noteWritten(first);
    expect(journal.unwritten()).toMatchObject([
      { index: 1, from: { trainLoss: 2, evaluations: 1 }, trainLoss: { step: [3] }, evaluations: [] },
    ]);
    journal.addSteps([step(4)]);
    expect(journal.unwritten()).toMatchObject([{ index: 1, trainLoss: { step: [3, 4] } }]);
    expect(journal.snapshot()).toMatchObject({
      step: 4,
      series: { trainLoss: 4, evaluations: 1 },
      lastEvaluation: { step: 2 },
      skippedSteps: 1,
    });
    expect(journal.meanTrainLoss()).toBe((1 + 1 / 3 + 1 / 4) / 3);
  });

  it('go back with the record, those that are stored and those that are not', () => {
    const journal = new RunJournal(begun, nothingStored);
    journal.addSteps([step(1)]);
    const atOne = journal.snapshot();
    journal.addSteps([step(2), step(3)]);
    const atThree = journal.snapshot();
    // Nothing found room yet: what came before the checkpoint is still to be stored.
    journal.addSteps([step(4)]);
    journal.returnTo(atThree);
    expect(journal.unwritten()).toMatchObject([{ index: 0, from: noPoints, trainLoss: { step: [1, 2, 3] } }]);
    journal.noteWritten(journal.unwritten());
    journal.returnTo(atOne);
    expect(journal.unwritten()).toEqual([]);
    expect(stepsOf(journal)).toEqual([1]);
    journal.addSteps([step(2), step(3)]);
    expect(journal.unwritten()).toMatchObject([
      { index: 1, from: { trainLoss: 1 }, trainLoss: { step: [2, 3] } },
    ]);
    expect(stepsOf(journal)).toEqual([1, 2, 3]);
    expect(journal.snapshot()).toEqual(atThree);
  });
});
