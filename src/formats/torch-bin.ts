/**
 * The `.bin` files of `torch.save`: a stored zip archive of a pickle and one entry per storage (FORMATS 3). Writes what
 * torch 2.13 writes, byte for byte but for the first half of the serialization id; reads without running anything.
 */
import { invariant, StudioError } from '../errors';
import type { Tensor } from './bundle';
import { bytesOf, elementCount, type FloatDtype, toFloat32 } from './dtypes';
import { readPickle } from './pickle-reader';
import type { StorageReference, TensorReference } from './pickle-values';
import { contiguousStrides, type PickledTensor, writePickle } from './pickle-writer';
import { refuseStandIn } from './stand-in';
import { writeTorchArchive } from './torch-archive';
import { unpackEntry, type ZipLimits } from './zip';
import { readZipDirectory, type ZipEntry } from './zip-directory';

const floatStorages: ReadonlyMap<string, { dtype: FloatDtype; bytes: number }> = new Map([
  ['FloatStorage', { dtype: 'F32', bytes: 4 }],
  ['HalfStorage', { dtype: 'F16', bytes: 2 }],
  ['BFloat16Storage', { dtype: 'BF16', bytes: 2 }],
  ['DoubleStorage', { dtype: 'F64', bytes: 8 }],
]);

const limits: ZipLimits = { entries: 60_000, totalBytes: 2 ** 31, ratio: 100 };

/** Float32 bytes that all tensors of one file may take together; strides of 0 can promise any amount. */
const maximumTensorBytes = 2 ** 31;

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
  const entries = new Map(
    readZipDirectory(bytes, fileName, limits.entries).map((entry) => [entry.name, entry]),
  );
  const reader = new StorageReader(entries, fileName);
  const tensors = new Map<string, Tensor>();
  for (const [name, reference] of readPickle(reader.pickle(), fileName)) {
    const tensor = reader.tensor(name, reference);
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

class StorageReader {
  readonly #entries: ReadonlyMap<string, ZipEntry>;
  readonly #fileName: string;
  readonly #root: string;
  readonly #storages = new Map<string, Float32Array>();
  readonly #views = new Map<string, Float32Array>();
  #unpackedBytes = 0;
  #tensorBytes = 0;

  constructor(entries: ReadonlyMap<string, ZipEntry>, fileName: string) {
    const pickles = [...entries.keys()].filter((name) => /^[^/]*\/data\.pkl$/.test(name));
    if (pickles.length !== 1)
      fail('layout', fileName, `has ${pickles.length} entries named data.pkl where torch writes one.`);
    this.#entries = entries;
    this.#fileName = fileName;
    this.#root = pickles[0]!.slice(0, -'data.pkl'.length);
    if (!entries.has(`${this.#root}version`))
      fail('layout', fileName, 'has no entry `version`; torch would refuse it.');
    if (entries.has(`${this.#root}byteorder`)) {
      const order = new TextDecoder().decode(this.#unpack('byteorder'));
      if (order !== 'little')
        fail('byteorder', fileName, `has the byte order "${order.slice(0, 20)}"; only little is read.`);
    }
  }

  pickle(): Uint8Array {
    return this.#unpack('data.pkl');
  }

  /** Undefined for a tensor that is not of floats. */
  tensor(name: string, { storage, offset, shape, strides }: TensorReference): Tensor | undefined {
    if (!floatStorages.has(storage.type)) return undefined;
    const viewKey = JSON.stringify([storage.key, storage.type, offset, shape, strides]);
    const known = this.#views.get(viewKey);
    if (known) return { shape, data: known };
    const values = this.#storage(name, storage);
    const count = elementCount(shape);
    this.#tensorBytes += count * 4;
    if (!Number.isSafeInteger(count) || this.#tensorBytes > maximumTensorBytes)
      fail('too-large', this.#fileName, `tensor \`${name}\` [${shape}] goes beyond the limit of 2 GB.`);
    let last = offset;
    if (count > 0) for (let i = 0; i < shape.length; i++) last += (shape[i]! - 1) * strides[i]!;
    if (count > 0 && !(last < values.length))
      fail(
        'bounds',
        this.#fileName,
        `tensor \`${name}\` reaches element ${last} of a storage of ${values.length}.`,
      );
    const data = gather(values, offset, shape, strides, count);
    this.#views.set(viewKey, data);
    return { shape, data };
  }

  #storage(tensorName: string, { key, type, elements }: StorageReference): Float32Array {
    const { dtype, bytes } = floatStorages.get(type)!;
    const storageKey = `${type} ${key}`;
    let values = this.#storages.get(storageKey);
    if (!values) {
      const content = this.#unpack(`data/${key}`, tensorName);
      if (content.byteLength % bytes !== 0)
        fail(
          'bounds',
          this.#fileName,
          `data/${key} of \`${tensorName}\` has ${content.byteLength} bytes, not whole ${dtype} values.`,
        );
      values = toFloat32(content, dtype);
      this.#storages.set(storageKey, values);
    }
    if (values.length !== elements)
      fail(
        'bounds',
        this.#fileName,
        `data/${key} of \`${tensorName}\` has ${values.length} values, the pickle says ${elements}.`,
      );
    return values;
  }

  #unpack(path: string, tensorName?: string): Uint8Array {
    const entry = this.#entries.get(this.#root + path);
    if (!entry)
      fail(
        'missing',
        this.#fileName,
        `the entry ${path}${tensorName ? ` of tensor \`${tensorName}\`` : ''} is missing.`,
      );
    const content = unpackEntry(entry, this.#fileName, limits.ratio);
    this.#unpackedBytes += content.byteLength;
    return content;
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
