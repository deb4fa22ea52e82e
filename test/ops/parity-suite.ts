/** What parity of an executor's ops is judged on: the cases, how far each may be off, random shapes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  activationCases,
  attentionCases,
  type BatchShape,
  crossEntropyCases,
  gemmCase,
  layerNormCases,
  methodCases,
  type OpCase,
  orthonormalCases,
  padded,
  ragged,
  smallCases,
  sureRowsCase,
} from './cases';

/**
 * Largest error over the largest value. A float32 sum of n terms of either sign errs by about √n · 2⁻²⁴ of the sum of
 * magnitudes, which exceeds the largest result by another √n; n is below 2,000 here, so 2e-5 is roomy and a wrong or
 * missing term, which shows at 1/n or more, is far outside. Pointwise functions are held to 1e-6.
 */
const sumTolerance = 2e-5;
const pointwiseTolerance = 1e-6;
const exact = new Set(['add', 'takeFirst', 'scatterFirst']);

function toleranceOf({ node }: OpCase): number {
  if (exact.has(node.op.name)) return 2e-7; // one rounding
  return node.op.name.startsWith('activation') || node.op.name === 'dropout'
    ? pointwiseTolerance
    : sumTolerance;
}

const sizes = [1, 2, 3, 5, 63, 64, 65];
const odd = ragged(3, 1, 7);
const long = ragged(40, 25);
const batches: readonly BatchShape[] = [ragged(1), odd, padded(9, 3, 9, 1), ragged(33, 32)];

/** What the inputs themselves do to a float32's last bit; torch's float32 errs as much. */
const conditioning: Readonly<Record<string, number>> = {
  // x − mean loses the |mean| / deviation = 3 / 0.007 ≈ 430 fold of 2⁻²⁴: 2.6e-5.
  'layerNorm of nearly constant rows': 5,
  // Scores near 500 are exact to 500 · 2⁻²⁴ = 3e-5 before exp.
  'attention with large scores': 5,
};

const groups: Readonly<Record<string, readonly OpCase[]>> = {
  'gemm, every orientation': sizes.flatMap((n) => [
    gemmCase(odd, ['tokens', 7, n], { tb: true, bias: true }),
    gemmCase(odd, ['tokens', n, 6], { alpha: 0.25, addend: true }),
    gemmCase(odd, [n, 'tokens', 5], { ta: true, alpha: -2 }),
    gemmCase(ragged(n), [5, 'tokens', 9], { ta: true }),
    gemmCase(odd, [n, 3, 4], { ta: true, tb: true, bias: true, addend: true }),
  ]),
  'gemm, shapes of training': [
    gemmCase(long, ['tokens', 128, 512], { tb: true, bias: true }),
    gemmCase(long, ['tokens', 512, 128], {}),
    gemmCase(long, ['tokens', 384, 8], { tb: true }),
    gemmCase(long, ['tokens', 8, 384], { tb: true, alpha: 2, addend: true }),
    gemmCase(long, [8, 'tokens', 384], { ta: true }),
    gemmCase(long, [384, 'tokens', 8], { ta: true }),
    gemmCase(long, ['sequences', 128, 2], { tb: true, bias: true }),
    gemmCase(ragged(129, 128), [66, 'tokens', 130], { ta: true }),
  ],
  layerNorm: [1, 3, 64, 65, 128, 768].flatMap((cols) => layerNormCases(odd, cols)),
  'layerNorm of nearly constant rows': layerNormCases(odd, 96, (i) => 3 + 1e-2 * Math.sin(i)),
  'layerNorm of constant rows': layerNormCases(odd, 96, () => 3),
  attention: batches.flatMap((batch) =>
    [
      [1, 1],
      [4, 12],
      [2, 8],
      [2, 33],
      [1, 64],
      [1, 80],
    ].flatMap(([heads, size]) => [0, 0.1].flatMap((rate) => attentionCases(batch, heads!, size!, rate))),
  ),
  'attention with a prefix': batches.flatMap((batch) =>
    [1, 5].flatMap((prefix) => [0, 0.1].flatMap((rate) => attentionCases(batch, 2, 12, rate, 1, prefix))),
  ),
  'attention with large scores': attentionCases(odd, 2, 16, 0, 12),
  activation: [1, 5, 65].flatMap((cols) => activationCases(odd, cols)),
  'activation, saturated': activationCases(odd, 64, (i) => -30 + (60 * i) / 704),
  'activation near zero': activationCases(odd, 64, (i) => 1e-3 * (i - 352)),
  'the other ops': batches.flatMap((batch) => [2, 3, 65].flatMap((cols) => smallCases(batch, cols))),
  'ops of the adapter methods': batches.flatMap((batch) =>
    [2, 5, 65].flatMap((cols) => methodCases(batch, cols)),
  ),
  'orthonormal rows': [
    [1, 4],
    [4, 4],
    [3, 48],
    [70, 130],
  ].flatMap(([rank, size]) => orthonormalCases(odd, rank!, size!)),
  'cross entropy of rows that are sure': [2, 6].map((classes) => sureRowsCase(odd, classes)),
  'cross entropy of large logits': [2, 6, 100].flatMap((classes) => crossEntropyCases(odd, classes, 1e4)),
};

