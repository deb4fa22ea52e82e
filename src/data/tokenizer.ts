/**
 * A model's tokenizer (byte-level BPE, WordPiece, Unigram) through `@huggingface/tokenizers`, the truncation that package leaves
 * to its user, and the one normalization that it only approximates. Token ids equal those of Python's tokenizers for every
 * recorded string.
 */
import {
  Tokenizer as HubTokenizer,
  type Normalizer,
  PrecompiledNormalizer,
  SequenceNormalizer,
} from '@huggingface/tokenizers';
import { charsmapNormalizer } from './charsmap';
import { specialTokensOf } from './special-tokens';

export interface Tokenizer {
  /** The text between the model's special tokens, e.g. `<s> text </s>`, cut to `maxLength` ids with the special tokens kept. */
  encode(text: string, maxLength: number): Uint32Array;
  /** Two texts, e.g. `<s> a </s></s> b </s>`, cut to `maxLength` by taking from the longer of the two (`longest_first`). */
  encodePair(a: string, b: string, maxLength: number): Uint32Array;
}

/** From the parsed `tokenizer.json` and `tokenizer_config.json`. Throws `bad-tokenizer` for a file without special tokens. */
export function loadTokenizer(tokenizerJson: object, tokenizerConfig: object): Tokenizer {
  const { single, pair } = specialTokensOf(tokenizerJson);
  const hub = new HubTokenizer(tokenizerJson, tokenizerConfig);
  replaceCharsmap(hub.normalizer);
  const idsOf = (text: string) => hub.encode(text, { add_special_tokens: false }).ids;
  const encode = (text: string, maxLength: number) => {
    const room = maxLength - single.before.length - single.after.length;
    return Uint32Array.from([...single.before, ...idsOf(text).slice(0, Math.max(0, room)), ...single.after]);
  };
  const { before, between, after } = pair;
  return {
    encode,
    encodePair(a, b, maxLength) {
      // The reference takes an empty second text as none at all.
      if (b === '') return encode(a, maxLength);
      const [first, second] = [idsOf(a), idsOf(b)];
      const room = maxLength - before.length - between.length - after.length;
      while (first.length + second.length > Math.max(0, room))
        (first.length > second.length ? first : second).pop();
      return Uint32Array.from([...before, ...first, ...between, ...second, ...after]);
    },
  };
}

/** Puts sentencepiece's own rules in the place of the package's NFKC; delete when it has them itself. */
function replaceCharsmap(normalizer: Normalizer | null): void {
  if (normalizer instanceof PrecompiledNormalizer && typeof normalizer.charsmap === 'string')
    normalizer.normalize = charsmapNormalizer(normalizer.charsmap);
  if (normalizer instanceof SequenceNormalizer) normalizer.normalizers.forEach(replaceCharsmap);
}
