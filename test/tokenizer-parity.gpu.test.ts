/** The worker's tokenizer against the one of transformers.js, on the embedded models. In the browser, since that is its build. */
import { PreTrainedTokenizer } from '@xenova/transformers';
import { describe, expect, it } from 'vitest';
import { parseTable } from '../src/data/csv/table';
import { loadTokenizer } from '../src/data/tokenizer';

const json = async (path: string) => (await fetch(path)).json();
const odd = [
  '',
  ' ',
  '  two  spaces ',
  'naïve café',
  '👎👍🏽',
  "don’t can't I'll",
  'tab\tnew\nline',
  '<s> inside </s>',
  '日本語 テキスト',
  'ＡＢＣ',
];
const { rows } = parseTable(await (await fetch('/datasets/rotten_tomatoes/test.csv')).text(), 'test.csv');
const sentences = [...odd, ...rows.slice(0, 200).map(([text]) => text!)];

describe.each(['roberta-tiny', 'roberta-mini'])('%s', (id) => {
  it(`gives the same ids for ${sentences.length} texts, whole and cut`, async () => {
    const [tokenizerJson, config] = await Promise.all([
      json(`/models/${id}/tokenizer.json`),
      json(`/models/${id}/tokenizer_config.json`),
    ]);
    const theirs = new PreTrainedTokenizer(tokenizerJson, config);
    const ours = loadTokenizer(tokenizerJson, config);
    for (const text of sentences) {
      const whole = theirs.encode(text);
      expect([...ours.encode(text, Number.MAX_SAFE_INTEGER)], text).toEqual(whole);
      const cut = theirs(text, { truncation: true, max_length: 12, return_tensor: false }) as {
        input_ids: number[];
      };
      expect([...ours.encode(text, 12)].slice(0, 11), text).toEqual(cut.input_ids.slice(0, 11));
    }
  });
});
