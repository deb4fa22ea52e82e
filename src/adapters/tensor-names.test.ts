import { describe, expect, it } from 'vitest';
import { robertaBase } from '../../scripts/methods-table';
import { buildMethod } from './builders/registry';
import type { AdapterConfig } from './config';
import { configWith } from './config-with';
import { adapterMethods } from './registry';
import { ownerOf, withOwner } from './tensor-names';

/** Words that stand in tensor names of RoBERTa and of adapters, in front of the adapter's own place too. */
const awkward = ['roberta', 'encoder', 'layer', '0', 'attention', 'self', 'output', 'query', 'weight']
  .concat(['loras', 'adapters', 'heads', 'refts', 'prefix_tuning', 'shared_parameters', 'm', 'b', 'main'])
  .concat(['$&', '^$', 'a,b']);

const model = { ...robertaBase, numHiddenLayers: 2 };

describe('the name of an adapter in its tensors', () => {
  it.each(adapterMethods.map((method) => [method.id, method] as const))('%s', (_, method) => {
    const values: AdapterConfig = method.id === 'union' ? { configs: ['lora', 'seq_bn'] } : {};
    const config = configWith(method, values, adapterMethods);
    const named = (name: string) =>
      buildMethod(method, config, model, name).parameters.map((tensor) => tensor.name);
    for (const name of awkward) {
      for (const tensor of named(name)) expect(ownerOf(tensor), tensor).toBe(name);
      expect(named(name).map((tensor) => withOwner(tensor, name, 'other'))).toEqual(named('other'));
      expect(named('other').map((tensor) => withOwner(tensor, 'other', name))).toEqual(named(name));
      expect(named(name).map((tensor) => withOwner(tensor, 'other', 'third'))).toEqual(named(name));
    }
  });

  it('of heads and fusions', () => {
    expect(ownerOf('heads.layer.4.weight')).toBe('layer');
    expect(withOwner('heads.heads.1.bias', 'heads', 'main')).toBe('heads.main.1.bias');
    const fusion = 'roberta.encoder.layer.0.output.adapter_fusion_layer.output,layer.value.weight';
    expect(ownerOf(fusion)).toBe('output,layer');
    expect(withOwner(fusion, 'output', 'main')).toBe(fusion);
  });

  it("is in no tensor of the base model or of PEFT's files", () => {
    for (const tensor of [
      'roberta.encoder.layer.0.attention.self.query.weight',
      'base_model.model.roberta.encoder.layer.0.attention.self.query.lora_A.weight',
      'base_model.vera_A',
      'prompt_embeddings',
    ]) {
      expect(ownerOf(tensor)).toBeNull();
      for (const name of awkward) expect(withOwner(tensor, name, 'x')).toBe(tensor);
    }
  });
});
