/**
 * Base model, adapter and head as one ONNX model, from the program that evaluates them: `input_ids` and `attention_mask` (and
 * `token_type_ids` where the family has types) int64 [batch, sequence] → `logits` f32 [batch, labels]. Embeddings and positions
 * are inside. Every place of the batch is a token row, and the ones of a row of `attention_mask` are its first places: texts are
 * padded on the right, as these tokenizers do.
 */

import { invariant } from '../../errors';
import type { LeafNode } from '../../graph/graph';
import type { Program } from '../../graph/program';
import { arithmetic } from '../../lower/onnx/arithmetic';
import { gemm } from '../../lower/onnx/gemm';
import { inferenceLowerings } from '../../lower/onnx/inference';
import { lowerProgram } from '../../lower/onnx/lower';
import { OnnxGraph, type Value } from '../../lower/onnx/onnx-graph';
import { PaddedSequences } from '../../lower/onnx/padded-sequences';
import type { Message } from '../../lower/onnx/protobuf';
import { type EmbeddingPart, embeddingParts } from '../../models/embedding';
import type { EncoderConfig, VirtualTokens } from '../../models/hooks';
import type { Precision } from './precision';
import { Weights } from './weights';

export interface Classifier {
  readonly model: EncoderConfig;
  /** Its outputs but for `logits`, and what only they need, are left out. */
  readonly program: Program;
  /** As the program's batches have them. */
  readonly virtualTokens: VirtualTokens | null;
  readonly positionShift: number;
  /**
   * What a text that was cut to `length` tokens ends with; null where the model is not to know. transformers.js 4.3 cuts the
   * special token off with the rest (`truncateHelper`), so a text of exactly this length gets it back: one that was cut rightly, or
   * not at all, has it there already. Delete when the library cuts in front of it.
   */
  readonly end: { readonly length: number; readonly token: number } | null;
  /** Values of any leaf and of the embedding tables. */
  readonly read: (name: string) => Float32Array;
  /** Whether a tensor is the base model's. */
  readonly isOfBase: (name: string) => boolean;
}

interface Batch {
  /** int64 [B, T]. */
  readonly ids: Value;
  readonly mask: Value;
  /** int64 [B, T]; absent where all tokens have type 0. */
  readonly types: Value | null;
  /** i32 [B, 1]: 0, 1, … */
  readonly numbers: Value;
  /** i32 scalar: T. */
  readonly length: Value;
  /** i32 scalar: rows of a sequence, T and those of a prompt. */
  readonly rows: Value;
  /** i32 [B, 4]: first row, rows, keys, 0. */
  readonly layout: Value;
}

/** `metadata` says where it comes from. */
export function classifierModel(
  classifier: Classifier,
  precision: Precision,
  version: string,
  metadata: Readonly<Record<string, string>>,
): Message {
  const { program, model } = classifier;
  const graph = new OnnxGraph();
  const weights = new Weights(graph, precision, classifier.read, classifier.isOfBase);
  const batch = batchOf(graph, classifier);
  const sequences = new PaddedSequences(graph, batch.layout, batch.rows);
  const inputs: Readonly<Record<string, () => Value>> = {
    layout: () => batch.layout,
    tokenLayout: () => tokenLayout(graph, batch),
    embeddings: () => graph.scope('embeddings', () => embeddings(graph, weights, batch, classifier)),
  };
  const leafValue = (leaf: LeafNode): Value => {
    if (leaf.kind !== 'input') return weights.matrix(leaf);
    // Labels and the like are the loss's, which is no output here.
    return inputs[leaf.name]?.() ?? graph.input(leaf.name, leaf.dtype === 'u32' ? 'i32' : 'f32', ['rows', 1]);
  };
  const { result } = lowerProgram(graph, program, leafValue, {
    sequences,
    lowerings: { ...inferenceLowerings, gemm: weights.product(gemm) },
  });
  const logits = program.outputs.logits!;
  graph.output('logits', result(logits), 'f32', ['batch', logits.shape.cols]);
  const known = ['input_ids', 'attention_mask', 'token_type_ids'];
  const unknown = graph.neededInputs.filter((name) => !known.includes(name));
  invariant(unknown.length === 0, `onnx: nobody gives ${unknown} to an exported model`);
  return graph.toModel(`${model.family.modelType} classifier`, version, metadata);
}

/** Whether texts have token types at all: RoBERTa's table has one row. */
const hasTypes = ({ typeVocabSize }: EncoderConfig) => typeVocabSize > 1;

function batchOf(graph: OnnxGraph, { model, virtualTokens, end }: Classifier): Batch {
  const { op, axes, add, mul, int } = arithmetic(graph);
  const input = (name: string) => graph.input(name, 'i64', ['batch', 'sequence']);
  const [given, mask] = [input('input_ids'), input('attention_mask')];
  const virtual = virtualTokens?.count ?? 0;
  const size = (axis: number) =>
    op('Squeeze', [asInt(graph, op('Shape', [given], { start: axis, end: axis + 1 }))]);
  const numbers = op('Unsqueeze', [op('Range', [int(0), size(0), int(1)]), axes(1)]);
  const length = size(1);
  const rows = plus(graph, length, virtual);
  const tokens = asInt(graph, op('ReduceSum', [mask, axes(1)], { keepdims: 1 }));
  const keys = plus(graph, tokens, virtual);
  const none = mul(numbers, int(0));
  const layout = op('Concat', [mul(numbers, rows), add(none, rows), keys, none], { axis: 1 });
  return {
    ids: end === null ? given : withEnd(graph, given, { tokens, length }, end),
    mask,
    types: hasTypes(model) ? input('token_type_ids') : null,
    numbers,
    length,
    rows,
    layout,
  };
}

