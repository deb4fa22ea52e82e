/** Runs a program with each op's float64 definition, one node after the other. The truth that executors are held to. */
import { invariant } from '../../errors';
import { type Node, rowCount } from '../../graph/graph';
import type { StepScalars, Values } from '../../graph/op';
import type { Program } from '../../graph/program';

/** Values of all nodes of the program; `leafValues` are looked up by leaf name. */
export function interpret(
  program: Program,
  leafValues: (name: string) => Values | undefined,
  step: StepScalars,
): ReadonlyMap<Node, Values> {
  const values = new Map<Node, Values>();
  const sizeOf = ({ shape }: Node) => [rowCount(shape.rows, step), shape.cols] as const;
  for (const leaf of program.leaves) {
    const value = leafValues(leaf.name);
    const [rows, cols] = sizeOf(leaf);
    invariant(
      value?.length === rows * cols,
      `interpret: ${leaf.kind} ${leaf.name} has ${value?.length ?? 'no'} values, expected ${rows} × ${cols}`,
    );
    values.set(leaf, value);
  }
  for (const node of program.nodes) {
    const [rows, cols] = sizeOf(node);
    const out = new Float64Array(rows * cols);
    node.op.reference({
      inputs: node.inputs.map((input) => values.get(input)!),
      inputShapes: node.inputs.map(sizeOf),
      attributes: node.attributes,
      rows,
      cols,
      step,
      out,
    });
    values.set(node, out);
  }
  return values;
}
