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
const partBytes = 2 ** 20;

/**
 * The file's text in parts, read anew at each call. Throws `file-not-text`, `file-unreadable`, `NotText`, or the signal's reason.
 * Slices, not `file.stream()`: that gives parts of any size, the whole file at once in Node.
 */
export async function* decodeFile(
  file: Blob,
  fileName: string,
  signal?: AbortSignal,
): AsyncGenerator<TextPart, void, undefined> {
  const bytesOf = async (start: number) => {
    signal?.throwIfAborted();
    const part = await file
      .slice(start, start + partBytes)
      .arrayBuffer()
      .catch((cause: unknown) => {
        throw unreadable(fileName, cause);
      });
    signal?.throwIfAborted();
    return new Uint8Array(part);
  };
  let tail: Uint8Array = new Uint8Array();
  let decoder: TextDecoder | null = null;
  for (let start = 0; start < file.size; start += partBytes) {
    const part = await bytesOf(start);
    decoder ??= new TextDecoder(encodingOf(part, fileName), { fatal: true });
    const bytesRead = Math.min(file.size, start + partBytes);
    const text = strictly(decoder, part, bytesRead < file.size);
    if (text === null) {
      const readable = readableStart(decoder.encoding, tail, part);
      if (readable !== '') yield { text: readable, bytesRead: start };
      throw new NotText(decoder.encoding.toUpperCase());
    }
    yield { text, bytesRead };
    tail = lastCharacters(decoder.encoding, part);
  }
}

function strictly(decoder: TextDecoder, part: Uint8Array<ArrayBuffer>, stream: boolean): string | null {
  try {
    return decoder.decode(part, { stream });
  } catch {
    return null;
  }
}

function encodingOf(start: Uint8Array, fileName: string): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first, second, third] = start;
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

/** The last few bytes of a part, from the start of a character on: one that the edge cuts is among them. */
function lastCharacters(encoding: string, part: Uint8Array): Uint8Array {
  // Parts have an even number of bytes but for the last, so that UTF-16's units begin at even places.
  const last = part.slice(-8);
  if (encoding === 'utf-8') {
    const start = last.findIndex((byte) => byte >> 6 !== 0b10);
    return last.slice(start < 0 ? last.length : start);
  }
  const high = last[encoding === 'utf-16le' ? 1 : 0];
  const isLowSurrogate = high !== undefined && high >> 2 === 0b110111;
  return last.slice(isLowSurrogate ? 2 : 0);
}

/** The text at the start of a part whose rest is none; `tail` is what `lastCharacters` gave of the part before. */
function readableStart(encoding: string, tail: Uint8Array, part: Uint8Array): string {
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
