/**
 * Where an adapter may join the encoder, and the types that the model and the methods share. The model calls the hooks and
 * knows no method by name.
 */
import type { GraphBuilder, Node } from '../graph/graph';
import type { ModelFamily } from './family';

/** `config.json` of the checkpoint, as far as the encoder needs it. */
export interface EncoderConfig {
  readonly family: ModelFamily;
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly intermediateSize: number;
  readonly vocabSize: number;
  readonly maxPositionEmbeddings: number;
  /** Rows of the token-type table; 0 where the model has none. */
  readonly typeVocabSize: number;
  /** AdapterHub keeps the checkpoint's masked-LM head beside a new head, and counts it among the parameters. */
  readonly maskedLmHead: boolean;
  /** Token id of padding, whose embedding takes no gradient. */
  readonly padId: number;
  readonly layerNormEpsilon: number;
  readonly hiddenDropoutRate: number;
  readonly attentionDropoutRate: number;
  /** Of the classification head, where it has no rate of its own. */
  readonly classifierDropoutRate: number;
  readonly initializerRange: number;
}

/** Distribution of a fresh parameter. */
export type Initializer =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly standardDeviation: number }
  /** On [−bound, bound]. */
  | { readonly kind: 'uniform'; readonly bound: number }
  /** Normal, drawn again until it lies within [−bound, bound]. */
  | { readonly kind: 'truncatedNormal'; readonly standardDeviation: number; readonly bound: number }
  /** `diagonal` on the diagonal of a matrix, `elsewhere` beside it. */
  | { readonly kind: 'diagonal'; readonly diagonal: number; readonly elsewhere: number }
  /** An orthonormal matrix whose first `rank` columns span those of a random one, as torch's `orthogonal` makes it. */
  | { readonly kind: 'orthonormal'; readonly rank: number }
  /** Euclidean norm of each row of a tensor of the base model. */
  | { readonly kind: 'rowNorms'; readonly of: string }
  /** A copy of the tensor of the same name of the base model. */
  | { readonly kind: 'base' };

/** What a hook can build with. */
export interface BuildContext {
  readonly graph: GraphBuilder;
  /** u32 [sequences, 4]: first row, rows, keys, 0. */
  readonly layout: Node;
  /** u32 [tokens, 4]: sequence, first row, rows, keys. */
  readonly tokenLayout: Node;
  /** u32 [sequences, 1]: which task each sequence belongs to. Asked for only where a composition needs it. */
  readonly taskIds: () => Node;
  /** Dropout at a site with a stable name; the value itself when evaluating or at rate 0. */
  dropout(x: Node, rate: number, site: string): Node;
  /** Rate of attention-probability dropout; 0 when evaluating. */
  attentionDropout(rate: number): number;
  /** A tensor of an adapter or head; vectors are one row. Whether it trains is the run's decision. */
  parameter(name: string, shape: readonly number[]): Node;
  /** A tensor of the base model, frozen unless the method trains it. */
  base(name: string, shape: readonly number[]): Node;
}

/** A linear layer of the encoder, with the names of its module in the checkpoint. */
export interface LinearSite {
  readonly kind: 'query' | 'key' | 'value' | 'attentionOutput' | 'intermediate' | 'output';
  readonly layer: number;
  /** E.g. `roberta.encoder.layer.0.attention.self.query`. */
  readonly module: string;
  readonly into: number;
  readonly out: number;
}

/** The end of a sub-layer, where residual and LayerNorm join. */
export interface SublayerSite {
  readonly kind: 'attention' | 'ffn';
  readonly layer: number;
  /** Where its adapters hang, e.g. `roberta.encoder.layer.0.output`. */
  readonly module: string;
  /** Module of its LayerNorm, e.g. `roberta.encoder.layer.0.output.LayerNorm`. */
  readonly norm: string;
}

/** What a sub-layer ends with: h is its dense output after dropout, residual its input. */
export interface SublayerEnd {
  readonly h: Node;
  readonly residual: Node;
  /** The frozen LayerNorm of a + b. */
  norm(a: Node, b: Node): Node;
}

/** Keys and values in front of a layer's own: each [P · sequences, D]. */
export interface KeyPrefix {
  readonly keys: Node;
  readonly values: Node;
}

/** Rows that a prompt takes in front of (or after the first of) every sequence's tokens. */
export interface VirtualTokens {
  readonly count: number;
  /** 0: before `<s>`; 1: right after it. */
  readonly after: 0 | 1;
  /** They have word, position and type embeddings of their own and pass the embeddings' LayerNorm (PEFT). */
  readonly embedded?: true;
}

export interface ModelHooks {
  /** Before the embeddings' LayerNorm: x the sum of the three embeddings [tokens, D]. */
  embeddingSum?(context: BuildContext, x: Node): Node;
  /** After the embedding block: x [tokens, D] after LayerNorm and dropout. */
  embedding?(context: BuildContext, x: Node): Node;
  /** Output of a linear layer with input x; `frozen(x)` is W x + b. Without the hook the model takes that. */
  linear?(context: BuildContext, site: LinearSite, x: Node, frozen: (x: Node) => Node): Node;
  /** Prefixes of a layer's keys and values; each one comes in front of those before it. x is the attention's input. */
  prefixes?(context: BuildContext, layer: number, x: Node): readonly KeyPrefix[];
  /** Output of a sub-layer. Without the hook the model returns `norm(h, residual)`. */
  sublayer?(context: BuildContext, site: SublayerSite, end: SublayerEnd): Node;
  /** Output of a whole layer. */
  layerOutput?(context: BuildContext, layer: number, h: Node): Node;
}
