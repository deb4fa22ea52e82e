/**
 * The `.bin` files of `torch.save`: a stored zip archive of a pickle and one entry per storage (FORMATS 3). Writes what
 * torch 2.13 writes, byte for byte but for the first half of the serialization id; reads without running anything.
 */
import { invariant, StudioError } from '../errors';
import type { Tensor } from './bundle';
import { bytesOf, elementCount, type FloatDtype, toFloat32 } from './dtypes';
import { readPickle } from './pickle-reader';
import { type StorageReference, short, storageTypes, type TensorReference } from './pickle-values';
import { contiguousStrides, type PickledTensor, writePickle } from './pickle-writer';
import { refuseStandIn } from './stand-in';
import { writeTorchArchive } from './torch-archive';
import { unpackEntry } from './zip';
import { readZipDirectory } from './zip-directory';

/** Every tensor of a file may have a storage of its own. */
const maximumEntries = 60_000;

/**
 * Float32 bytes that all tensors of a file of this size may take together. Half precision doubles, and a few views of
 * one storage may overlap; strides of 0 can promise any amount.
 */
function mostTensorBytes(fileBytes: number): number {
  return Math.min(2 ** 31, 64 * 1024 * 1024 + 4 * fileBytes);
}

/**
 * The file of `tensors` in the map's order. `root` is the archive's folder; torch uses the file name without `.bin`.
 * Tensors on the same memory (the layers of a prefix pool) are stored once, as torch does.
 */
export function writeTorchBin(tensors: ReadonlyMap<string, Tensor>, root: string): Uint8Array<ArrayBuffer> {
  const keys = new Map<ArrayBufferLike, { offset: number; length: number; key: string }[]>();
  const storages: Uint8Array[] = [];
  const pickled: PickledTensor[] = [];
  for (const [name, { shape, data }] of tensors) {
    invariant(elementCount(shape) === data.length, `${name}: shape [${shape}] with ${data.length} values`);
    const onBuffer = keys.get(data.buffer) ?? [];
    keys.set(data.buffer, onBuffer);
    let place = onBuffer.find(
      ({ offset, length }) => length > 0 && offset === data.byteOffset && length === data.length,
    );
    if (!place) {
      place = { offset: data.byteOffset, length: data.length, key: String(storages.length) };
      onBuffer.push(place);
      storages.push(bytesOf(data));
    }
    pickled.push({ name, shape, storageKey: place.key, elements: data.length });
  }
  return writeTorchArchive(root, writePickle(pickled), storages);
}

/**
 * The tensors of a file by name, as float32; integers and booleans are left out. Views of one storage with the same
 * offset, shape and strides share their `data`. Throws a `StudioError` with a code `zip-*`, `pickle-*`, `torch-bin-*`
 * or `file-*`.
 */
export function readTorchBin(bytes: Uint8Array, fileName: string): Map<string, Tensor> {
  refuseStandIn(bytes, fileName);
  if (bytes[0] === 0x80 && bytes[1] === 2)
    fail(
      'old',
      fileName,
      'was saved in the format of torch before 1.6.',
      'Load it in torch and save it again.',
    );
  const records = readRecords(bytes, fileName);
  const pickle = records.get('data.pkl')!;
  const { tensors: references, storages, made } = readPickle(pickle, fileName);
  for (const storage of storages.values()) checkStorage(storage, records, fileName);
  for (const reference of made) checkBounds(reference, fileName);
  const reader = new TensorReader(records, mostTensorBytes(bytes.byteLength), fileName);
  const tensors = new Map<string, Tensor>();
  for (const [name, reference] of references) {
    const tensor = reader.read(name, reference);
    if (tensor) tensors.set(name, tensor);
  }
  return tensors;
}

function fail(kind: string, fileName: string, what: string, hint?: string): never {
  throw new StudioError(
    `torch-bin-${kind}`,
    `${fileName}: ${what}`,
    hint ?? 'The file is damaged or was not written by torch.save. Download or export it again.',
  );
}

/**
 * The contents by path below the archive's root, every checksum verified, every one a view of the file: torch compresses
 * nothing. The records beside the pickle and the storages must say what torch's reader needs to hear
 * (caffe2/serialize/inline_container.cc, torch/serialization.py).
 */
