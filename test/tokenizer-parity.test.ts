/** The worker's tokenizer against the one of transformers.js, on the embedded models, in Node: needs no browser. */
import { readFileSync } from 'node:fs';
import type * as Transformers from '@xenova/transformers';
import { describe, expect, it } from 'vitest';
import { parseTable } from '../src/data/csv';
import { loadTokenizer } from '../src/data/tokenizer';

// By path: the package's entry for Node loads sharp and onnxruntime-node, which are not installed here.
const webBuild = new URL('../node_modules/@xenova/transformers/dist/transformers.web.js', import.meta.url);
const { PreTrainedTokenizer }: typeof Transformers = await import(/* @vite-ignore */ webBuild.href);

const read = (path: string) => readFileSync(new URL(`../public/${path}`, import.meta.url), 'utf8');
const column = (path: string) => {
  const { columns, rows } = parseTable(read(path), path);
  return rows.map((row) => row[columns.indexOf('text')]!);
};

// U+0085 and U+FEFF are left out: transformers.js reads them differently from Python, and the worker follows Python.
const odd = [
  '',
  ' ',
  '   three  spaces   ',
  '\t\r\n mixed\n\nlines ',
  'naïve café, cafe\u0301',
  '👎👍🏽👨‍👩‍👧🇩🇪',
  "don’t can't I'LL we'll '90s",
  '<s> inside </s> and <pad><unk>',
  'a   <mask> b<mask>',
  '<mas <mask',
  '日本語 テキスト 한국어',
  'ＡＢＣ ½ ² Ⅷ ١٢٣',
  '\u00a0no-break\u3000wide\u200bzero',
  'http://x.y/z?a=b#c @user #tag $1,234.50',
  '\u0000\u0007\u001c',
  'x'.repeat(300),
];
const sentences = [
  ...odd,
  ...column('datasets/rotten_tomatoes/test.csv').slice(0, 200),
  ...column('datasets/trec/test.csv').slice(0, 100),
];

describe.each(['roberta-tiny', 'roberta-mini'])('%s', (id) => {
  const tokenizerJson = JSON.parse(read(`models/${id}/tokenizer.json`));
  const config = JSON.parse(read(`models/${id}/tokenizer_config.json`));
  const theirs = new PreTrainedTokenizer(tokenizerJson, config);
  const ours = loadTokenizer(tokenizerJson, config);

  it(`gives the same ids for ${sentences.length} texts`, () => {
    for (const text of sentences)
      expect([...ours.encode(text, Number.MAX_SAFE_INTEGER)], JSON.stringify(text)).toEqual(
        theirs.encode(text),
      );
  });

  it('gives the same ids for pairs', () => {
    for (const [i, text] of sentences.entries()) {
      const other = sentences[(7 * i + 3) % sentences.length]!;
      if (other === '') continue;
      expect(
        [...ours.encodePair(text, other, Number.MAX_SAFE_INTEGER)],
        JSON.stringify([text, other]),
      ).toEqual(theirs.encode(text, { text_pair: other }));
    }
  });
});
