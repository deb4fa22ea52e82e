/**
 * What one adapter configuration does at each place of the model. Methods make parts, `compose.ts` joins the parts of a
 * whole setup into the model's hooks as AdapterHub's composition blocks do.
 */
import type { Node } from '../../graph/graph';
import type {
  BuildContext,
  Initializer,
  KeyPrefix,
  LinearSite,
  SublayerEnd,
  SublayerSite,
  VirtualTokens,
} from '../../models/hooks';

export interface AdapterParameter {
  /** Name of the library's state dict, the adapter's name inside. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** Part of the file but never trained: VeRA's shared matrices, LoReFT's base. */
  readonly frozen?: true;
}

/** A module on a linear layer (`adapters.methods.lora`). */
export interface LinearPart {
  /** What the module computes from the layer's input x and, in a stack, from the state of the module before. */
  update(context: BuildContext, x: Node, state: Node | null): Node;
  /** The layer's adapted output: y = W x + b with the composed state. */
  combine(context: BuildContext, y: Node, state: Node): Node;
}

/** A module that replaces a linear layer altogether; it cannot be composed with others (PEFT's variants). */
export interface LinearReplacement {
  replace(context: BuildContext, x: Node, frozen: (x: Node) => Node): Node;
}

/** A bottleneck at the end of a sub-layer (`adapters.methods.bottleneck`). */
export interface BottleneckPart {
  /** Input of the module, what its residual adds, and the query of a fusion that it ends. */
  before(context: BuildContext, end: SublayerEnd): { readonly x: Node; readonly residual: Node };
  forward(
    context: BuildContext,
    x: Node,
    residual: Node,
  ): {
    readonly output: Node;
    /** The scaled up-projection alone: what a fusion attends to. */
    readonly up: Node;
  };
  /** From the composed output to that of the sub-layer. */
  after(context: BuildContext, output: Node, end: SublayerEnd): Node;
}

export interface AdapterParts {
  readonly parameters: readonly AdapterParameter[];
  linear?(site: LinearSite): LinearPart | LinearReplacement | null;
  bottleneck?(site: SublayerSite): BottleneckPart | null;
  prefix?(context: BuildContext, layer: number, x: Node): KeyPrefix | null;
  /** An invertible block after the embeddings. */
  invertible?(context: BuildContext, x: Node): Node;
  /** Puts the prompt's vectors into the rows that `virtualTokens` reserves. */
  prompt?(context: BuildContext, x: Node): Node;
  readonly virtualTokens?: VirtualTokens;
  /** Positions of the real tokens are counted from here on (PEFT's prefix tuning). */
  readonly positionShift?: number;
  intervention?(context: BuildContext, layer: number, h: Node): Node;
  /** Names of base tensors that train too. */
  trainsBase?(name: string): boolean;
}

export const isReplacement = (part: LinearPart | LinearReplacement): part is LinearReplacement =>
  'replace' in part;
