/**
 * The op-graph: nodes, leaves, the builder. Pure data and shape rules; knows no op by name, no executor, no model.
 *
 * Every value is a matrix `[rows, cols]`. `cols` is a constant of the model; `rows` is an extent of the batch, so that one
 * graph serves every batch of a run: `tokens` (M, all token rows of a batch), `sequences` (B), P rows for each sequence,
 * P rows for each sequence in front of its tokens (the keys of prefix tuning), or a constant.
 */
import { invariant } from '../errors';
import type { Op } from './op';

export type Rows = 'tokens' | 'sequences' | `${number}*sequences` | `tokens+${number}*sequences` | number;

/** `count` rows for each sequence. */
export const rowsPerSequence = (count: number): Rows => (count === 1 ? 'sequences' : `${count}*sequences`);

/** The token rows, `prefix` more rows in front of those of each sequence. */
export const tokensWithPrefix = (prefix: number): Rows =>
  prefix === 0 ? 'tokens' : `tokens+${prefix}*sequences`;

/** A row count as `tokens · M + sequences · B + constant`. Throws where `rows` is none of the five forms. */
export function rowTerms(rows: Rows): {
  readonly tokens: 0 | 1;
  readonly sequences: number;
  readonly constant: number;
} {
  if (typeof rows === 'number') return { tokens: 0, sequences: 0, constant: rows };
  if (rows === 'tokens') return { tokens: 1, sequences: 0, constant: 0 };
  if (rows === 'sequences') return { tokens: 0, sequences: 1, constant: 0 };
  const parts = /^(tokens\+)?(\d+)\*sequences$/.exec(rows);
  invariant(parts, `rows: ${rows}`);
  return { tokens: parts[1] ? 1 : 0, sequences: Number(parts[2]), constant: 0 };
}

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
  const { tokens, sequences, constant } = rowTerms(rows);
  return tokens * extents.tokens + sequences * extents.sequences + constant;
}

/**
 * Makes nodes; creation order is an execution order. Leaves are unique by name, and an op applied again to the same
 * inputs with the same attributes is the node of the first time: branches of a composition share what they have in common.
 */
export class GraphBuilder {
  readonly #leaves = new Map<string, LeafNode>();
  readonly #nodes: OpNode[] = [];
  readonly #applied = new Map<string, OpNode>();
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
    const key = `${op.name} ${inputs.map(({ id }) => id)} ${JSON.stringify(attributes)}`;
    const known = this.#applied.get(key);
    if (known) return known;
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
    this.#applied.set(key, node);
    return node;
  }
}
