/**
 * Builds an ONNX model: values, operators, constants, and its bytes. Knows ONNX's IR (github.com/onnx/onnx, `docs/IR.md` and
 * `onnx.proto`), no op of ours.
 *
 * An operator applied again to the same inputs with the same attributes is the value of the first time, so lowerings may
 * say what they need without asking whether somebody said it before; what no output needs is left out.
 */
import { invariant } from '../../errors';
import { Message } from './protobuf';

/** A value of the graph by its name; the empty name is an optional input left out. */
export type Value = string & { readonly isOnnxValue?: never };

export type ElementType = 'f32' | 'f16' | 'i32' | 'i64' | 'i8' | 'u8' | 'bool';

/** A number, or the name of what differs from batch to batch. */
export type Dimension = number | string;

export type OnnxAttribute = number | string | readonly number[] | { readonly float: number } | OnnxTensor;

export interface OnnxTensor {
  readonly type: ElementType;
  readonly dims: readonly number[];
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The standard operators' version that every model states: the first with `Gelu`. */
const opset = 20;
/** IR version that goes with it (ONNX 1.15). */
const irVersion = 9;

/** `TensorProto.DataType`. */
const dataTypes: Readonly<Record<ElementType, number>> = {
  f32: 1,
  u8: 2,
  i8: 3,
  i32: 6,
  i64: 7,
  bool: 9,
  f16: 10,
};

interface Operator {
  readonly type: string;
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
  readonly outputs: readonly Value[];
}

interface Port {
  readonly name: Value;
  readonly type: ElementType;
  readonly dims: readonly Dimension[];
}

export class OnnxGraph {
  readonly #operators: Operator[] = [];
  readonly #applied = new Map<string, Operator>();
  readonly #inputs = new Map<string, Port>();
  readonly #outputs: Port[] = [];
  readonly #constants = new Map<string, { readonly name: Value; readonly tensor: OnnxTensor }>();
  readonly #tensors = new Map<string, OnnxTensor>();
  #nextValue = 0;
  #scope = '';

  /** Names the operators made inside `build`, for profiles and errors. */
  scope<T>(name: string, build: () => T): T {
    const outer = this.#scope;
    this.#scope = name;
    try {
      return build();
    } finally {
      this.#scope = outer;
    }
  }

