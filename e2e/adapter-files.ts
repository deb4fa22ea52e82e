/** Adapters as Python would save them, for journeys that bring one. */
import { loraDefaults } from '../src/adapters/default-configs';
import { writeAdapterHub } from '../src/formats/adapterhub';
import type { AdapterBundle, Tensor } from '../src/formats/bundle';
import { writeZip } from '../src/formats/zip';
import { twoClasses } from '../test/two-classes';

/** Numbers of no meaning, the same every time. */
function tensor(shape: readonly number[], scale: number): Tensor {
  const data = Float32Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    (_, i) => scale * Math.sin(7 * i + 1),
  );
  return { shape, data };
}

/** LoRA of rank 4 on queries and values, as Python would save it. */
export function loraFile(base: string, hiddenSize: number, layers: number, scale = 0.05): Buffer {
  const name = 'from_python';
  const tensors = Array.from({ length: layers }, (_, layer) =>
    ['query', 'value'].flatMap((part): [string, Tensor][] => {
      const place = `roberta.encoder.layer.${layer}.attention.self.${part}.loras.${name}`;
      return [
        [`${place}.lora_A`, tensor([4, hiddenSize], scale)],
        [`${place}.lora_B`, tensor([hiddenSize, 4], scale)],
      ];
    }),
  ).flat();
  const bundle: AdapterBundle = {
    name,
    base: { name: base, modelType: 'roberta', hiddenSize },
    config: { ...loraDefaults, r: 4 },
    head: twoClasses,
    tensors: new Map(tensors),
    headTensors: new Map([
      [`heads.${name}.1.weight`, tensor([hiddenSize, hiddenSize], scale)],
      [`heads.${name}.1.bias`, tensor([hiddenSize], 0)],
      [`heads.${name}.4.weight`, tensor([2, hiddenSize], scale)],
      [`heads.${name}.4.bias`, tensor([2], 0)],
    ]),
  };
  return Buffer.from(writeZip(writeAdapterHub(bundle)));
}
