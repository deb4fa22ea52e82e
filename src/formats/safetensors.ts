/**
 * safetensors: 8 bytes of header length, a JSON header, then the data. Strict as the format's own crate since its
 * audit: no duplicate names, no holes, no overlaps, nothing after the last tensor. Specification:
 * https://github.com/huggingface/safetensors#format
 */
import { invariant, StudioError } from '../errors';
import type { Tensor } from './bundle';
import { bytesOf, bytesPerElement, elementCount, type FloatDtype, isFloatDtype, toFloat32 } from './dtypes';
import { findDuplicateKey } from './json-keys';
import { refuseStandIn } from './stand-in';

/**
 * 20,000 tensors; roberta-large has 400. The crate allows 100 MB, which would cost seconds and gigabytes to parse where
 * someone fills them.
 */
const maximumHeaderBytes = 2_000_000;

export interface TensorInfo {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** False for integers and booleans such as `position_ids`: they are listed, and cannot be read as floats. */
  readonly isFloat: boolean;
}

/** A tensor with the dtype it has in the file; `data` is float32 whatever that is. */
export interface StoredTensor extends Tensor {
  readonly dtype: string;
}

interface Located extends TensorInfo {
  readonly begin: number;
  readonly end: number;
}

/** A checked header: what the file holds, and where. Begins and ends count from `dataStart`. */
interface Header {
  readonly located: ReadonlyMap<string, Located>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly dataStart: number;
}

/** A checked file whose tensors are converted one at a time, on demand. Keeps the bytes it was opened on. */
export class SafetensorsFile {
  readonly entries: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly #header: Header;
  readonly #data: Uint8Array;

  /** Throws a `StudioError` with a code `safetensors-*` or `file-*` that names the file and what is wrong with it. */
  constructor(
    bytes: Uint8Array,
    readonly fileName: string,
  ) {
    this.#header = readHeader(bytes, bytes.byteLength, fileName);
    this.metadata = this.#header.metadata;
    this.entries = this.#header.located;
    this.#data = bytes.subarray(this.#header.dataStart);
  }

