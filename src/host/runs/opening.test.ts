import { expect, it } from 'vitest';
import type { ExecutorInfo } from '../../runs/record';
import { openingFor, rowsFor } from './opening';

const rottenTomatoes = { train: 8530, validation: 1066 };
const at = (rowsPerSecond: number) => ({ baseModel: 'roberta-mini', rowsPerSecond });

it.each([
  // 300 s for 6 epochs: 50 s an epoch, of which 1066 evaluated rows take as long as 355 trained ones.
  [24, 840],
  [10, 140],
  [1, 64],
  [1000, null],
])('at %d rows a second a few minutes allow %s rows', (rowsPerSecond, rows) => {
  expect(rowsFor(at(rowsPerSecond), 6, rottenTomatoes)).toBe(rows);
});

it('says what was tried, before that that it is being tried, and nothing of it where that was stopped', () => {
  const onnx: ExecutorInfo = { executor: 'onnx', adapter: 'wasm, 2 threads', isSoftwareAdapter: true };
  expect(openingFor(onnx, 'under way', rottenTomatoes)).toMatchObject({
    defaults: { baseModel: 'roberta-mini', trainingRows: 512 },
    notice: expect.stringMatching(/being tried/),
  });
  expect(openingFor(onnx, null, rottenTomatoes)).toMatchObject({
    defaults: { trainingRows: 512 },
    notice: 'This machine’s processor computes. The form begins with 512 training rows; they can be changed.',
  });
  expect(openingFor(onnx, at(24.1), rottenTomatoes)).toMatchObject({
    defaults: { trainingRows: 840 },
    notice: expect.stringMatching(
      /roberta-mini trained 24 rows a second.*840 training rows, about 5 minutes/,
    ),
  });
});
