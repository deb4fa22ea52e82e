/**
 * Reads `data.pkl` of a torch file with an interpreter that can do nothing but build a dict of tensors: a fixed list
 * of opcodes, a fixed list of globals, and every other one refused by its name. No code of a file is ever run, so
 * there is nothing to scan for.
 */
import { StudioError } from '../errors';
import {
  type Dict,
  type Global,
  isCount,
  isKind,
  nameOf,
  type OfKind,
  type StorageReference,
  type Structure,
  short,
  storageTypes,
  type TensorReference,
  type Value,
} from './pickle-values';

/** Room for 30,000 tensors of a state dict, some 250 bytes and nine structures each. */
const maximumPickleBytes = 8 * 1024 * 1024;
const maximumStructures = 300_000;
const mark = Symbol('mark');

export interface PickledTensors {
  /** The items of the dict, in the file's order. */
  readonly tensors: ReadonlyMap<string, TensorReference>;
  /** By key: every storage that the pickle names anywhere, which torch loads even if no tensor of the dict is on it. */
  readonly storages: ReadonlyMap<string, StorageReference>;
  /** Every tensor that the pickle makes, also those it drops: torch makes them too and checks their bounds. */
  readonly made: readonly TensorReference[];
}

/**
 * What a pickled dict of tensors holds. Throws a `StudioError`: `pickle-refused` for a global or an opcode that is not
 * on the list, `pickle-malformed` for anything else that is wrong, so for all that torch's weights_only loader refuses
 * (torch/_weights_only_unpickler.py), and for some that it takes: a dict key twice, hooks, conjugate tensors.
 */
export function readPickle(bytes: Uint8Array, fileName: string): PickledTensors {
  if (bytes.byteLength > maximumPickleBytes)
    malformed(fileName, `has a pickle of ${bytes.byteLength} bytes.`);
  const interpreter = new Interpreter(bytes, fileName);
  const root = interpreter.run();
  if (!isKind(root, 'dict')) malformed(fileName, 'does not hold a dict of tensors.');
  const tensors = new Map<string, TensorReference>();
  for (const [name, value] of root.items) {
    if (!isKind(value, 'tensor')) malformed(fileName, `\`${name}\` is not a tensor but ${nameOf(value)}.`);
    tensors.set(name, value);
  }
  return { tensors, storages: interpreter.storages, made: interpreter.made };
}

function malformed(fileName: string, what: string): never {
  throw new StudioError(
    'pickle-malformed',
    `${fileName}: ${what}`,
    'The file is damaged or was not saved by torch as a plain dict of tensors. Export it again, best as safetensors.',
  );
}

function refused(fileName: string, what: string): never {
  throw new StudioError(
    'pickle-refused',
    `${fileName}: ${what}`,
    'Files with anything but tensors are never opened: they could carry a program. Ask its author for safetensors.',
  );
}

class Interpreter {
  readonly storages = new Map<string, StorageReference>();
  readonly made: TensorReference[] = [];
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fileName: string;
  readonly #stack: (Value | typeof mark)[] = [];
  readonly #memo = new Map<number, Value>();
  #at = 0;
  #structures = 0;

  constructor(bytes: Uint8Array, fileName: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fileName = fileName;
  }

  run(): Value {
    for (;;) {
      const at = this.#take(1);
      const code = this.#bytes[at]!;
      if (code === 0x2e) return this.#pop(); // STOP
      this.#step(code, at);
    }
  }

