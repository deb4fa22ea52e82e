/**
 * RoBERTa's byte-level BPE through `@huggingface/tokenizers`, and the truncation that package leaves to its user. Token
 * ids equal those of Python's tokenizers for every recorded string.
 */
import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';

const specialIds = { bos: 0, pad: 1, eos: 2, unk: 3 } as const;

export interface Tokenizer {
  /** `<s> text </s>`, cut to `maxLength` ids with `</s>` kept. */
  encode(text: string, maxLength: number): Uint32Array;
  /** `<s> a </s></s> b </s>`, cut to `maxLength` by taking from the longer of the two (`longest_first`). */
  encodePair(a: string, b: string, maxLength: number): Uint32Array;
}

/** From the parsed `tokenizer.json` and `tokenizer_config.json`. */
export function loadTokenizer(tokenizerJson: object, tokenizerConfig: object): Tokenizer {
  const hub = new HubTokenizer(tokenizerJson, tokenizerConfig);
  const idsOf = (text: string) => hub.encode(text, { add_special_tokens: false }).ids;
  const { bos, eos } = specialIds;
  const encode = (text: string, maxLength: number) =>
    Uint32Array.from([bos, ...idsOf(text).slice(0, Math.max(0, maxLength - 2)), eos]);
  return {
    encode,
    encodePair(a, b, maxLength) {
      // The reference takes an empty second text as none at all.
      if (b === '') return encode(a, maxLength);
      const [first, second] = [idsOf(a), idsOf(b)];
      while (first.length + second.length + 4 > maxLength && first.length + second.length > 0) {
        (first.length > second.length ? first : second).pop();
      }
      return Uint32Array.from([bos, ...first, eos, eos, ...second, eos]);
    },
  };
}
