/**
 * RoBERTa's byte-level BPE through `@huggingface/tokenizers`, and the truncation that package leaves to its user. Token
 * ids equal those of Python's fast tokenizer, white space of every alphabet included.
 */
import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import * as v from 'valibot';

const specialIds = { bos: 0, pad: 1, eos: 2, unk: 3 } as const;

export interface Tokenizer {
  /** `<s> text </s>`, cut to `maxLength` ids (2 or more) with `</s>` kept. */
  encode(text: string, maxLength: number): Uint32Array;
  /** `<s> a </s></s> b </s>`, cut to `maxLength` ids (4 or more) by `longest_first`. */
  encodePair(a: string, b: string, maxLength: number): Uint32Array;
}

/** From the parsed `tokenizer.json` and `tokenizer_config.json`. */
export function loadTokenizer(tokenizerJson: object, tokenizerConfig: object): Tokenizer {
  const idsOf = idsWithoutSpecials(tokenizerJson, tokenizerConfig);
  const { bos, eos } = specialIds;
  const encode = (text: string, maxLength: number) =>
    Uint32Array.from([bos, ...idsOf(text).slice(0, Math.max(0, maxLength - 2)), eos]);
  return {
    encode,
    encodePair(a, b, maxLength) {
      // The reference takes an empty second text as none at all.
      if (b === '') return encode(a, maxLength);
      const [first, second] = [idsOf(a), idsOf(b)];
      const [n, m] = longestFirst(first.length, second.length, Math.max(0, maxLength - 4));
      return Uint32Array.from([bos, ...first.slice(0, n), eos, eos, ...second.slice(0, m), eos]);
    },
  };
}

/**
 * How many ids each text of a pair keeps (tokenizers 0.22, `truncate_encodings`): only the longer one is cut while that is
 * enough; otherwise both get half, and the odd one goes to the longer, or to the second of two equals.
 */
function longestFirst(first: number, second: number, budget: number): readonly [number, number] {
  if (first + second <= budget) return [first, second];
  const shorter = Math.min(first, second);
  const [few, many] =
    2 * shorter <= budget ? [shorter, budget - shorter] : [budget >> 1, budget - (budget >> 1)];
  return first > second ? [many, few] : [few, many];
}

const tokenizerSchema = v.looseObject({
  pre_tokenizer: v.nullish(v.looseObject({ type: v.string() })),
  added_tokens: v.optional(
    v.array(v.looseObject({ id: v.number(), content: v.string(), lstrip: v.optional(v.boolean()) })),
  ),
});

// JavaScript's \s and trimEnd take U+FEFF for white space and U+0085 for none; Rust, like Unicode, has it the other way
// round. Both come in scraped text. The two functions below keep the package (0.2.0) away from either.
const whiteSpace = '\\p{White_Space}';
const trailingWhiteSpace = new RegExp(`(?<!${whiteSpace})${whiteSpace}+$`, 'u');

/** GPT-2's pattern, as tokenizers' `ByteLevel` has it, with Unicode's white space for `\s`. */
const words = `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${whiteSpace}\\p{L}\\p{N}]+|${whiteSpace}+(?!\\P{White_Space})|${whiteSpace}+`;

function idsWithoutSpecials(tokenizerJson: object, tokenizerConfig: object): (text: string) => number[] {
  const parsed = v.parse(tokenizerSchema, tokenizerJson);
  const byteLevel = parsed.pre_tokenizer;
  const splitByUs = byteLevel?.type === 'ByteLevel' && byteLevel.use_regex !== false;
  const hub = new HubTokenizer(
    splitByUs ? { ...parsed, pre_tokenizer: splitThenBytes(byteLevel) } : parsed,
    tokenizerConfig,
  );
  const encode = (text: string) => hub.encode(text, { add_special_tokens: false }).ids;
  // `<mask>` swallows the blanks before it. Cut out here, it never meets the package's trimEnd.
  const swallowing = new Map(
    (parsed.added_tokens ?? []).filter(({ lstrip }) => lstrip).map(({ content, id }) => [content, id]),
  );
  if (swallowing.size === 0) return encode;
  const pattern = new RegExp(`(${[...swallowing.keys()].map(escapeRegExp).join('|')})`, 'u');
  return (text) => {
    const parts = text.split(pattern);
    return parts.flatMap((part, i) => {
      if (i % 2 === 1) return swallowing.get(part)!;
      return encode(i + 1 < parts.length ? part.replace(trailingWhiteSpace, '') : part);
    });
  };
}

const splitThenBytes = (byteLevel: object) => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: words }, behavior: 'Isolated', invert: false },
    { ...byteLevel, use_regex: false },
  ],
});

const escapeRegExp = (literal: string) => literal.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
