/**
 * As much of Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding) as an ONNX model needs: varints,
 * 32-bit floats, and length-delimited bytes, strings and messages. Messages keep their parts apart, so that the bytes of
 * large tensors are never copied into one array here.
 */

const encoder = new TextEncoder();

/** A serialised message, in parts that lie one after another. */
export class Message {
  readonly parts: Uint8Array<ArrayBuffer>[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** An integer field (int32, int64, enum); negative numbers take ten bytes, as the format says. */
  int(field: number, value: number | bigint): this {
    return this.#push(Uint8Array.from([...varint(field << 3), ...varint(value)]));
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#push(Uint8Array.from([...varint((field << 3) | 5), ...bytes]));
  }

  bytes(field: number, value: Uint8Array<ArrayBuffer>): this {
    return this.#push(Uint8Array.from([...varint((field << 3) | 2), ...varint(value.length)])).#push(value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  message(field: number, value: Message): this {
    this.#push(Uint8Array.from([...varint((field << 3) | 2), ...varint(value.length)]));
    for (const part of value.parts) this.#push(part);
    return this;
  }

  /** All parts in one array. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  #push(part: Uint8Array<ArrayBuffer>): this {
    this.parts.push(part);
    this.#length += part.length;
    return this;
  }
}

/** Seven bits a byte, lowest first; of a negative number its 64-bit two's complement. */
function varint(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest ? low | 0x80 : low);
  } while (rest);
  return bytes;
}
