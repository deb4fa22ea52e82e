import { expect, it } from 'vitest';
import type { OpCase } from '../../../test/ops/cases';
import { padded, ragged, smallCases } from '../../../test/ops/cases';
import { reference, stepOf } from '../../../test/ops/values';
import { dropThreshold, fold, maskKey, siteHash } from './rng';

const dropoutOf = (batch: OpCase['batch']) =>
  smallCases(batch, 50).find(({ name }) => name.startsWith('dropout 50 tokens'))!;

function mask(opCase: OpCase): boolean[] {
  const { tokens } = stepOf(opCase.batch);
  const layout: number[] = [];
  let first = 0;
  opCase.batch.rows.forEach((count, sequence) => {
    for (let i = 0; i < count; i++) layout.push(sequence, first, count, opCase.batch.keys[sequence]!);
    first += count;
  });
  return [...reference(opCase, [new Float64Array(tokens * 50).fill(1), Uint32Array.from(layout)])].map(
    (value) => value !== 0,
  );
}

it('keeps about 1 − rate of the elements', () => {
  const kept = mask(dropoutOf(ragged(100, 100))).filter(Boolean).length;
  const n = 200 * 50;
  // Binomial with p = 0.7: four standard deviations are 1.8 % of n.
  expect(Math.abs(kept - 0.7 * n)).toBeLessThan(4 * Math.sqrt(n * 0.7 * 0.3));
});

it('draws the same mask ragged and padded', () => {
  const raggedMask = mask(dropoutOf(ragged(3, 5)));
  const paddedMask = mask(dropoutOf(padded(5, 3, 5)));
  const real = [...paddedMask.slice(0, 3 * 50), ...paddedMask.slice(5 * 50)];
  expect(raggedMask).toEqual(real);
});

it('depends on seed, micro-step and site', () => {
  const keys = [maskKey(1, 0, 7), maskKey(2, 0, 7), maskKey(1, 1, 7), maskKey(1, 0, 8)];
  expect(new Set(keys).size).toBe(4);
  expect(siteHash('layer.0.ffn.dropout')).not.toBe(siteHash('layer.1.ffn.dropout'));
});

it('hashes evenly: no coordinate is favoured', () => {
  const threshold = dropThreshold(0.1);
  for (const direction of [(i: number) => fold(fold(1, i), 3), (i: number) => fold(fold(1, 3), i)]) {
    let dropped = 0;
    for (let i = 0; i < 20_000; i++) if (direction(i) < threshold) dropped++;
    expect(Math.abs(dropped - 2000)).toBeLessThan(4 * Math.sqrt(20_000 * 0.1 * 0.9));
  }
});
