/**
 * Where an adapter may join RoBERTa, and the types that the model and the methods share. The model calls the hooks and
 * knows no method by name.
 */
import type { GraphBuilder, Node } from '../graph/graph';

/** `config.json` of the checkpoint, as far as the encoder needs it. */
export interface RobertaConfig {
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly intermediateSize: number;
  readonly vocabSize: number;
  readonly maxPositionEmbeddings: number;
  readonly layerNormEpsilon: number;
  readonly hiddenDropoutRate: number;
  readonly attentionDropoutRate: number;
  /** Of the classification head: `classifier_dropout`, else the hidden rate. */
  readonly classifierDropoutRate: number;
  readonly initializerRange: number;
}

/** Distribution of a fresh parameter. `uniform` is on [−bound, bound]. */
export type Initializer =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly standardDeviation: number }
  | { readonly kind: 'uniform'; readonly bound: number };

/** What a hook can build with. */
export interface BuildContext {
  readonly graph: GraphBuilder;
  /** u32 [sequences, 4]: first row, rows, keys, 0. */
  readonly layout: Node;
  /** u32 [tokens, 4]: sequence, first row, rows, keys. */
  readonly tokenLayout: Node;
  /** Dropout at a site with a stable name; the value itself when evaluating or at rate 0. */
  dropout(x: Node, rate: number, site: string): Node;
  /** Rate of attention-probability dropout; 0 when evaluating. */
  attentionDropout(rate: number): number;
  /** A trainable parameter; vectors are one row. */
  parameter(name: string, shape: readonly number[]): Node;
}

/** A frozen linear layer of a layer: `query`, `key`, `value` of self-attention, `intermediate`, `output` of the FFN. */
export interface LinearSite {
  readonly kind: 'query' | 'key' | 'value' | 'intermediate' | 'output';
  readonly layer: number;
  /** Module name in the checkpoint, e.g. `roberta.encoder.layer.0.attention.self.query`. */
  readonly module: string;
}

/** The end of a sub-layer, where residual and LayerNorm join. */
export interface SublayerSite {
  readonly kind: 'attention' | 'ffn';
  readonly layer: number;
  /** Module name in the checkpoint, e.g. `roberta.encoder.layer.0.output`. */
  readonly module: string;
}

export interface ModelHooks {
  /** Output of an adapted linear layer: x is its input, y = W x + b its frozen output. */
  linear?(context: BuildContext, site: LinearSite, x: Node, y: Node): Node;
  /**
   * Output of a sub-layer: h is its dense output after dropout, residual the sub-layer's input, `norm(a, b)` the frozen
   * LayerNorm of a + b. Without the hook the model returns `norm(h, residual)`.
   */
  sublayer?(
    context: BuildContext,
    site: SublayerSite,
    h: Node,
    residual: Node,
    norm: (a: Node, b: Node) => Node,
  ): Node;
}
