/**
 * `data.pkl` of a torch file: Python's pickle protocol 2 of a plain dict of tensors, opcode for opcode and memo entry
 * for memo entry as `torch.save` writes it (FORMATS 3.2). Knows names, shapes and storage keys; no bytes of tensors.
 */

export interface PickledTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** The entry `data/<key>`; tensors with the same key share a storage. */
  readonly storageKey: string;
  readonly elements: number;
}

const op = {
  proto: 0x80,
  emptyDict: 0x7d,
  emptyTuple: 0x29,
  mark: 0x28,
  binUnicode: 0x58,
  global: 0x63,
  binInt: 0x4a,
  binInt1: 0x4b,
  binInt2: 0x4d,
  long1: 0x8a,
  tuple: 0x74,
  tuple1: 0x85,
  binPersistentId: 0x51,
  newFalse: 0x89,
  reduce: 0x52,
  binPut: 0x71,
  longBinPut: 0x72,
  binGet: 0x68,
  longBinGet: 0x6a,
  setItem: 0x73,
  setItems: 0x75,
  stop: 0x2e,
} as const;

/** Python's pickler sets dict items in batches of this size. */
const batchSize = 1000;

export function writePickle(tensors: readonly PickledTensor[]): Uint8Array<ArrayBuffer> {
  const out = new PickleBytes();
  out.push(op.proto, 2, op.emptyDict);
  out.remember(undefined);
  for (let start = 0; start < tensors.length; start += batchSize) {
    const batch = tensors.slice(start, start + batchSize);
    if (batch.length > 1) out.push(op.mark);
    for (const tensor of batch) {
      out.text(tensor.name, undefined);
      writeTensor(out, tensor);
    }
    out.push(batch.length > 1 ? op.setItems : op.setItem);
  }
  out.push(op.stop);
  return out.finish();
}

/** `_rebuild_tensor_v2(storage, 0, shape, stride, requires_grad = False, OrderedDict())`. */
function writeTensor(out: PickleBytes, { shape, storageKey, elements }: PickledTensor): void {
  out.global('torch._utils', '_rebuild_tensor_v2');
  out.push(op.mark, op.mark);
  out.text('storage', 'storage');
  out.global('torch', 'FloatStorage');
  out.text(storageKey, `key ${storageKey}`);
  out.text('cpu', 'cpu');
  out.integer(elements);
  out.push(op.tuple);
  out.remember(undefined);
  out.push(op.binPersistentId);
  out.integer(0);
  out.integers(shape);
  out.integers(contiguousStrides(shape));
  out.push(op.newFalse);
  out.global('collections', 'OrderedDict');
  out.push(op.emptyTuple, op.reduce);
  out.remember(undefined);
  out.push(op.tuple);
  out.remember(undefined);
  out.push(op.reduce);
  out.remember(undefined);
}

/** Strides in elements of a row-major tensor; torch counts an empty dimension as 1. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= Math.max(1, shape[i]!);
  }
  return strides;
}

class PickleBytes {
  readonly #memo = new Map<string, number>();
  readonly #encoder = new TextEncoder();
  #bytes = new Uint8Array(4096);
  #length = 0;
  #memoSize = 0;

  push(...values: number[]): void {
    this.#append(values);
  }

  /** BINPUT of the top of the stack; with a key it can be fetched again. */
  remember(key: string | undefined): void {
    const index = this.#memoSize++;
    if (key !== undefined) this.#memo.set(key, index);
    if (index < 256) this.push(op.binPut, index);
    else this.push(op.longBinPut, ...littleEndian(index, 4));
  }

  text(value: string, key: string | undefined): void {
    if (key !== undefined && this.#recall(key)) return;
    const utf8 = this.#encoder.encode(value);
    this.push(op.binUnicode, ...littleEndian(utf8.length, 4));
    this.#append(utf8);
    this.remember(key);
  }

  global(module: string, name: string): void {
    const key = `global ${module} ${name}`;
    if (this.#recall(key)) return;
    this.push(op.global);
    this.#append(this.#encoder.encode(`${module}\n${name}\n`));
    this.remember(key);
  }

  integer(value: number): void {
    if (value < 2 ** 8) this.push(op.binInt1, value);
    else if (value < 2 ** 16) this.push(op.binInt2, ...littleEndian(value, 2));
    else if (value < 2 ** 31) this.push(op.binInt, ...littleEndian(value, 4));
    else this.push(op.long1, 5, ...littleEndian(value, 5)); // below 2^39: more than fits into memory
  }

  /** A tuple of integers. */
  integers(values: readonly number[]): void {
    if (values.length > 3) this.push(op.mark);
    for (const value of values) this.integer(value);
    if (values.length === 0) this.push(op.emptyTuple);
    else if (values.length > 3) this.push(op.tuple);
    else this.push(op.tuple1 + values.length - 1);
    if (values.length > 0) this.remember(undefined);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #recall(key: string): boolean {
    const index = this.#memo.get(key);
    if (index === undefined) return false;
    if (index < 256) this.push(op.binGet, index);
    else this.push(op.longBinGet, ...littleEndian(index, 4));
    return true;
  }

  #append(values: ArrayLike<number>): void {
    if (this.#length + values.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.#length + values.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }
}

function littleEndian(value: number, bytes: number): number[] {
  const digits: number[] = [];
  for (let i = 0; i < bytes; i++) {
    digits.push(value % 256);
    value = Math.floor(value / 256);
  }
  return digits;
}