  /** The tensor as fresh float32. Throws `safetensors-missing` or, for integers and 8-bit floats, `safetensors-dtype`. */
  tensor(name: string): StoredTensor {
    const { dtype, shape, begin, end } = locatedFloats(this.#header, name, this.fileName);
    return { dtype, shape, data: toFloat32(this.#data.subarray(begin, end), dtype) };
  }
}

/**
 * The same for a file on the disk: its header is read at once, each tensor when it is asked for, so that the whole file is
 * never in memory.
 */
export class SafetensorsBlob {
  readonly entries: ReadonlyMap<string, TensorInfo>;
  readonly #header: Header;
  readonly #blob: Blob;

  private constructor(
    header: Header,
    blob: Blob,
    readonly fileName: string,
  ) {
    this.entries = header.located;
    this.#header = header;
    this.#blob = blob;
  }

  /** Throws as `SafetensorsFile`'s constructor. */
  static async open(blob: Blob, fileName: string): Promise<SafetensorsBlob> {
    const start = await bytesOfBlob(blob, 0, Math.min(blob.size, firstReadBytes));
    const headerEnd = 8 + headerLength(start, blob.size, fileName);
    const head = headerEnd <= start.byteLength ? start : await bytesOfBlob(blob, 0, headerEnd);
    return new SafetensorsBlob(readHeader(head, blob.size, fileName), blob, fileName);
  }

  /** As `SafetensorsFile.tensor`. */
  async tensor(name: string): Promise<StoredTensor> {
    const { dtype, shape, begin, end } = locatedFloats(this.#header, name, this.fileName);
    const { dataStart } = this.#header;
    const bytes = await bytesOfBlob(this.#blob, dataStart + begin, dataStart + end);
    return { dtype, shape, data: toFloat32(bytes, dtype) };
  }
}

/** Enough for the header of most models. */
const firstReadBytes = 64 * 1024;

async function bytesOfBlob(blob: Blob, begin: number, end: number): Promise<Uint8Array> {
  return new Uint8Array(await blob.slice(begin, end).arrayBuffer());
}

function locatedFloats(
  { located }: Header,
  name: string,
  fileName: string,
): Located & { readonly dtype: FloatDtype } {
  const found = located.get(name);
  if (!found)
    throw new StudioError(
      'safetensors-missing',
      `${fileName} has no tensor \`${name}\`.`,
      'The file is for another model or another method.',
    );
  const { dtype } = found;
  if (!isFloatDtype(dtype))
    throw new StudioError(
      'safetensors-dtype',
      `${fileName}: tensor \`${name}\` is ${dtype}; only F32, F16, BF16 and F64 can be read as weights.`,
      'Save it again in one of these types.',
    );
  return { ...found, dtype };
}

/** All tensors that are floats, by name, converted; integers are left out. Errors as `SafetensorsFile`'s. */
export function readSafetensors(bytes: Uint8Array, fileName: string): Map<string, StoredTensor> {
  const file = new SafetensorsFile(bytes, fileName);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { isFloat }] of file.entries) if (isFloat) tensors.set(name, file.tensor(name));
  return tensors;
}

/** The file of float32 tensors in the map's order; `metadata` is what PEFT and transformers expect to find. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> | null = { format: 'pt' },
): Uint8Array<ArrayBuffer> {
  const header = writeSafetensorsHeader(tensors, metadata);
  const dataBytes = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  const bytes = new Uint8Array(header.byteLength + dataBytes);
  bytes.set(header);
  let position = header.byteLength;
  for (const { data } of tensors.values()) {
    bytes.set(bytesOf(data), position);
    position += data.byteLength;
  }
  return bytes;
}

/** What stands before the data of such a file; the data follows in the map's order, for who writes it piece by piece. */
export function writeSafetensorsHeader(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> | null,
): Uint8Array<ArrayBuffer> {
  const parts: string[] = [];
  if (metadata) parts.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    invariant(name !== '__metadata__', 'safetensors: a tensor may not be named __metadata__');
    invariant(elementCount(shape) === data.length, `${name}: shape [${shape}] with ${data.length} values`);
    const begin = end;
    end += data.byteLength;
    const info = JSON.stringify({ dtype: 'F32', shape, data_offsets: [begin, end] });
    parts.push(`${JSON.stringify(name)}:${info}`);
  }
  const text = new TextEncoder().encode(`{${parts.join(',')}}`);
  const padded = Math.ceil(text.byteLength / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(text, 8);
  return header;
}

function fail(kind: string, fileName: string, what: string): never {
  throw new StudioError(
    `safetensors-${kind}`,
    `${fileName}: ${what}`,
    'The file is damaged or was not written as safetensors. Download or export it again.',
  );
}

/** Bytes of the JSON header that `start` announces; `start` holds the first bytes of a file of `fileBytes`. */
function headerLength(start: Uint8Array, fileBytes: number, fileName: string): number {
  refuseStandIn(start, fileName);
  if (fileBytes < 10) fail('truncated', fileName, `has ${fileBytes} bytes, too few for a header.`);
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (start[8] !== 0x7b)
    fail('header', fileName, 'the header does not begin with `{`; this is no safetensors file.');
  if (length > maximumHeaderBytes)
    fail('header', fileName, `declares a header of ${length} bytes; the limit is 2 MB.`);
  if (length > fileBytes - 8)
    fail(
      'truncated',
      fileName,
      `declares a header of ${length} bytes, but has ${fileBytes - 8} after its length.`,
    );
  return Number(length);
}

/** `start` holds at least the whole header of a file of `fileBytes`. */
function readHeader(start: Uint8Array, fileBytes: number, fileName: string): Header {
  const dataStart = 8 + headerLength(start, fileBytes, fileName);
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(start.subarray(8, dataStart));
    json = JSON.parse(text);
  } catch (cause) {
    fail(
      'json',
      fileName,
      `the header is not valid UTF-8 JSON (${cause instanceof Error ? cause.message : cause}).`,
    );
  }
  if (!isObject(json)) fail('header', fileName, 'the header is not a JSON object.');
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined)
    fail('duplicate-key', fileName, `the header has the key \`${duplicate}\` twice.`);
  const header = new Map(Object.entries(json));
  const metadata = readMetadata(header.get('__metadata__'), fileName);
  header.delete('__metadata__');
  const located = new Map<string, Located>();
  for (const [name, info] of header) located.set(name, locate(name, info, fileName));
  checkNumbers(text, fileName);
  checkCover(located, fileBytes - dataStart, fileName);
  return { located, metadata, dataStart };
}

function readMetadata(value: unknown, fileName: string): Map<string, string> {
  const metadata = new Map<string, string>();
  if (value === undefined) return metadata;
  if (!isObject(value)) fail('metadata', fileName, '`__metadata__` is not an object.');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') fail('metadata', fileName, `\`__metadata__.${key}\` is not a string.`);
    checkText(key, fileName);
    checkText(text, fileName);
    metadata.set(key, text);
  }
  return metadata;
}

