/** `roberta-base` by its sizes, with AdapterHub's default LoRA: what plans are made of where no weights are needed. */
import { robertaBase } from '../scripts/methods-table';
import { methodById } from '../src/adapters/registry';
import { type Extents, rowCount } from '../src/graph/graph';
import type { Program } from '../src/graph/program';
import { defaultHead } from '../src/heads/classification';
import { buildTraining } from '../src/train/programs';

/** LoRA r=8 on query and value, two classes. */
export function robertaBaseLora({ dropout }: { readonly dropout: boolean }) {
  const lora = methodById('lora');
  return buildTraining({
    model: robertaBase,
    method: lora,
    methodConfig: lora.defaultConfig,
    adapterName: 'main',
    head: defaultHead('main', 2),
    dropout,
  });
}

/** The largest batch of the reference experiment, and one of Rotten Tomatoes' average length. */
export const paddedBatch: Extents = { tokens: 32 * 80, sequences: 32 };
export const raggedBatch: Extents = { tokens: 32 * 27, sequences: 32 };

/** Multiplications and additions of a program on a batch. */
export function flopsOf({ nodes }: Program, batch: Extents): number {
  return nodes.reduce((sum, node) => {
    const inputs = node.inputs.map(({ shape }) => [rowCount(shape.rows, batch), shape.cols] as const);
    return sum + node.op.flops(inputs, rowCount(node.shape.rows, batch), node.shape.cols, batch);
  }, 0);
}
