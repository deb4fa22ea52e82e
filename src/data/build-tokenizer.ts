/**
 * `tokenizer.json` for models that were saved before there was one: from `vocab.json` and `merges.txt` (RoBERTa's byte-level
 * BPE) or `vocab.txt` (BERT's WordPiece), as transformers' `RobertaConverter` and `BertConverter` make it
 * (convert_slow_tokenizer.py).
 */
import { StudioError } from '../errors';

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word: false;
  readonly lstrip: boolean;
  readonly rstrip: false;
  readonly normalized: boolean;
  readonly special: true;
}

/** Throws `model-tokenizer` where the vocabulary has no such token. */
function special(
  vocab: Readonly<Record<string, number>>,
  content: string,
  { lstrip = false, normalized = false } = {},
): AddedToken {
  const id = vocab[content];
  if (typeof id === 'number')
    return { id, content, single_word: false, lstrip, rstrip: false, normalized, special: true };
  throw new StudioError(
    'model-tokenizer',
    `The model's vocabulary has no token ${content}.`,
    'Save the tokenizer in Python with `AutoTokenizer.from_pretrained(…).save_pretrained(folder)`, which writes tokenizer.json.',
  );
}

const head = { version: '1.0', truncation: null, padding: null } as const;

/** `merges.txt`: one pair a line, the first line a comment. */
export function buildBpeTokenizer(vocab: Readonly<Record<string, number>>, mergesText: string): object {
  const merges = mergesText
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#version'))
    .map((line) => line.split(' '));
  const marks = ['<s>', '<pad>', '</s>', '<unk>'].map((name) => special(vocab, name, { normalized: true }));
  const [cls, , sep] = marks as [AddedToken, AddedToken, AddedToken];
  return {
    ...head,
    added_tokens: [...marks, special(vocab, '<mask>', { lstrip: true })].sort((a, b) => a.id - b.id),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [sep.content, sep.id],
      cls: [cls.content, cls.id],
      trim_offsets: true,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  };
}

/** `vocab.txt`: one token a line, its id the line's number. `config` is `tokenizer_config.json`. */
export function buildWordPieceTokenizer(vocabText: string, config: object): object {
  const lines = vocabText.replace(/\r/g, '').replace(/\n+$/, '').split('\n');
  const vocab = Object.fromEntries(lines.map((token, id) => [token, id]));
  const options = config as {
    readonly do_lower_case?: boolean;
    readonly strip_accents?: boolean | null;
    readonly tokenize_chinese_chars?: boolean;
  };
  const names = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const [cls, sep] = [special(vocab, '[CLS]'), special(vocab, '[SEP]')];
  const one = (id: 'A' | 'B') => ({ Sequence: { id, type_id: id === 'A' ? 0 : 1 } });
  const token = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  return {
    ...head,
    added_tokens: names.map((name) => special(vocab, name)).sort((a, b) => a.id - b.id),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: options.tokenize_chinese_chars ?? true,
      strip_accents: options.strip_accents ?? null,
      lowercase: options.do_lower_case ?? true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [token('[CLS]', 0), one('A'), token('[SEP]', 0)],
      pair: [token('[CLS]', 0), one('A'), token('[SEP]', 0), one('B'), token('[SEP]', 1)],
      special_tokens: Object.fromEntries(
        [cls, sep].map(({ content, id }) => [content, { id: content, ids: [id], tokens: [content] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}
