/**
 * The op-graph: nodes, leaves, the builder. Pure data and shape rules; knows no op by name, no executor, no model.
 *
 * Every value is a matrix `[rows, cols]`. `cols` is a constant of the model; `rows` is one of three extents, so that one
 * graph serves every batch of a run: `tokens` (M, all token rows of a batch), `sequences` (B), or a constant.
 */
import { invariant } from '../errors';
import type { Op } from './op';

export type Rows = 'tokens' | 'sequences' | number;

export interface Shape {
  readonly rows: Rows;
  readonly cols: number;
}

/** `u32` is for what the collator makes (layout, labels); everything computed is `f32`. */
export type DType = 'f32' | 'u32';

export type LeafKind = 'frozen' | 'trainable' | 'input';

type AttributeValue = number | boolean | string;
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface LeafNode {
  readonly kind: LeafKind;
  readonly id: number;
  /** Tensor name of the checkpoint or adapter file, or of the batch's input. */
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

export interface OpNode {
  readonly kind: 'op';
  readonly id: number;
  readonly op: Op;
  readonly inputs: readonly Node[];
  readonly attributes: Attributes;
  /** Where in the model it stands, e.g. `layer.3.attention.context`: names GPU objects, probes and errors. */
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

export type Node = LeafNode | OpNode;

export function formatShape({ rows, cols }: Shape): string {
  return `[${rows}, ${cols}]`;
}

/** Rows of a batch for each extent. */
export interface Extents {
  readonly tokens: number;
  readonly sequences: number;
}

export function rowCount(rows: Rows, extents: Extents): number {
  if (typeof rows === 'number') return rows;
  return rows === 'tokens' ? extents.tokens : extents.sequences;
}

/** Makes nodes; creation order is an execution order. Leaves are unique by name. */
export class GraphBuilder {
  readonly #leaves = new Map<string, LeafNode>();
  readonly #nodes: OpNode[] = [];
  #nextId = 0;
  #scope = '';

  get leaves(): readonly LeafNode[] {
    return [...this.#leaves.values()];
  }

  get nodes(): readonly OpNode[] {
    return this.#nodes;
  }

  /** Prefixes the names of the nodes made inside `build`, e.g. `layer.3`. */
  scope<T>(name: string, build: () => T): T {
    const outer = this.#scope;
    this.#scope = outer ? `${outer}.${name}` : name;
    try {
      return build();
    } finally {
      this.#scope = outer;
    }
  }

  leaf(kind: LeafKind, name: string, shape: Shape, dtype: DType = 'f32'): LeafNode {
    const known = this.#leaves.get(name);
    if (known) {
      const same = known.kind === kind && known.shape.rows === shape.rows && known.shape.cols === shape.cols;
      invariant(
        same,
        `leaf ${name} ${formatShape(shape)} was ${known.kind} ${formatShape(known.shape)} before`,
      );
      return known;
    }
    const leaf: LeafNode = { kind, id: this.#nextId++, name, shape, dtype };
    this.#leaves.set(name, leaf);
    return leaf;
  }

  apply(op: Op, inputs: readonly Node[], attributes: Attributes, name: string): OpNode {
    const shape = op.infer(
      inputs.map((input) => input.shape),
      attributes,
    );
    const node: OpNode = {
      kind: 'op',
      id: this.#nextId++,
      op,
      inputs,
      attributes,
      name: this.#scope ? `${this.#scope}.${name}` : name,
      shape,
      dtype: 'f32',
    };
    this.#nodes.push(node);
    return node;
  }
}
