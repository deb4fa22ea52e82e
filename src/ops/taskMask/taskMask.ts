/**
 * Keeps the rows of the sequences that belong to a task: x [tokens, N], tokenLayout u32 [tokens, 4], taskIds u32 [B, 1] →
 * [tokens, N], zero where the task of the row's sequence is not `task`. Linear and diagonal: its backward is itself.
 */
import type { GraphBuilder, Node } from '../../graph/graph';
import type { Op } from '../../graph/op';

export const taskMask: Op = {
  name: 'taskMask',
  infer: ([x]) => x!,
  backward: (node, dOut, _wants, graph) => [
    graph.apply(taskMask, [dOut, ...node.inputs.slice(1)], node.attributes, `${node.name}.dX`),
    null,
    null,
  ],
  reference({ inputs: [x, tokenLayout, taskIds], attributes, rows, cols, out }) {
    for (let i = 0; i < rows; i++) {
      if (taskIds![tokenLayout![4 * i]!] !== attributes.task) continue;
      for (let j = 0; j < cols; j++) out[i * cols + j] = x![i * cols + j]!;
    }
  },
  flops: () => 0,
};

export function keepTask(
  graph: GraphBuilder,
  x: Node,
  tokenLayout: Node,
  taskIds: Node,
  task: number,
  name: string,
): Node {
  return graph.apply(taskMask, [x, tokenLayout, taskIds], { task }, name);
}
