/** A batch's sequences in grids of like length. Which sequence is in which, and where its rows then are, the host says. */
import { arithmetic } from './arithmetic';
import { groupCount, groupsOf, placesOfRows } from './length-groups';
import type { Grids, HostInput } from './lowering';
import type { OnnxGraph, Value } from './onnx-graph';
import { Sequences } from './sequences-of-batch';

/** The sequences of a layout whose last column has their own numbers. */
class SomeSequences extends Sequences {
  override get numbers(): Value {
    return this.column('number');
  }
}

export class GroupedSequences implements Grids {
  readonly #graph: OnnxGraph;
  readonly #hostInput: (input: HostInput) => Value;

  constructor(graph: OnnxGraph, hostInput: (input: HostInput) => Value) {
    this.#graph = graph;
    this.#hostInput = hostInput;
  }

  get grids(): readonly Sequences[] {
    return Array.from({ length: groupCount }, (_, g) => {
      const layout = this.#hostInput({
        name: `layout.${g}`,
        type: 'i32',
        dims: (_step, batch) => [groupsOf(batch)[g]!.length / 4, 4],
        compute: (_step, batch) => groupsOf(batch)[g]!,
      });
      return new SomeSequences(this.#graph, layout);
    });
  }

  fromHeads(xs: readonly Value[], prefix: number, heads: number, size: number): Value {
    const { concatRows, gather, reshape } = arithmetic(this.#graph);
    const places = this.#hostInput({
      name: `places.${prefix}.${heads}`,
      type: 'i32',
      dims: ({ tokens, sequences }) => [tokens + prefix * sequences, heads],
      compute: (_step, batch) => placesOfRows(batch, prefix, heads),
    });
    const rows = gather(concatRows(...xs.map((x) => reshape(x, -1, size))), places);
    return reshape(rows, -1, heads * size);
  }
}
