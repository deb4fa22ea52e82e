/** Bytes to text, strictly and in a stream: UTF-8, or UTF-16 where a byte order mark says so. Knows nothing of CSV. */
import { StudioError } from '../../errors';

export interface TextPart {
  readonly text: string;
  /** Of the file, up to the part's end. */
  readonly bytesRead: number;
}

/** The bytes from here on are no text of the encoding; what is before them was given. Whoever counts lines says which it is. */
export class NotText extends Error {
  override readonly name = 'NotText';

  constructor(readonly encoding: string) {
    super(`not ${encoding}`);
  }
}

/** Read at once: little enough that a cancel is heard soon, enough that the calls do not count. */
const defaultPartBytes = 2 ** 20;

export interface Decoding {
  readonly signal?: AbortSignal;
  /** 1 MiB where nothing is said. */
  readonly partBytes?: number;
}

/**
 * The file's text in parts, read anew at each call. Throws `file-not-text`, `file-unreadable`, `NotText`, or the signal's reason.
 * Slices, not `file.stream()`: that gives parts of any size, the whole file at once in Node.
 */
export async function* decodeFile(
  file: Blob,
  fileName: string,
  { signal, partBytes = defaultPartBytes }: Decoding = {},
): AsyncGenerator<TextPart, void, undefined> {
  const bytesOf = async (start: number, end: number) => {
    signal?.throwIfAborted();
    const part = await file
      .slice(start, end)
      .arrayBuffer()
      .catch((cause: unknown) => {
        throw unreadable(fileName, cause);
      });
    signal?.throwIfAborted();
    return new Uint8Array(part);
  };
  const encoding = encodingOf(await bytesOf(0, 3), fileName);
  const decoder = new TextDecoder(encoding, { fatal: true });
  /** The last bytes before the part. */
  let recent: Uint8Array = new Uint8Array();
  const partFrom = (start: number) => {
    const part = bytesOf(start, Math.min(file.size, start + partBytes));
    // Whoever stops early never asks for the part that comes next.
    part.catch(() => {});
    return part;
  };
  let next = partFrom(0);
  for (let start = 0; start < file.size; start += partBytes) {
    const bytesRead = Math.min(file.size, start + partBytes);
    const part = await next;
    signal?.throwIfAborted();
    // Read while this one is used.
    if (bytesRead < file.size) next = partFrom(bytesRead);
    const text = strictly(decoder, part, bytesRead < file.size);
    if (text === null) {
      const readable = readableStart(encoding, wholeCharacters(encoding, recent, start), part);
      if (readable !== '') yield { text: readable, bytesRead: start };
      throw new NotText(encoding.toUpperCase());
    }
    yield { text, bytesRead };
    recent = Uint8Array.of(...recent, ...part.slice(-8)).slice(-8);
  }
}

function strictly(decoder: TextDecoder, part: Uint8Array<ArrayBuffer>, stream: boolean): string | null {
  try {
    return decoder.decode(part, { stream });
  } catch {
    return null;
  }
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

function encodingOf([first, second, third]: Uint8Array, fileName: string): Encoding {
  // A header can begin with PK as well; only a zip goes on like this.
  if (first === 0x50 && second === 0x4b && [3, 5, 7].includes(third!))
    throw new StudioError(
      'file-not-text',
      `${fileName} is a zip or a spreadsheet file, not text.`,
      'Save the sheet as CSV (UTF-8) and drop that file.',
    );
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return 'utf-8';
}

const unreadable = (fileName: string, cause: unknown) =>
  new StudioError(
    'file-unreadable',
    `${fileName} could not be read: ${String(cause)}`,
    'Check that the file still exists and drop it again.',
    { cause },
  );

/** Of the bytes before the place `end` of a file, those from the first start of a character on. */
function wholeCharacters(encoding: Encoding, bytes: Uint8Array, end: number): Uint8Array {
  if (encoding === 'utf-8') {
    const start = bytes.findIndex((byte) => byte >> 6 !== 0b10);
    return bytes.slice(start < 0 ? bytes.length : start);
  }
  const units = bytes.slice((end - bytes.length) % 2);
  const high = units[encoding === 'utf-16le' ? 1 : 0];
  const isLowSurrogate = high !== undefined && high >> 2 === 0b110111;
  return units.slice(isLowSurrogate ? 2 : 0);
}

/** The text at the start of a part whose rest is none; `tail` is what is before it, from the start of a character on. */
function readableStart(encoding: Encoding, tail: Uint8Array, part: Uint8Array): string {
  const textOf = (bytes: number) => {
    const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: tail.length > 0 });
    decoder.decode(tail, { stream: true });
    return strictly(decoder, part.slice(0, bytes), true);
  };
  let [readable, broken] = [0, part.length + 1];
  while (broken - readable > 1) {
    const middle = (readable + broken) >> 1;
    if (textOf(middle) === null) broken = middle;
    else readable = middle;
  }
  return textOf(readable) ?? '';
}