/** The ids with the end's token in the last place of texts of its length; `tokens` i32 [B, 1] are the texts' lengths. */
function withEnd(
  graph: OnnxGraph,
  ids: Value,
  { tokens, length }: { readonly tokens: Value; readonly length: Value },
  end: NonNullable<Classifier['end']>,
): Value {
  const { op, axes, int, where } = arithmetic(graph);
  const columns = op('Unsqueeze', [op('Range', [int(0), length, int(1)]), axes(0)]);
  const isLast = op('Equal', [columns, int(end.length - 1)]);
  const isCut = op('Equal', [tokens, int(end.length)]);
  return where(op('And', [isLast, isCut]), graph.constant('i64', [end.token], []), ids);
}

/** i32 [B · rows, 4]: sequence, first row, rows, keys. */
function tokenLayout(graph: OnnxGraph, { numbers, rows, layout }: Batch): Value {
  const { op, axes, slice, reshape, concatRows } = arithmetic(graph);
  const perSequence = op('Concat', [numbers, slice(layout, 1, 0, 3)], { axis: 1 });
  const count = op('Shape', [layout], { start: 0, end: 1 });
  const times = op('Reshape', [op('Cast', [rows], { to: 7 }), axes(1)]);
  const wide = op('Expand', [op('Unsqueeze', [perSequence, axes(1)]), concatRows(count, times, axes(4))]);
  return reshape(wide, -1, 4);
}

/** The sum of the embeddings, [B · rows, D]; a prompt's rows are zero, or have position and type where it is embedded. */
function embeddings(graph: OnnxGraph, weights: Weights, batch: Batch, classifier: Classifier): Value {
  const { add, reshape } = arithmetic(graph);
  const { model, virtualTokens } = classifier;
  const D = model.hiddenSize;
  const parts = new Map(embeddingParts(model).map((part) => [part.part, part]));
  const rowsOf = ({ name, rows }: EmbeddingPart, ids: Value) => weights.rowsOf(name, rows, D, ids);
  const types = parts.get('tokenTypes');
  const typeRows = (ids: Value) => types && rowsOf(types, ids);
  const firstType = graph.constant('i64', [0]);
  const insert = (x: Value) => withPrompt(graph, x, virtualTokens, D);
  const words = rowsOf(parts.get('words')!, batch.ids);
  const typed = (x: Value, type: Value | undefined) => (type ? add(x, type) : x);
  const positions = parts.get('positions')!;
  if (virtualTokens?.embedded) {
    // Positions go on over the prompt, whose rows have a type too; a text by itself has type 0.
    const places = placesFrom(graph, batch.rows, isAfterPadding(model) ? model.padId + 1 : 0);
    return reshape(add(typed(insert(words), typeRows(firstType)), rowsOf(positions, places)), -1, D);
  }
  const sum = typed(words, typeRows(batch.types ?? firstType));
  return reshape(insert(add(sum, rowsOf(positions, positionsOf(graph, batch, classifier)))), -1, D);
}

const isAfterPadding = ({ family }: EncoderConfig) => family.positions === 'after-padding';

/** int64 [1, T]: `first`, `first` + 1, … */
function placesFrom(graph: OnnxGraph, count: Value, first: number): Value {
  const { op, axes, int, add } = arithmetic(graph);
  const numbers = op('Range', [int(first), add(count, int(first)), int(1)]);
  return op('Unsqueeze', [asLong(graph, numbers), axes(0)]);
}

/** int64 [B, T] or [1, T]: as the reference counts them, where a padding token within a text is padding. */
function positionsOf(
  graph: OnnxGraph,
  { ids, length, mask }: Batch,
  { model, positionShift }: Classifier,
): Value {
  const { op, add, mul } = arithmetic(graph);
  if (!isAfterPadding(model)) return placesFrom(graph, length, positionShift);
  const long = (value: number) => graph.constant('i64', [value], []);
  const isText = op('Not', [op('Equal', [ids, long(model.padId)])]);
  const counted = asLong(graph, op('And', [isText, op('Cast', [mask], { to: 9 })]));
  const numbers = add(op('CumSum', [counted, graph.constant('i32', [1], [])]), long(positionShift));
  return add(mul(numbers, counted), long(model.padId));
}

/** x [B, T, D] with rows of zeros where the prompt will be. */
function withPrompt(graph: OnnxGraph, x: Value, virtualTokens: VirtualTokens | null, D: number): Value {
  if (!virtualTokens) return x;
  const { op, axes, slice, concatRows } = arithmetic(graph);
  const { count, after } = virtualTokens;
  const sequences = op('Shape', [x], { start: 0, end: 1 });
  const zeros = op('ConstantOfShape', [concatRows(sequences, axes(count), axes(D))]);
  const rest = slice(x, 1, after, Number.MAX_SAFE_INTEGER);
  return op('Concat', [slice(x, 1, 0, after), zeros, rest], { axis: 1 });
}

const asInt = (graph: OnnxGraph, x: Value) => graph.op('Cast', [x], { to: 6 });
const asLong = (graph: OnnxGraph, x: Value) => graph.op('Cast', [x], { to: 7 });

function plus(graph: OnnxGraph, x: Value, constant: number): Value {
  const { add, int } = arithmetic(graph);
  return constant === 0 ? x : add(x, int(constant));
}