  input(name: string, type: ElementType, dims: readonly Dimension[]): Value {
    if (!this.#inputs.has(name)) this.#inputs.set(name, { name, type, dims });
    return name;
  }

  /** A tensor that the model carries under its own name. */
  initializer(name: string, tensor: OnnxTensor): Value {
    this.#tensors.set(name, tensor);
    return name;
  }

  hasInitializer(name: string): boolean {
    return this.#tensors.has(name);
  }

  /** A small constant; `dims` [] is a scalar. Equal constants are one. */
  constant(
    type: 'f32' | 'i32' | 'i64',
    values: readonly number[],
    dims: readonly number[] = [values.length],
  ): Value {
    const key = `${type} ${dims} ${values}`;
    const known = this.#constants.get(key);
    if (known) return known.name;
    const made = { name: `c${this.#constants.size}`, tensor: tensorOf(type, values, dims) };
    this.#constants.set(key, made);
    return made.name;
  }

  float(value: number): Value {
    return this.constant('f32', [value], []);
  }

  /** An operator with one result. */
  op(
    type: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): Value {
    return this.ops(type, inputs, attributes, 1)[0]!;
  }

  /** An operator with `count` results. */
  ops(
    type: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, OnnxAttribute>>,
    count: number,
  ): readonly Value[] {
    const key = `${type} ${inputs} ${JSON.stringify(attributes)} ${count}`;
    const known = this.#applied.get(key);
    if (known) return known.outputs;
    const operator: Operator = {
      type,
      name: `${this.#scope}/${type}.${this.#operators.length}`,
      inputs,
      attributes,
      outputs: Array.from({ length: count }, () => `v${this.#nextValue++}`),
    };
    this.#operators.push(operator);
    this.#applied.set(key, operator);
    return operator.outputs;
  }

  output(name: string, value: Value, type: ElementType, dims: readonly Dimension[]): void {
    invariant(!this.#outputs.some((output) => output.name === name), `onnx: two outputs ${name}`);
    // A name of its own, since a value may be an output twice, and an input may be one.
    this.#operators.push({ type: 'Identity', name, inputs: [value], attributes: {}, outputs: [name] });
    this.#outputs.push({ name, type, dims });
  }

  /** Inputs that some output needs. */
  get neededInputs(): readonly string[] {
    const { used } = this.#needed();
    return [...this.#inputs.keys()].filter((name) => used.has(name));
  }

  /** The `ModelProto`; `metadata` becomes its `metadata_props`. */
  toModel(name: string, producerVersion: string, metadata: Readonly<Record<string, string>> = {}): Message {
    const { operators, used } = this.#needed();
    const graph = new Message();
    for (const operator of operators) graph.message(1, nodeProto(operator));
    graph.string(2, name);
    for (const { name: constant, tensor } of this.#constants.values())
      if (used.has(constant)) graph.message(5, tensorProto(tensor, constant));
    for (const [tensorName, tensor] of this.#tensors)
      if (used.has(tensorName)) graph.message(5, tensorProto(tensor, tensorName));
    for (const port of this.#inputs.values()) if (used.has(port.name)) graph.message(11, valueInfo(port));
    for (const port of this.#outputs) graph.message(12, valueInfo(port));
    const model = new Message()
      .int(1, irVersion)
      .string(2, 'Adapter Studio')
      .string(3, producerVersion)
      .message(7, graph)
      .message(8, new Message().string(1, '').int(2, opset));
    for (const [key, value] of Object.entries(metadata))
      model.message(14, new Message().string(1, key).string(2, value));
    return model;
  }

  /** Operators on the way to an output, in order, and every name they read. */
  #needed(): { readonly operators: readonly Operator[]; readonly used: ReadonlySet<string> } {
    const used = new Set<string>(this.#outputs.map(({ name }) => name));
    const operators: Operator[] = [];
    for (const operator of [...this.#operators].reverse()) {
      if (!operator.outputs.some((output) => used.has(output))) continue;
      operators.push(operator);
      for (const input of operator.inputs) used.add(input);
    }
    return { operators: operators.reverse(), used };
  }
}

function tensorOf(
  type: 'f32' | 'i32' | 'i64',
  values: readonly number[],
  dims: readonly number[],
): OnnxTensor {
  invariant(
    dims.reduce((product, size) => product * size, 1) === values.length,
    `onnx: ${values.length} values for [${dims}]`,
  );
  const array =
    type === 'f32'
      ? Float32Array.from(values)
      : type === 'i32'
        ? Int32Array.from(values)
        : BigInt64Array.from(values.map(BigInt));
  return { type, dims, bytes: new Uint8Array(array.buffer) };
}

function tensorProto({ type, dims, bytes }: OnnxTensor, name: string): Message {
  const proto = new Message();
  for (const size of dims) proto.int(1, size);
  return proto.int(2, dataTypes[type]).string(8, name).bytes(9, bytes);
}

function valueInfo({ name, type, dims }: Port): Message {
  const shape = new Message();
  for (const size of dims)
    shape.message(1, typeof size === 'number' ? new Message().int(1, size) : new Message().string(2, size));
  const tensor = new Message().int(1, dataTypes[type]).message(2, shape);
  return new Message().string(1, name).message(2, new Message().message(1, tensor));
}

function nodeProto({ type, name, inputs, attributes, outputs }: Operator): Message {
  const node = new Message();
  for (const input of inputs) node.string(1, input);
  for (const output of outputs) node.string(2, output);
  node.string(3, name).string(4, type);
  for (const [key, value] of Object.entries(attributes)) node.message(5, attributeProto(key, value));
  return node;
}

/** Plain numbers are integers, since nearly all attributes are; a float says so. */
function attributeProto(name: string, value: OnnxAttribute): Message {
  const proto = new Message().string(1, name);
  if (typeof value === 'number') return proto.int(3, value).int(20, 2);
  if (typeof value === 'string') return proto.string(4, value).int(20, 3);
  if (Array.isArray(value)) {
    for (const item of value) proto.int(8, item);
    return proto.int(20, 7);
  }
  if ('float' in value) return proto.float(2, value.float).int(20, 1);
  return proto.message(5, tensorProto(value as OnnxTensor, '')).int(20, 4);
}
