/**
 * `npx vitest run --project bench bench/onnx-memory`: growth of the page's process by two steps and an evaluation on ONNX Runtime,
 * against the frozen weights and the plan, for the sizes of `roberta-mini` and `roberta-base`, LoRA r=8. Prints; Linux only.
 */
import { it } from 'vitest';
import { commands } from 'vitest/browser';
import type { MemoryAnswer, MemoryMessage } from './onnx-memory.worker';
import MemoryWorker from './onnx-memory.worker?worker';

const mini = { hiddenSize: 384, numHiddenLayers: 6, intermediateSize: 1536 };
const base = { hiddenSize: 768, numHiddenLayers: 12, intermediateSize: 3072 };

const mega = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

function measure(worker: Worker, message: MemoryMessage): Promise<MemoryAnswer> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<MemoryAnswer>) =>
      'held' in data ? resolve(data) : reject(new Error(JSON.stringify(data)));
    worker.postMessage(message);
  });
}

it.each([
  { name: 'roberta-mini', sizes: mini, sequences: 1, length: 8 },
  { name: 'roberta-mini', sizes: mini, sequences: 32, length: 27 },
  { name: 'roberta-base', sizes: base, sequences: 1, length: 8 },
  { name: 'roberta-base', sizes: base, sequences: 32, length: 27 },
])(
  '$name, $sequences × $length',
  async ({ name, sizes, sequences, length }) => {
    const before = (await commands.readResident()).page!;
    const worker = new MemoryWorker();
    const threads = navigator.hardwareConcurrency;
    const { weights, held, planned } = await measure(worker, { sizes, sequences, length, threads });
    const after = (await commands.readResident()).page!;
    worker.terminate();
    console.log(
      `${name}, ${sequences} × ${length}: frozen weights ${mega(weights)}, held ${mega(held)}, planned in all ${mega(planned)}, page ${mega(before)} → ${mega(after)}, +${mega(after - before)}: ${((after - before) / weights).toFixed(2)} times the weights`,
    );
    // Its memory goes back to the system a while later.
    await new Promise((resolve) => setTimeout(resolve, 5000));
  },
  600_000,
);
