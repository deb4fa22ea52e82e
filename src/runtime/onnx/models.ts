/**
 * The two models of a run: one optimizer step (forward, backward, AdamW), and the forward pass. Trainable tensors are slices
 * of the flat block; frozen weights are inputs, so a model is a hundred kilobytes whatever the base weighs, and several
 * models read the same weights.
 */
import type { LeafNode } from '../../graph/graph';
import type { ParameterLayout } from '../../graph/parameters';
import type { Program } from '../../graph/program';
import { lowerAdamW, scalarCount } from '../../lower/onnx/adamw';
import { arithmetic } from '../../lower/onnx/arithmetic';
import { lowerProgram } from '../../lower/onnx/lower';
import type { HostInput } from '../../lower/onnx/lowering';
import { type Dimension, OnnxGraph, type Value } from '../../lower/onnx/onnx-graph';
import type { TrainingPrograms } from '../executor';

export interface OnnxModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Names of the inputs that the model has. */
  readonly inputs: ReadonlySet<string>;
  readonly hostInputs: readonly HostInput[];
}

const blockNames = ['parameters', 'exponentialAverage', 'exponentialAverageSquared'] as const;

/**
 * Inputs: the three blocks and `gradientsSoFar` f32 [totalFloats], `lossSoFar` f32 [1] (of the step's earlier micro-batches),
 * `scalars`, the batch, the frozen tensors. Outputs: the three blocks after the step, `gradients` f32 [totalFloats], `loss`
 * and `gradientNorm` f32 [1], `finite` bool [1].
 */
export function trainingModel({ train, parameters }: TrainingPrograms, version: string): OnnxModel {
  const graph = new OnnxGraph();
  const { totalFloats, decayedFloats } = parameters;
  const block = (name: string) => graph.input(name, 'f32', [totalFloats]);
  const [values, exponentialAverage, exponentialAverageSquared] = blockNames.map(block) as [
    Value,
    Value,
    Value,
  ];
  const { result, hostInputs } = lowerProgram(graph, train, leavesOn(graph, parameters, values));
  const { add, mul, reshape } = arithmetic(graph);
  const gradients = add(
    flatGradients(graph, train, parameters, result),
    graph.input('gradientsSoFar', 'f32', [totalFloats]),
  );
  const scaled = mul(
    reshape(result(train.outputs.loss!), 1),
    reshape(graph.input('lossScale', 'f32', [1, 1]), 1),
  );
  const loss = add(scaled, graph.input('lossSoFar', 'f32', [1]));
  const updated = graph.scope('adamw', () =>
    lowerAdamW(
      graph,
      { parameters: values, exponentialAverage, exponentialAverageSquared },
      gradients,
      loss,
      graph.input('scalars', 'f32', [scalarCount]),
      decayedFloats,
      totalFloats,
    ),
  );
  for (const name of blockNames) graph.output(`${name}.next`, updated[name], 'f32', [totalFloats]);
  graph.output('gradients', gradients, 'f32', [totalFloats]);
  graph.output('loss', loss, 'f32', [1]);
  graph.output('gradientNorm', updated.gradientNorm, 'f32', [1]);
  graph.output('finite', updated.finite, 'bool', [1]);
  return finished(graph, 'training step', version, hostInputs);
}

/** Inputs: `parameters`, the batch, the frozen tensors. Outputs: those of the program, each with its rows and columns. */
export function evaluationModel({ evaluate, parameters }: TrainingPrograms, version: string): OnnxModel {
  const graph = new OnnxGraph();
  const block = graph.input('parameters', 'f32', [parameters.totalFloats]);
  const { result, hostInputs } = lowerProgram(graph, evaluate, leavesOn(graph, parameters, block));
  for (const [name, node] of Object.entries(evaluate.outputs))
    graph.output(name, result(node), 'f32', [`${name}.rows`, node.shape.cols]);
  return finished(graph, 'evaluation', version, hostInputs);
}

function finished(
  graph: OnnxGraph,
  name: string,
  version: string,
  hostInputs: readonly HostInput[],
): OnnxModel {
  return { bytes: graph.toModel(name, version).toBytes(), inputs: new Set(graph.neededInputs), hostInputs };
}

/** A trainable leaf is a slice of the block, every other one an input of its name. */
function leavesOn(
  graph: OnnxGraph,
  { parameters }: ParameterLayout,
  block: Value,
): (leaf: LeafNode) => Value {
  const placed = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const { slice, reshape } = arithmetic(graph);
  return ({ name, shape, dtype }) => {
    const parameter = placed.get(name);
    if (parameter) {
      const { offset, length } = parameter;
      return reshape(slice(block, 0, offset, offset + length), Number(shape.rows), shape.cols);
    }
    const dims: readonly Dimension[] = [shape.rows, shape.cols];
    return graph.input(name, dtype === 'u32' ? 'i32' : 'f32', dims);
  };
}

/** The gradients in the order of the block, zeros between and for what has none: f32 [totalFloats]. */
function flatGradients(
  graph: OnnxGraph,
  { gradients }: Program,
  { parameters, totalFloats }: ParameterLayout,
  result: (node: NonNullable<ReturnType<typeof gradients.get>>) => Value,
): Value {
  const { reshape, concatRows } = arithmetic(graph);
  const zeros = (count: number) => graph.op('ConstantOfShape', [graph.constant('i64', [count])]);
  const parts: Value[] = [];
  let at = 0;
  const fillTo = (offset: number) => {
    if (offset > at) parts.push(zeros(offset - at));
    at = offset;
  };
  for (const { name, offset, length } of parameters) {
    const gradient = gradients.get(name);
    if (!gradient) continue;
    fillTo(offset);
    parts.push(reshape(result(gradient), -1));
    at += length;
  }
  fillTo(totalFloats);
  return concatRows(...parts);
}
