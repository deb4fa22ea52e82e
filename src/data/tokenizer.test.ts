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
  (_, { text, ids, ids_truncated, ids_no_special, attention_mask }) => {
    expect([...tokenizer.encode(text, unlimited)]).toEqual(ids);
    expect([...tokenizer.encode(text, unlimited).slice(1, -1)]).toEqual(ids_no_special);
    const truncated = tokenizer.encode(text, cases.max_length);
    expect([...truncated]).toEqual(ids_truncated);
    const batch = collate([truncated], Uint32Array.of(0), { mode: 'max_length', length: cases.max_length });
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