/** What every executor runs; random shapes come on top. */
export const parityCases: readonly OpCase[] = Object.values(groups).flat();

/** Throws where `values` differ from the definition's by more than the op may; a dropout's zeros must be the same ones. */
export function judge(
  opCase: OpCase,
  what: string,
  values: Float32Array,
  expected: Float64Array,
  factor: number,
): void {
  let largest = 1e-30;
  for (const value of expected) largest = Math.max(largest, Math.abs(value));
  let worst = 0;
  values.forEach((value, i) => {
    const error = Math.abs(value - expected[i]!) / largest;
    worst = Math.max(worst, Number.isFinite(error) ? error : Number.POSITIVE_INFINITY);
  });
  expect(worst, `${opCase.name}: ${what}`).toBeLessThan(factor * toleranceOf(opCase));
  if (opCase.node.op.name !== 'dropout') return;
  expect(
    [...values].map((value) => value === 0),
    'the mask',
  ).toEqual([...expected].map((value) => value === 0));
}

type Check = (opCase: OpCase, seed?: number, conditioning?: number) => Promise<void>;

/** All cases, and random shapes, as tests of the running file. */
export function parityTests(checkCase: Check): void {
  for (const [name, cases] of Object.entries(groups)) {
    describe(name, () => {
      it.each(cases.map((opCase) => [opCase.name, opCase] as const))('%s', (_, opCase) =>
        checkCase(opCase, 1, conditioning[name]),
      );
    });
  }
  describe('random shapes', () => {
    const batchShape = fc
      .array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 })
      .chain((lengths) =>
        fc.boolean().map((pad) => (pad ? padded(Math.max(...lengths), ...lengths) : ragged(...lengths))),
      );
    const size = fc.integer({ min: 1, max: 70 });
    const seeds = fc.integer({ min: 1, max: 1000 });
    const property = (make: (batch: BatchShape, m: number, n: number) => readonly OpCase[]) => () =>
      fc.assert(
        fc.asyncProperty(batchShape, size, size, seeds, async (batch, m, n, seed) => {
          for (const opCase of make(batch, m, n)) await checkCase(opCase, seed);
        }),
        { numRuns: 12 },
      );

    // Of three batches each: a kernel has its sizes in its text, and every pair of them is compiled anew.
    it('gemm', () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(batchShape, { minLength: 3, maxLength: 3 }),
          size,
          size,
          seeds,
          async (drawn, m, n, seed) => {
            for (const batch of drawn) {
              await checkCase(gemmCase(batch, ['tokens', m, n], { tb: true, bias: true }), seed);
              await checkCase(gemmCase(batch, ['tokens', m, n], { addend: true }), seed);
              await checkCase(gemmCase(batch, [m, 'tokens', n], { ta: true }), seed);
            }
          },
        ),
        { numRuns: 4 },
      ));
    // Of two columns the gradient cancels to nothing but rounding; fewer than eight are checked above on fixed values.
    it(
      'layerNorm',
      property((batch, m) => layerNormCases(batch, m + 7)),
    );
    it(
      'attention',
      property((batch, m, n) => attentionCases(batch, 1 + (n % 4), 1 + (m % 40), n % 2 ? 0.2 : 0)),
    );
    it(
      'the other ops',
      property((batch, m) => smallCases(batch, m + 1)),
    );
  });
}
