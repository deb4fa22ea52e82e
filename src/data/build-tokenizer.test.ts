import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import { buildBpeTokenizer, buildWordPieceTokenizer } from './build-tokenizer';

const read = (name: string) => readFileSync(`public/models/roberta-tiny/${name}`, 'utf8');

describe('a tokenizer from its parts', () => {
  it('is tokenizer.json as transformers wrote it beside them', () => {
    const built = buildBpeTokenizer(JSON.parse(read('vocab.json')), read('merges.txt'));
    expect(built).toEqual(JSON.parse(read('tokenizer.json')));
  });

  // ids of `BertTokenizerFast(vocab_file, do_lower_case=…)`, transformers 4.57.6
  const vocab =
    "[PAD] [UNK] [CLS] [SEP] [MASK] a good film ##s un ##believ ##able ! , cafe 中 the ' ##t don isn 1 ##2";
  const texts = [
    'A good film!',
    'Unbelievable films, café',
    '中good',
    "don't [MASK] 12",
    'xyzzy',
    '  the\tGOOD\u0301 ',
  ];
  it.each([
    [
      true,
      [
        [2, 5, 6, 7, 12, 3],
        [2, 9, 10, 11, 7, 8, 13, 14, 3],
        [2, 15, 6, 3],
        [2, 19, 17, 1, 4, 21, 22, 3],
        [2, 1, 3],
        [2, 16, 6, 3],
      ],
    ],
    [
      false,
      [
        [2, 1, 6, 7, 12, 3],
        [2, 1, 7, 8, 13, 1, 3],
        [2, 15, 6, 3],
        [2, 19, 17, 1, 4, 21, 22, 3],
        [2, 1, 3],
        [2, 16, 1, 3],
      ],
    ],
  ])('cuts words into pieces as BERT does, lower case %s', (do_lower_case, expected) => {
    const config = { do_lower_case };
    const built = buildWordPieceTokenizer(`${vocab.split(' ').join('\n')}\n`, config);
    const tokenizer = new Tokenizer(built, config);
    expect(texts.map((text) => tokenizer.encode(text).ids)).toEqual(expected);
  });

  it('misses special tokens by name', () => {
    expect(() => buildBpeTokenizer({ '<s>': 0, '<pad>': 1, '</s>': 2 }, '')).toThrow(/<unk>/);
    expect(() => buildWordPieceTokenizer('a\nb\n', {})).toThrow(/\[PAD\]|\[CLS\]/);
  });
});
