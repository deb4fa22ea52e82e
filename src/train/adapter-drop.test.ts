/** AdapterDrop (Rücklé et al. 2021, arXiv:2010.11918): the backward ends above the lowest layers that are left out. */
import { describe, expect, it } from 'vitest';
import { configWith } from '../adapters/config-with';
import { adapterMethods } from '../adapters/registry';
import type { Program } from '../graph/program';
import { defaultHead } from '../heads/classification';
import { modelFamilies } from '../models/family';
import type { EncoderConfig } from '../models/hooks';
import { buildTraining } from './programs';

const layers = 4;
const model: EncoderConfig = {
  family: modelFamilies.roberta,
  typeVocabSize: 1,
  padId: 1,
  maskedLmHead: false,
  hiddenSize: 16,
  numHiddenLayers: layers,
  numAttentionHeads: 2,
  intermediateSize: 32,
  vocabSize: 100,
  maxPositionEmbeddings: 66,
  layerNormEpsilon: 1e-5,
  hiddenDropoutRate: 0,
  attentionDropoutRate: 0,
  classifierDropoutRate: 0,
  initializerRange: 0.02,
};

/** Computations at a layer: by their own name, or by a frozen weight of the layer that they read. */
const atLayer = ({ nodes }: Program, layer: number): number =>
  nodes.filter(({ name, inputs }) =>
    [name, ...inputs.map((input) => (input.kind === 'frozen' ? input.name : ''))].some((text) =>
      new RegExp(`(^|\\.)layer\\.${layer}\\.`).test(text),
    ),
  ).length;

/** Of each layer, how many nodes the train program has beyond the forward pass. */
function gradientNodes(id: string, leftOut: readonly number[]): readonly number[] {
  const method = adapterMethods.find((m) => m.id === id)!;
  const { programs } = buildTraining({
    model,
    method,
    methodConfig: configWith(method, { leave_out: leftOut }, adapterMethods),
    adapterName: 'x',
    head: defaultHead('x', 2),
    dropout: false,
  });
  return Array.from(
    { length: layers },
    (_, layer) => atLayer(programs.train, layer) - atLayer(programs.evaluate, layer),
  );
}

describe.each(['lora', 'seq_bn', 'ia3', 'prefix_tuning_flat'])('%s', (id) => {
  it.each([0, 1, 2])('leaving out layers 0 to %i, none of them has a gradient', (last) => {
    const counts = gradientNodes(
      id,
      Array.from({ length: last + 1 }, (_, layer) => layer),
    );
    expect(counts.slice(0, last + 1)).toEqual(counts.slice(0, last + 1).map(() => 0));
    for (const count of counts.slice(last + 1)) expect(count).toBeGreaterThan(0);
  });

  it('leaving out none, or the highest only, every layer has one', () => {
    for (const leftOut of [[], [layers - 1]])
      for (const count of gradientNodes(id, leftOut)) expect(count).toBeGreaterThan(0);
  });
});
