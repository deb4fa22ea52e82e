import { expect, it } from 'vitest';
import { diskSource } from '../../test/golden/disk-source';
import { readJson } from '../../test/golden/source';
import { collate } from './collate';
import { loadTokenizer } from './tokenizer';

interface Cases {
  readonly max_length: number;
  readonly texts: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    readonly ids_truncated: readonly number[];
    readonly ids_padded: readonly number[];
    readonly attention_mask: readonly number[];
    readonly ids_no_special: readonly number[];
  }[];
  readonly pairs: readonly {
    readonly text: string;
    readonly text_pair: string;
    readonly ids: readonly number[];
    readonly ids_truncated_longest_first: readonly number[];
  }[];
}

const tokenizer = loadTokenizer(
  await readJson(diskSource, 'tokenizer/tokenizer.json'),
  await readJson(diskSource, 'tokenizer/tokenizer_config.json'),
);
const cases = await readJson<Cases>(diskSource, 'tokenizer/cases.json');
const unlimited = Number.MAX_SAFE_INTEGER;

it('has recorded cases', () => {
  expect(cases.texts.length).toBeGreaterThan(100);
  expect(cases.pairs.length).toBeGreaterThan(3);
});

it.each(cases.texts.map((c) => [JSON.stringify(c.text).slice(0, 60), c] as const))(
  '%s',
  (_, { text, ids, ids_truncated, ids_no_special, ids_padded, attention_mask }) => {
    expect([...tokenizer.encode(text, unlimited)]).toEqual(ids);
    expect([...tokenizer.encode(text, unlimited).slice(1, -1)]).toEqual(ids_no_special);
    const truncated = tokenizer.encode(text, cases.max_length);
    expect([...truncated]).toEqual(ids_truncated);
    const batch = collate([truncated], Uint32Array.of(0), { mode: 'max_length', length: cases.max_length });
    expect([...batch.tokenIds]).toEqual(ids_padded);
    expect(Array.from(batch.tokenIds, (_id, i) => (i < batch.layout[2]! ? 1 : 0))).toEqual(attention_mask);
  },
);

it.each(cases.pairs.map((c) => [JSON.stringify(c.text).slice(0, 40), c] as const))(
  'pair %s',
  (_, { text, text_pair, ids, ids_truncated_longest_first }) => {
    expect([...tokenizer.encodePair(text, text_pair, unlimited)]).toEqual(ids);
    expect([...tokenizer.encodePair(text, text_pair, cases.max_length)]).toEqual(ids_truncated_longest_first);
  },
);

// AutoTokenizer.from_pretrained('<fixtures>/tokenizer')(text)['input_ids'], transformers 4.57.6, tokenizers 0.22.2:
// U+0085 is white space and U+FEFF is none, also before `<mask>`.
it.each([
  ["a\ufeff's b", [0, 68, 175, 123, 127, 10, 86, 278, 2]],
  ['x\u0085  y', [0, 91, 130, 231, 224, 336, 2]],
  ['\u0085word', [0, 130, 231, 90, 974, 2]],
  ['end\u0085\u0085', [0, 1626, 130, 231, 130, 231, 2]],
  ['\ufeffa', [0, 175, 123, 127, 68, 2]],
  ['\ufeff<mask>', [0, 175, 123, 127, 1999, 2]],
  ['a\u0085 <mask>b', [0, 68, 1999, 69, 2]],
])('white space as Unicode has it: %j', (text, ids) => {
  expect([...tokenizer.encode(text, unlimited)]).toEqual(ids);
});

// The same with (a, b, truncation='longest_first', max_length=n): an odd id goes to the longer text, or to the second.
it.each([
  { a: 'a b c d e f', b: 'a b c d e f', n: 11, ids: [0, 68, 278, 276, 2, 2, 68, 278, 276, 288, 2] },
  { a: 'a b c d e f g h', b: 'a b c d e f', n: 11, ids: [0, 68, 278, 276, 288, 2, 2, 68, 278, 276, 2] },
  { a: 'a b c d e f', b: 'a b c d e f g h', n: 11, ids: [0, 68, 278, 276, 2, 2, 68, 278, 276, 288, 2] },
  { a: 'a b', b: 'a b c d e f g h', n: 9, ids: [0, 68, 278, 2, 2, 68, 278, 276, 2] },
  { a: 'a b c d e f g h', b: 'a', n: 9, ids: [0, 68, 278, 276, 288, 2, 2, 68, 2] },
  { a: 'a b c', b: 'a b c', n: 5, ids: [0, 2, 2, 68, 2] },
])('cuts the pair $a | $b to $n', ({ a, b, n, ids }) => {
  expect([...tokenizer.encodePair(a, b, n)]).toEqual(ids);
});