/** JavaScript takes 1.0, 1e0 and -0 for whole numbers; the crate does not. `text` is valid JSON. */
function checkNumbers(text: string, fileName: string): void {
  if (/\d[.eE]|-/.test(text.replace(/"(?:[^"\\]|\\.)*"/g, '""')))
    fail('header', fileName, 'the header has a number that is not a plain count.');
}

/** JSON can write half of a surrogate pair, which is no text: it cannot be written as UTF-8 again. */
function checkText(text: string, fileName: string): void {
  if (/\p{Surrogate}/u.test(text)) fail('json', fileName, 'the header has a name that is not Unicode text.');
}

function locate(name: string, info: unknown, fileName: string): Located {
  if (!isObject(info)) fail('tensor', fileName, `tensor \`${name}\` is not described by an object.`);
  checkText(name, fileName);
  const { dtype, shape, data_offsets: offsets } = info;
  for (const key of Object.keys(info))
    if (key !== 'dtype' && key !== 'shape' && key !== 'data_offsets')
      fail('tensor', fileName, `tensor \`${name}\` has the unknown field \`${key}\`.`);
  const size = typeof dtype === 'string' ? bytesPerElement.get(dtype) : undefined;
  if (typeof dtype !== 'string' || size === undefined)
    fail('dtype', fileName, `tensor \`${name}\` has the unknown dtype \`${dtype}\`.`);
  if (!isCounts(shape)) fail('tensor', fileName, `tensor \`${name}\` has no list of sizes as its shape.`);
  if (!isCounts(offsets) || offsets.length !== 2)
    fail('offsets', fileName, `tensor \`${name}\` has no pair of data_offsets.`);
  // Sizes beside a 0 count too: the crate multiplies them in order and refuses an overflow.
  if (!Number.isSafeInteger(elementCount(shape.map((dimension) => Math.max(1, dimension)))))
    fail('tensor', fileName, `tensor \`${name}\` has the shape [${shape}], beyond what can be counted.`);
  const [begin, end] = offsets as [number, number];
  const expected = size * elementCount(shape);
  if (begin > end || end - begin !== expected)
    fail(
      'offsets',
      fileName,
      `tensor \`${name}\` ${dtype} [${shape}] needs ${expected} bytes, its data_offsets [${begin}, ${end}] hold ${end - begin}.`,
    );
  return { dtype, shape, isFloat: isFloatDtype(dtype), begin, end };
}

function checkCover(located: ReadonlyMap<string, Located>, dataBytes: number, fileName: string): void {
  let covered = 0;
  const inOrder = [...located].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  for (const [name, { begin, end }] of inOrder) {
    if (begin !== covered)
      fail(
        'offsets',
        fileName,
        `tensor \`${name}\` begins at ${begin}, the one before it ends at ${covered}: ${begin < covered ? 'they overlap' : 'there is a hole'}.`,
      );
    covered = end;
  }
  if (covered > dataBytes)
    fail('truncated', fileName, `its tensors need ${covered} bytes, but only ${dataBytes} are there.`);
  if (covered < dataBytes) fail('offsets', fileName, `${dataBytes - covered} bytes follow the last tensor.`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
