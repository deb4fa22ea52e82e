/** Which texts are tokenized, counted, on a tokenizer that knows letters. */
import { expect, it } from 'vitest';
import type { Dataset, Split } from '../../data/dataset';
import { textsOf } from '../../data/texts';
import { EncodedRows, type RowsOfRun } from './encoded-rows';

function counting() {
  const texts: string[] = [];
  const encode = (text: string, maxLength: number) => {
    texts.push(text);
    return Uint32Array.from(text.slice(0, maxLength), (letter) => letter.charCodeAt(0));
  };
  return { tokenizer: { encode, encodePair: encode as never }, texts };
}

const splitOf = (texts: readonly string[]): Split => ({
  texts: textsOf(texts),
  labels: new Uint32Array(texts.length),
});

function datasetOf(train: readonly string[], validation: readonly string[]): Dataset {
  const splits = { train: splitOf(train), validation: splitOf(validation) };
  return { id: 'd', name: 'd', task: 'classification', fingerprint: 'f', labelNames: ['0', '1'], splits };
}

const dataset = datasetOf(['aa', 'bb', 'cc', 'dd'], ['yy', 'zz']);
const silent = () => {};

function rowsOf(chosen: readonly number[]) {
  const { tokenizer, texts } = counting();
  return { rows: { dataset, tokenizer, maxLength: 8, chosen, evaluated: null } satisfies RowsOfRun, texts };
}

it('tokenizes nothing for a second run on the rows of the first, and only what more it reads', async () => {
  const encoded = new EncodedRows();
  const { rows, texts } = rowsOf([2, 0]);
  const first = await encoded.encode(rows, silent);
  expect(texts).toEqual(['aa', 'cc', 'yy', 'zz']);
  expect(await encoded.encode(rows, silent)).toEqual(first);
  expect(texts).toHaveLength(4);
  const more = await encoded.encode({ ...rows, chosen: [1, 2] }, silent);
  expect(texts.slice(4)).toEqual(['bb']);
  // As if nothing had been kept: rows that the run does not read are empty.
  expect(more).toEqual(await new EncodedRows().encode({ ...rows, chosen: [1, 2] }, silent));
  expect(more.train.ids.map((ids) => ids.length)).toEqual([0, 2, 2, 0]);
});

it('tokenizes only those validation rows that are evaluated', async () => {
  const { rows, texts } = rowsOf([0]);
  const { validation } = await new EncodedRows().encode({ ...rows, evaluated: [1] }, silent);
  expect(texts).toEqual(['aa', 'zz']);
  expect(validation.ids.map((ids) => ids.length)).toEqual([0, 2]);
});

it.each([
  ['length', { maxLength: 1 }],
  ['tokenizer', { tokenizer: counting().tokenizer }],
  ['data set', { dataset: datasetOf(['aa', 'bb', 'cc', 'de'], ['yy', 'zz']) }],
])('takes no ids of another %s', async (_, other) => {
  const { rows } = rowsOf([0, 1, 2, 3]);
  const encoded = new EncodedRows();
  await encoded.encode(rows, silent);
  const changed = { ...rows, ...other };
  expect(await encoded.encode(changed, silent)).toEqual(await new EncodedRows().encode(changed, silent));
});

it('tells of every row, and keeps nothing of a large data set', async () => {
  const large = datasetOf(new Array<string>(50_000).fill('a'), ['y']);
  const { rows, texts } = rowsOf([0, 1]);
  const encoded = new EncodedRows();
  const told: (readonly [number, number])[] = [];
  await encoded.encode({ ...rows, dataset: large }, (...done) => told.push(done));
  expect(told.at(-1)).toEqual([3, 3]);
  await encoded.encode({ ...rows, dataset: large }, silent);
  expect(texts).toHaveLength(6);
  expect([EncodedRows.keeps(large), EncodedRows.keeps(dataset)]).toEqual([false, true]);
});

it('ends where it is asked to', async () => {
  const { rows, texts } = rowsOf([0]);
  await expect(new EncodedRows().encode(rows, silent, AbortSignal.abort('enough'))).rejects.toBe('enough');
  expect(texts).toEqual([]);
});
