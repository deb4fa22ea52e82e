/**
 * The normalization rules that a sentencepiece model brings along, as `tokenizers` applies them (its crate `spm_precompiled`):
 * a double-array trie over UTF-8 (Yata 2010, darts-clone) into a pool of strings that end with a zero byte. The library that
 * reads tokenizers here has NFKC in their place, which is another function: it takes emoji with zero-width joiners apart.
 */
import { StudioError } from '../errors';

/** Graphemes from this many bytes on are looked up character by character. */
const longGrapheme = 6;

const printableAscii = /^[ -~]*$/;

/** The normalization of a `precompiled_charsmap`, given in base64. Throws `bad-tokenizer` where that is none. */
export function charsmapNormalizer(base64: string): (text: string) => string {
  const find = trieOf(base64);
  const encoder = new TextEncoder();
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  const known = new Map<string, string>();
  const normalize = (grapheme: string): string => {
    const bytes = encoder.encode(grapheme);
    const whole = bytes.length < longGrapheme ? find(bytes) : undefined;
    return whole ?? Array.from(grapheme, (char) => find(encoder.encode(char)) ?? char).join('');
  };
  return (text) => {
    // Segmenting is slow, and each of these characters is a grapheme.
    const graphemes = printableAscii.test(text)
      ? Array.from(text)
      : Array.from(segmenter.segment(text), ({ segment }) => segment);
    return graphemes
      .map((grapheme) => {
        const before = known.get(grapheme);
        if (before !== undefined) return before;
        const normalized = normalize(grapheme);
        known.set(grapheme, normalized);
        return normalized;
      })
      .join('');
  };
}

/** What replaces the shortest prefix of some bytes that has a rule. */
function trieOf(base64: string): (key: Uint8Array) => string | undefined {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const trieBytes = bytes.length >= 4 ? view.getUint32(0, true) : 0;
  if (trieBytes === 0 || trieBytes % 4 !== 0 || 4 + trieBytes > bytes.length)
    throw new StudioError(
      'bad-tokenizer',
      `tokenizer.json: the precompiled_charsmap of ${bytes.length} bytes does not hold its trie of ${trieBytes}.`,
      'The file is damaged: take the model’s tokenizer.json again.',
    );
  const units = Uint32Array.from({ length: trieBytes / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
  const pool = bytes.subarray(4 + trieBytes);
  const decoder = new TextDecoder();
  const offset = (unit: number) => (unit >>> 10) << ((unit & 0x200) >>> 6);
  return (key) => {
    let position = offset(units[0]!);
    for (const byte of key) {
      position ^= byte;
      const unit = units[position];
      if (unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return undefined;
      position ^= offset(unit);
      const hasValue = ((unit >>> 8) & 1) === 1;
      if (!hasValue) continue;
      const start = units[position]! & 0x7fffffff;
      return decoder.decode(pool.subarray(start, pool.indexOf(0, start)));
    }
    return undefined;
  };
}
