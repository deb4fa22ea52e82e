import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fingerprintOf, orderLabels, type Targets } from './dataset';
import { PackedTexts, TextPacker, type Texts, textsOf } from './texts';

interface Rows {
  readonly texts: readonly string[];
  readonly labels: Targets;
}

type Content = {
  readonly task: 'classification' | 'multilabel' | 'regression';
  readonly labelNames: readonly string[];
  readonly splits: { readonly train: Rows; readonly validation: Rows; readonly test?: Rows };
};

/** As it was up to version 0.1.0, of the whole JSON at once: runs of that version are resumed by it. */
async function fingerprintOfJson({ task, labelNames, splits }: Content): Promise<string> {
  const content = [
    ...(task === 'classification' ? [] : [task]),
    labelNames,
    ...Object.entries(splits).map(([name, split]) => [name, split.texts, [...split.labels]]),
  ];
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(content)));
  return Buffer.from(digest).toString('hex');
}

/** As they are read from the disk: packed. */
function packed(texts: readonly string[]): PackedTexts {
  const pieces: Uint8Array[] = [];
  const packer = new TextPacker(texts.length, (bytes) => pieces.push(bytes.slice()));
  for (const text of texts) packer.add(text);
  packer.flush();
  const whole = Buffer.concat(pieces);
  const source = { read: (begin: number, end: number) => whole.subarray(begin, end) };
  return new PackedTexts(
    { name: 'd', source, ends: packer.ends },
    Uint32Array.from(texts, (_, row) => row),
  );
}

const streamed = ({ splits, ...content }: Content, read: (texts: readonly string[]) => Texts = textsOf) => {
  const rows = ({ texts, labels }: Rows) => ({ texts: read(texts), labels });
  const { train, validation, test } = splits;
  return fingerprintOf({
    ...content,
    splits: { train: rows(train), validation: rows(validation), ...(test ? { test: rows(test) } : {}) },
  });
};

// Lone surrogates, quotes, controls, whatever a string may hold.
const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
const anyLabels = fc.oneof(
  fc.uint32Array(),
  fc.float32Array({ noNaN: true, noDefaultInfinity: true }),
) as fc.Arbitrary<Targets>;
const anyRows = fc.record({ texts: fc.array(anyText), labels: anyLabels });
const anyContent = fc.record(
  {
    task: fc.constantFrom('classification' as const, 'multilabel' as const, 'regression' as const),
    labelNames: fc.array(anyText),
    splits: fc.record(
      { train: anyRows, validation: anyRows, test: anyRows },
      { requiredKeys: ['train', 'validation'] },
    ),
  },
  { requiredKeys: ['task', 'labelNames', 'splits'] },
) as fc.Arbitrary<Content>;

it('has the fingerprint that it had when its whole JSON was hashed at once', async () => {
  await fc.assert(
    fc.asyncProperty(anyContent, async (content) => {
      expect(await streamed(content)).toBe(await fingerprintOfJson(content));
    }),
    { numRuns: 200 },
  );
  const wellFormed = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary-ascii' })));
  await fc.assert(
    fc.asyncProperty(wellFormed, async (texts) => {
      const rows = { texts, labels: new Uint32Array(texts.length) };
      const content = {
        task: 'classification' as const,
        labelNames: [],
        splits: { train: rows, validation: rows },
      };
      expect(await streamed(content, packed)).toBe(await fingerprintOfJson(content));
    }),
    { numRuns: 100 },
  );
  const long: Content = {
    task: 'classification',
    labelNames: ['a', 'b'],
    splits: {
      train: {
        texts: Array.from({ length: 3000 }, (_, i) => 'é"\n'.repeat(i % 40 === 0 ? 20 * i : 2)),
        labels: new Uint32Array(3000).map((_, i) => i % 2),
      },
      validation: { texts: ['x'], labels: new Uint32Array([1]) },
    },
  };
  expect(await streamed(long)).toBe(await fingerprintOfJson(long));
  expect(await streamed(long, packed)).toBe(await fingerprintOfJson(long));
  const all = Array.from({ length: 0x10ffff }, (_, code) => code).filter(
    (code) => code < 0xd800 || code > 0xdfff,
  );
  const everything = {
    ...long,
    splits: {
      ...long.splits,
      train: {
        texts: [
          String.fromCodePoint(...all.slice(0, 9000)),
          all.map((c) => String.fromCodePoint(c)).join(''),
        ],
        labels: new Uint32Array(2),
      },
    },
  };
  expect(await streamed(everything, packed)).toBe(await fingerprintOfJson(everything));
});

it('orders numbers by value and words by code point', () => {
  expect(orderLabels(['10', '9', '-1'])).toEqual(['-1', '9', '10']);
  expect(orderLabels(['b', 'B', 'a', 'ä', '😀'])).toEqual(['B', 'a', 'b', 'ä', '😀']);
});
