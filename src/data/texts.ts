/**
 * The texts of a split: a few in an array, many as packed UTF-8 of which a piece is in memory. Knows bytes; knows nothing of
 * files.
 */
import { StudioError } from '../errors';

export interface Texts {
  readonly length: number;
  /** Rows in their order are fast: the next ones are in memory already. Throws `dataset-damaged`. */
  at(row: number): string;
  /** Where the text is UTF-8 already, its bytes, which stand until the next row is read. */
  bytesAt?(row: number): Uint8Array;
}

export function textsOf(texts: readonly string[]): Texts {
  return { length: texts.length, at: (row) => texts[row]! };
}

/** Bytes that can be read at once, wherever they are. */
interface ByteSource {
  /** Throws `dataset-damaged` where they are not there any more. */
  read(begin: number, end: number): Uint8Array;
}

/** Where packed texts are, and of which data set, for errors. */
export interface PackedBytes {
  readonly name: string;
  readonly source: ByteSource;
  /** Where the text of each row ends, bytes [rows]. Below 2³²: a file of 10⁹ bytes has fewer, also in another encoding. */
  readonly ends: Uint32Array;
}

const pieceBytes = 2 ** 20;
/** Characters up to which encoding by hand is faster than a call of the encoder. */
const shortText = 512;

/** The texts of `rows`, in that order. */
export class PackedTexts implements Texts {
  readonly #packed: PackedBytes;
  readonly #rows: Uint32Array;
  // A text may begin with U+FEFF: it is a character of it, and no mark of the encoding.
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #piece: { readonly begin: number; readonly bytes: Uint8Array } = { begin: 0, bytes: new Uint8Array(0) };

  constructor(packed: PackedBytes, rows: Uint32Array) {
    this.#packed = packed;
    this.#rows = rows;
  }

  get length(): number {
    return this.#rows.length;
  }

  at(row: number): string {
    const bytes = this.bytesAt(row);
    try {
      return this.#decoder.decode(bytes);
    } catch (cause) {
      throw damaged(this.#packed.name, 'a text is no UTF-8', cause);
    }
  }

  bytesAt(row: number): Uint8Array {
    const { ends, source } = this.#packed;
    const packedRow = this.#rows[row]!;
    const [begin, end] = [packedRow === 0 ? 0 : ends[packedRow - 1]!, ends[packedRow]!];
    if (begin < this.#piece.begin || end > this.#piece.begin + this.#piece.bytes.length) {
      const last = Math.max(end, Math.min(begin + pieceBytes, ends.at(-1)!));
      this.#piece = { begin, bytes: source.read(begin, last) };
    }
    const { begin: first, bytes } = this.#piece;
    return bytes.subarray(begin - first, end - first);
  }
}

export const damaged = (name: string, what: string, cause?: unknown): StudioError =>
  new StudioError(
    'dataset-damaged',
    `The rows of the data set ${name} cannot be read any more: ${what}.`,
    'The browser or another program has removed or changed them. Drop its file again: runs on it can go on then.',
    { cause },
  );

/** Written at once: few enough calls that what each costs does not count. */
const writtenBytes = 2 ** 22;

/** Packs texts as they come and hands the bytes on in large pieces. */
export class TextPacker {
  readonly ends: Uint32Array;
  readonly #append: (bytes: Uint8Array) => void;
  readonly #encoder = new TextEncoder();
  readonly #buffer = new Uint8Array(writtenBytes);
  #used = 0;
  #rows = 0;
  #sizeBytes = 0;

  constructor(rows: number, append: (bytes: Uint8Array) => void) {
    this.ends = new Uint32Array(rows);
    this.#append = append;
  }

  /** Its bytes, which stand until the next one is added. */
  add(text: string): Uint8Array {
    const bytes = this.#encode(text);
    this.#sizeBytes += bytes.length;
    this.ends[this.#rows++] = this.#sizeBytes;
    return bytes;
  }

  flush(): void {
    if (this.#used > 0) this.#append(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  #encode(text: string): Uint8Array {
    // A UTF-16 unit needs three bytes at most.
    if (3 * text.length > writtenBytes - this.#used) this.flush();
    if (text.length <= shortText) {
      const begin = this.#used;
      this.#used = encodeShort(text, this.#buffer, begin);
      return this.#buffer.subarray(begin, this.#used);
    }
    if (3 * text.length > writtenBytes) {
      const bytes = this.#encoder.encode(text);
      this.#append(bytes);
      return bytes;
    }
    const { written } = this.#encoder.encodeInto(text, this.#buffer.subarray(this.#used));
    const bytes = this.#buffer.subarray(this.#used, this.#used + written);
    this.#used += written;
    return bytes;
  }
}

/** Writes a text into `buffer` from `begin` on, as `TextEncoder` does, and gives where it ends. There must be room. */
function encodeShort(text: string, buffer: Uint8Array, begin: number): number {
  let end = begin;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      buffer[end++] = unit;
      continue;
    }
    let point = isSurrogate(unit) ? text.codePointAt(i)! : unit;
    // Half of a pair alone is no character.
    if (isSurrogate(point)) point = replacementCharacter;
    if (point < 0x800) buffer[end++] = 0xc0 | (point >> 6);
    else if (point < 0x10000) {
      buffer[end++] = 0xe0 | (point >> 12);
      buffer[end++] = 0x80 | ((point >> 6) & 0x3f);
    } else {
      buffer[end++] = 0xf0 | (point >> 18);
      buffer[end++] = 0x80 | ((point >> 12) & 0x3f);
      buffer[end++] = 0x80 | ((point >> 6) & 0x3f);
      i += 1;
    }
    buffer[end++] = 0x80 | (point & 0x3f);
  }
  return end;
}

const replacementCharacter = 0xfffd;
const isSurrogate = (point: number) => point >= 0xd800 && point < 0xe000;
