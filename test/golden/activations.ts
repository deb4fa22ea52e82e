/**
 * The inner activations that detailed cases record (fixtures README §3): which node of the evaluate program each one is, found by
 * what it is connected to, and its comparison. The product's programs do not put them out; these programs do.
 */
import type { Node, OpNode } from '../../src/graph/graph';
import type { Program } from '../../src/graph/program';
import type { EvaluationOutput } from '../../src/runtime/executor';
import { allowed, type Check, relativeError } from './compare';
import { computedRows, type MethodCase } from './method-case';
import type { TensorMap } from './source';

const recorded = /^pert\/act\/(layer\.(\d+)\.(.+))$/;

interface Activation {
  /** Name in the tensors, behind `pert/act/`. */
  readonly name: string;
  readonly layer: number;
  readonly part: string;
}

const activationsOf = (tensors: TensorMap): readonly Activation[] =>
  [...tensors.keys()].flatMap((key) => {
    const [, name, layer, part] = recorded.exec(key) ?? [];
    return name === undefined ? [] : [{ name, layer: Number(layer), part: part! }];
  });

const isOp = (node: Node): node is OpNode => node.kind === 'op';

/** Finds a layer's nodes in a program. */
class LayerNodes {
  readonly #nodes: readonly OpNode[];
  readonly #module: string;

  constructor({ nodes }: Program, layer: number) {
    this.#nodes = nodes.filter(({ name }) => name.startsWith(`layer.${layer}.`));
    this.#module = `roberta.encoder.layer.${layer}`;
  }

  #last(what: string, fits: (node: OpNode) => boolean): OpNode {
    const node = this.#nodes.findLast(fits);
    if (!node) throw new Error(`${this.#module}: the program has no node that is ${what}`);
    return node;
  }

  /** The last node that reads a tensor of this name. */
  #reader(tensor: string): OpNode {
    return this.#last(`the reader of ${tensor}`, ({ inputs }) =>
      inputs.some(({ kind, name }) => kind !== 'op' && name === `${this.#module}.${tensor}`),
    );
  }

  /** What the module on a linear layer makes of it, the layer's own output where there is none. */
  get #output(): OpNode {
    return this.#last('the adapted output', ({ name }) =>
      /^layer\.\d+\.output(\.(lora|dora|ia3))?$/.test(name),
    );
  }

  get attention(): OpNode {
    return this.#last('the attention', ({ op }) => op.name === 'attention');
  }

  get #gelu(): OpNode {
    return this.#last('the feed-forward activation', ({ name }) => name.endsWith('.ffn.gelu'));
  }

  /** Keys or values as the layer's projection gives them, without the prefixes in front of them. */
  #projected(input: 1 | 2): Node {
    let node = this.attention.inputs[input]!;
    while (isOp(node) && node.op.name === 'joinKeys') node = node.inputs[1]!;
    return node;
  }

  part(part: string): Node {
    switch (part) {
      case 'q':
        return this.attention.inputs[0]!;
      case 'k':
        return this.#projected(1);
      case 'v':
        return this.#projected(2);
      case 'context':
        return this.attention;
      case 'attn_out_dense':
        return this.#reader('attention.output.dense.weight');
      case 'attn_ln':
        return this.#reader('attention.output.LayerNorm.weight');
      case 'ffn_in_pre_act':
        return this.#gelu.inputs[0]!;
      case 'ffn_in_act':
        return this.#gelu;
      case 'ffn_out_dense':
        return this.#output;
      case 'ffn_ln':
        return this.#reader('output.LayerNorm.weight');
    }
    const [, place, half] = /^(.+)\.(adapter_(?:down|up))$/.exec(part) ?? [];
    if (place === undefined) throw new Error(`no node is known for the recorded activation ${part}`);
    if (half === 'adapter_up') return this.#reader(`${place}.adapter_up.weight`);
    // The library's module is the dense layer and its activation.
    const dense = this.#reader(`${place}.adapter_down.0.weight`);
    return this.#last(
      'the activation of a bottleneck',
      ({ inputs, op }) => op.name === 'activation' && inputs[0] === dense,
    );
  }
}

const [lse, keys] = ['lse', 'keys'].map((name) => (layer: number) => `layer.${layer}.probs.${name}`) as [
  (layer: number) => string,
  (layer: number) => string,
];

/** The program with an output for each recorded activation. */
export function withActivations(program: Program, tensors: TensorMap): Program {
  const outputs = activationsOf(tensors).flatMap(({ name, layer, part }): (readonly [string, Node])[] => {
    const nodes = new LayerNodes(program, layer);
    if (part !== 'probs') return [[name, nodes.part(part)]];
    // Attention keeps no probabilities: they follow from each row's log-sum-exp.
    const [q, k, , rowSums] = nodes.attention.inputs as Node[];
    return [
      [`layer.${layer}.q`, q!],
      [keys(layer), k!],
      [lse(layer), rowSums!],
    ];
  });
  return { ...program, outputs: { ...program.outputs, ...Object.fromEntries(outputs) } };
}

/** exp(q · k / √dH − lse) of every real query, head and key, and the recorded ones: [queries · heads · keys]. */
function probabilities(method: MethodCase, layer: number, extra: EvaluationOutput['extra']) {
  const { base, fixture, batches, tensors } = method;
  const { hiddenSize: D, numAttentionHeads: heads } = base.config;
  const [q, k, rowSums] = [extra[`layer.${layer}.q`]!, extra[keys(layer)]!, extra[lse(layer)]!];
  const { shape, data } = tensors.get(`pert/act/layer.${layer}.probs`)!;
  const [, , positions = 0, columns = 0] = shape;
  const prefix = columns - positions;
  const layout = batches[fixture.batch]!.inputs.layout!;
  const size = D / heads;
  const [got, expected]: [number[], number[]] = [[], []];
  for (let s = 0; s < layout.length / 4; s++) {
    const [first, rows, realKeys] = [layout[4 * s]!, layout[4 * s + 1]!, layout[4 * s + 2]!];
    for (let row = 0; row < rows; row++)
      for (let h = 0; h < heads; h++)
        for (let j = 0; j < prefix + realKeys; j++) {
          const [query, key] = [(first + row) * D + h * size, (first + s * prefix + j) * D + h * size];
          let dot = 0;
          for (let d = 0; d < size; d++) dot += q[query + d]! * k[key + d]!;
          got.push(Math.exp(dot / Math.sqrt(size) - rowSums[(first + row) * heads + h]!));
          expected.push(data[((s * heads + h) * positions + row) * columns + j]!);
        }
  }
  return { got, expected };
}

/** Every recorded inner activation at `pert`; none where the case records none. */
export function activationChecks(method: MethodCase, { extra }: EvaluationOutput): readonly Check[] {
  const { fixture, tensors } = method;
  return activationsOf(tensors).map(({ name, layer, part }) => {
    const what = `pert ${name}`;
    if (part === 'probs') {
      const { got, expected } = probabilities(method, layer, extra);
      return { what, error: relativeError(got, expected), allowed: allowed.hidden };
    }
    const { shape, data } = tensors.get(`pert/act/${name}`)!;
    const rows = computedRows(method, fixture.batch, data, shape.at(-1)!);
    return { what, error: relativeError(extra[name]!, rows), allowed: allowed.hidden };
  });
}