  #step(code: number, at: number): void {
    const stack = this.#stack;
    switch (code) {
      case 0x80: {
        // PROTO
        const protocol = this.#unsigned(1);
        if (protocol < 2 || protocol > 5) malformed(this.#fileName, `uses pickle protocol ${protocol}.`);
        return;
      }
      case 0x7d: // EMPTY_DICT
        this.#push({ kind: 'dict', isOrdered: false, items: new Map() });
        return;
      case 0x29: // EMPTY_TUPLE
        this.#push({ kind: 'tuple', values: [] });
        return;
      case 0x5d: // EMPTY_LIST
        this.#push({ kind: 'list', values: [] });
        return;
      case 0x28: // MARK
        stack.push(mark);
        return;
      case 0x4e: // NONE
        stack.push(null);
        return;
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        stack.push(code === 0x88);
        return;
      case 0x4b: // BININT1
        stack.push(this.#unsigned(1));
        return;
      case 0x4d: // BININT2
        stack.push(this.#unsigned(2));
        return;
      case 0x4a: // BININT, signed
        stack.push(this.#view.getInt32(this.#take(4), true));
        return;
      case 0x8a: // LONG1
        stack.push(this.#long(this.#unsigned(1)));
        return;
      case 0x47: // BINFLOAT, big-endian
        this.#push({ kind: 'float', value: this.#view.getFloat64(this.#take(8), false) });
        return;
      case 0x58: // BINUNICODE
        stack.push(this.#text(this.#unsigned(4)));
        return;
      case 0x71: // BINPUT
        this.#memo.set(this.#unsigned(1), this.#peek());
        return;
      case 0x72: // LONG_BINPUT
        this.#memo.set(this.#unsigned(4), this.#peek());
        return;
      case 0x68: // BINGET
        stack.push(this.#recall(this.#unsigned(1)));
        return;
      case 0x6a: // LONG_BINGET
        stack.push(this.#recall(this.#unsigned(4)));
        return;
      case 0x63: {
        // GLOBAL
        const module = this.#line();
        this.#push(this.#global(module, this.#line()));
        return;
      }
      case 0x74: // TUPLE
        this.#push({ kind: 'tuple', values: this.#popToMark() });
        return;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: {
        // TUPLE3
        const values: Value[] = [];
        for (let i = code - 0x85; i >= 0; i--) values[i] = this.#pop();
        this.#push({ kind: 'tuple', values });
        return;
      }
      case 0x61: {
        // APPEND
        const value = this.#pop();
        this.#topOf('list').values.push(value);
        return;
      }
      case 0x65: {
        // APPENDS
        const values = this.#popToMark();
        const list = this.#topOf('list');
        for (const value of values) list.values.push(value);
        return;
      }
      case 0x73: {
        // SETITEM
        const value = this.#pop();
        const key = this.#pop();
        this.#setItem(this.#topOf('dict'), key, value);
        return;
      }
      case 0x75: {
        // SETITEMS
        const values = this.#popToMark();
        if (values.length % 2 !== 0) malformed(this.#fileName, 'sets a dict item without a value.');
        const dict = this.#topOf('dict');
        for (let i = 0; i < values.length; i += 2) this.#setItem(dict, values[i]!, values[i + 1]!);
        return;
      }
      case 0x51: // BINPERSID
        this.#push(this.#storage(this.#pop()));
        return;
      case 0x52: {
        // REDUCE
        const values = this.#pop();
        const callee = this.#pop();
        this.#push(this.#call(callee, values));
        return;
      }
      case 0x62: // BUILD: `_metadata` of an OrderedDict, not needed
        if (!isKind(this.#pop(), 'dict'))
          malformed(this.#fileName, 'sets attributes from something that is no dict.');
        if (!this.#topOf('dict').isOrdered) malformed(this.#fileName, 'sets attributes of a plain dict.');
        return;
      default:
        refused(
          this.#fileName,
          `uses the pickle opcode 0x${code.toString(16).padStart(2, '0')} at byte ${at}, which no file of tensors needs.`,
        );
    }
  }

  #global(module: string, name: string): Global {
    const allowed =
      (module === 'torch' && storageTypes.has(name)) ||
      (module === 'torch._utils' && (name === '_rebuild_tensor_v2' || name === '_rebuild_parameter')) ||
      (module === 'collections' && name === 'OrderedDict');
    if (!allowed)
      refused(this.#fileName, `asks for \`${short(module)}.${short(name)}\`, which is not part of a tensor.`);
    return { kind: 'global', module, name };
  }

  #call(callee: Value, packed: Value): Structure {
    if (!isKind(callee, 'global')) refused(this.#fileName, `calls ${nameOf(callee)}.`);
    if (!isKind(packed, 'tuple'))
      malformed(this.#fileName, `calls ${callee.name} without a tuple of arguments.`);
    const values = packed.values;
    switch (callee.name) {
      case 'OrderedDict':
        if (values.length !== 0) malformed(this.#fileName, 'makes an OrderedDict with arguments.');
        return { kind: 'dict', isOrdered: true, items: new Map() };
      case '_rebuild_tensor_v2':
        return this.#tensor(values);
      case '_rebuild_parameter': {
        const [tensor, requiresGrad, hooks] = values;
        if (!isKind(tensor, 'tensor') || values.length !== 3)
          malformed(this.#fileName, 'makes a parameter of something that is no tensor.');
        this.#checkGradient(tensor.storage, requiresGrad, hooks);
        return tensor;
      }
      default:
        return refused(this.#fileName, `calls \`${callee.module}.${callee.name}\`.`);
    }
  }

  /** `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks, metadata=None)`. */
  #tensor(values: readonly Value[]): TensorReference {
    const [storage, offset, shape, strides, requiresGrad, hooks, metadata = null] = values;
    if (values.length < 6 || values.length > 7)
      malformed(this.#fileName, `makes a tensor of ${values.length} arguments.`);
    if (!isKind(storage, 'storage')) malformed(this.#fileName, 'has a tensor without a storage.');
    if (!isCount(offset)) malformed(this.#fileName, 'has a tensor whose offset is not a number of elements.');
    if (!isKind(shape, 'tuple') || !shape.values.every(isCount))
      malformed(this.#fileName, 'has a tensor whose shape is not a tuple of sizes.');
    if (!isKind(strides, 'tuple') || !strides.values.every(isCount))
      malformed(this.#fileName, 'has a tensor whose strides are not a tuple of sizes.');
    if (shape.values.length !== strides.values.length || shape.values.length > 64)
      malformed(
        this.#fileName,
        `has a tensor of ${shape.values.length} sizes and ${strides.values.length} strides.`,
      );
    this.#checkGradient(storage, requiresGrad, hooks);
    // Metadata are the bits for conjugate and negative, which change what the values mean.
    if (metadata !== null && !(isKind(metadata, 'dict') && metadata.items.size === 0))
      malformed(this.#fileName, `has a tensor with ${nameOf(metadata)} as its metadata.`);
    const tensor: TensorReference = {
      kind: 'tensor',
      storage,
      offset,
      shape: shape.values as number[],
      strides: strides.values as number[],
    };
    this.made.push(tensor);
    return tensor;
  }

  #checkGradient(storage: StorageReference, requiresGrad: Value | undefined, hooks: Value | undefined): void {
    if (typeof requiresGrad !== 'boolean')
      malformed(this.#fileName, 'has a tensor whose `requires_grad` is not True or False.');
    if (requiresGrad && storageTypes.get(storage.type)?.dtype === undefined)
      malformed(this.#fileName, 'has a tensor of integers that requires a gradient.');
    if (hooks !== null && !(isKind(hooks, 'dict') && hooks.items.size === 0))
      malformed(this.#fileName, 'has a tensor with hooks.');
  }

  #storage(id: Value): StorageReference {
    if (isKind(id, 'tuple') && id.values.length === 5) {
      const [tag, type, key, device, elements] = id.values;
      if (
        tag === 'storage' &&
        isKind(type, 'global') &&
        storageTypes.has(type.name) &&
        typeof key === 'string' &&
        typeof device === 'string' &&
        isCount(elements)
      )
        return this.#nameStorage({ kind: 'storage', type: type.name, key, elements });
    }
    return malformed(this.#fileName, 'has a persistent id that is no storage.');
  }

  /** torch reads a storage once, by its first type; so a key has one type and one size. */
  #nameStorage(storage: StorageReference): StorageReference {
    const known = this.storages.get(storage.key);
    if (known && (known.type !== storage.type || known.elements !== storage.elements))
      malformed(
        this.#fileName,
        `calls data/${short(storage.key)} a ${known.type} of ${known.elements} and a ${storage.type} of ${storage.elements}.`,
      );
    this.storages.set(storage.key, storage);
    return storage;
  }

  #setItem(dict: Dict, key: Value, value: Value): void {
    if (typeof key !== 'string') malformed(this.#fileName, `has a key that is not a string: ${nameOf(key)}.`);
    if (dict.items.has(key)) malformed(this.#fileName, `has the key ${nameOf(key)} twice.`);
    dict.items.set(key, value);
  }

  #take(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.byteLength) malformed(this.#fileName, 'has a pickle that ends too early.');
    this.#at += count;
    return at;
  }

  #unsigned(size: 1 | 2 | 4): number {
    const at = this.#take(size);
    return size === 1
      ? this.#view.getUint8(at)
      : size === 2
        ? this.#view.getUint16(at, true)
        : this.#view.getUint32(at, true);
  }

  /** Two's complement, little-endian; at most 8 bytes are of use. */
  #long(size: number): number {
    if (size > 8) malformed(this.#fileName, `has an integer of ${size} bytes.`);
    const at = this.#take(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[at + i]!);
    return Number(BigInt.asIntN(Math.max(8, size * 8), value));
  }

  #text(size: number): string {
    const at = this.#take(size);
    return this.#decode(at, at + size);
  }

  #line(): string {
    const begin = this.#at;
    const end = this.#bytes.indexOf(0x0a, begin);
    if (end < 0) malformed(this.#fileName, 'has a pickle that ends too early.');
    this.#at = end + 1;
    return this.#decode(begin, end);
  }

  #decode(begin: number, end: number): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        this.#bytes.subarray(begin, end),
      );
    } catch {
      return malformed(this.#fileName, 'has a string that is not UTF-8.');
    }
  }

  #recall(index: number): Value {
    const value = this.#memo.get(index);
    if (value === undefined) malformed(this.#fileName, `reads memo entry ${index}, which was never written.`);
    return value;
  }

  #push(value: Structure): void {
    if (++this.#structures > maximumStructures)
      malformed(this.#fileName, `has a pickle of more than ${maximumStructures} structures.`);
    this.#stack.push(value);
  }

  #peek(): Value {
    const top = this.#stack.at(-1);
    if (top === undefined || top === mark)
      malformed(this.#fileName, 'has a pickle that takes from an empty stack.');
    return top;
  }

  #pop(): Value {
    const top = this.#peek();
    this.#stack.pop();
    return top;
  }

  #popToMark(): Value[] {
    const at = this.#stack.lastIndexOf(mark);
    if (at < 0) malformed(this.#fileName, 'has a pickle without the mark it goes back to.');
    const values = this.#stack.splice(at) as (Value | typeof mark)[];
    values.shift();
    return values as Value[];
  }

  #topOf<K extends 'dict' | 'list'>(kind: K): OfKind<K> {
    const top = this.#peek();
    if (!isKind(top, kind)) malformed(this.#fileName, `fills ${nameOf(top)} as if it were a ${kind}.`);
    return top;
  }
}