function readRecords(bytes: Uint8Array, fileName: string): Map<string, Uint8Array> {
  const entries = readZipDirectory(bytes, fileName, maximumEntries);
  const root = entries[0]?.name.split('/', 1)[0] ?? '';
  const records = new Map<string, Uint8Array>();
  for (const entry of entries) {
    if (!entry.name.startsWith(`${root}/`))
      fail('layout', fileName, `has the entry \`${entry.name}\` beside its folder \`${root}\`.`);
    if (entry.method !== 'stored')
      fail('layout', fileName, `has the compressed entry \`${entry.name}\`; torch compresses nothing.`);
    records.set(entry.name.slice(root.length + 1), unpackEntry(entry, fileName, 1));
  }
  const text = (path: string) => new TextDecoder('latin1').decode(records.get(path));
  if (!records.has('data.pkl')) fail('layout', fileName, 'has no entry `data.pkl`.');
  if (records.has('constants.pkl')) fail('layout', fileName, 'is a TorchScript program, not saved tensors.');
  if (!/^([1-9]|10)\n?$/.test(text('version')))
    fail('layout', fileName, 'has no entry `version` with a number from 1 to 10; torch would refuse it.');
  if (records.has('byteorder') && text('byteorder') !== 'little')
    fail(
      'byteorder',
      fileName,
      `has the byte order "${text('byteorder').slice(0, 20)}"; only little is read.`,
    );
  if (records.has('.storage_alignment') && !/^\d{1,9}$/.test(text('.storage_alignment')))
    fail('layout', fileName, 'has an entry `.storage_alignment` that is no number; torch would refuse it.');
  const id = '.data/serialization_id';
  if (records.has(id) && !/^\p{ASCII}*$/u.test(text(id)))
    fail('layout', fileName, `has an entry \`${id}\` that is no text; torch would refuse it.`);
  return records;
}

function checkStorage(
  { type, key, elements }: StorageReference,
  records: ReadonlyMap<string, Uint8Array>,
  fileName: string,
): void {
  const content = records.get(`data/${key}`);
  if (!content) fail('missing', fileName, `the entry data/${short(key)} is missing.`);
  const { bytes } = storageTypes.get(type)!;
  if (content.byteLength !== elements * bytes)
    fail(
      'bounds',
      fileName,
      `data/${key} has ${content.byteLength} bytes, the pickle says ${elements} values of ${bytes} bytes.`,
    );
}

/** The last element that a view reaches lies in its storage; an empty view reaches none. */
function checkBounds({ storage, offset, shape, strides }: TensorReference, fileName: string): void {
  // An empty tensor's other sizes count too, as they do where torch multiplies them.
  const extent = elementCount(shape.map((size) => Math.max(1, size)));
  if (!Number.isSafeInteger(extent))
    fail('too-large', fileName, `has a tensor of the shape [${shape}] on data/${storage.key}.`);
  if (shape.includes(0)) return;
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, offset);
  if (!(last < storage.elements))
    fail(
      'bounds',
      fileName,
      `a tensor on data/${storage.key} reaches element ${last} of ${storage.elements}.`,
    );
}

/** Makes tensors of references whose storages and bounds have been checked. */
class TensorReader {
  readonly #storages = new Map<string, Float32Array>();
  readonly #views = new Map<string, Float32Array>();
  #tensorBytes = 0;

  constructor(
    readonly records: ReadonlyMap<string, Uint8Array>,
    readonly maximumBytes: number,
    readonly fileName: string,
  ) {}

  /** Undefined for a tensor that is not of floats. */
  read(name: string, { storage, offset, shape, strides }: TensorReference): Tensor | undefined {
    const { dtype } = storageTypes.get(storage.type)!;
    if (!dtype) return undefined;
    const viewKey = JSON.stringify([storage.key, offset, shape, strides]);
    const known = this.#views.get(viewKey);
    if (known) return { shape, data: known };
    const count = elementCount(shape);
    this.#tensorBytes += count * 4;
    if (this.#tensorBytes > this.maximumBytes)
      fail(
        'too-large',
        this.fileName,
        `tensor \`${name}\` [${shape}] goes beyond the limit of ${this.maximumBytes} bytes.`,
      );
    const data = gather(this.#values(storage.key, dtype), offset, shape, strides, count);
    this.#views.set(viewKey, data);
    return { shape, data };
  }

  #values(key: string, dtype: FloatDtype): Float32Array {
    const known = this.#storages.get(key);
    if (known) return known;
    const values = toFloat32(this.records.get(`data/${key}`)!, dtype);
    this.#storages.set(key, values);
    return values;
  }
}

/** Row-major values of a strided view; a contiguous view of a whole storage is the storage itself. */
function gather(
  values: Float32Array,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
  count: number,
): Float32Array {
  const expected = contiguousStrides(shape);
  if (shape.every((size, i) => size <= 1 || strides[i] === expected[i]))
    return offset === 0 && count === values.length ? values : values.slice(offset, offset + count);
  const data = new Float32Array(count);
  const index = new Array<number>(shape.length).fill(0);
  let position = offset;
  for (let i = 0; i < count; i++) {
    data[i] = values[position]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      position += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      position -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return data;
}
