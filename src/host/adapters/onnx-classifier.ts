/** From a stored adapter and its base model to what `formats/onnx` writes: the adapter merged where its method merges, else as nodes of its own. */
import { invariant } from '../../errors';
import type { AdapterBundle, Tensor } from '../../formats/bundle';
import { mergeAdapter, unmergeable } from '../../formats/merge';
import type { Classifier } from '../../formats/onnx/classifier';
import { type BaseWeights, baseTensor } from '../../models/base-weights';
import { baseTensors, poolerTensors } from '../../models/encoder';
import type { EncoderConfig } from '../../models/hooks';
import { headOf } from '../runs/run-preparation';
import { type AdapterPlan, buildPlan, planOfBundle, tensorsOfBundle } from './adapter-plan';

/** Whether the adapter becomes part of the base model's weights. */
const isMerged = ({ config, composition }: Pick<AdapterBundle, 'config' | 'composition'>): boolean =>
  config !== null && !composition && unmergeable(config) === null;

export async function classifierOf(
  bundle: AdapterBundle,
  base: BaseWeights & { readonly config: EncoderConfig },
  end: Classifier['end'] = null,
): Promise<Classifier> {
  const model = base.config;
  const own = await tensorsOf(base);
  const plan: AdapterPlan = isMerged(bundle)
    ? { name: bundle.name, config: null, composition: null }
    : planOfBundle(bundle);
  const trained = isMerged(bundle)
    ? new Map([...mergeAdapter(bundle, (name) => own.get(name)), ...bundle.headTensors])
    : tensorsOfBundle(bundle);
  const { programs, batchForm } = buildPlan(plan, { model, head: headOf(bundle), dropout: false });
  return {
    model,
    program: programs.evaluate,
    end,
    virtualTokens: batchForm.virtualTokens,
    positionShift: batchForm.positionShift,
    isOfBase: (name) => own.has(name),
    read: (name) => {
      const tensor = trained.get(name) ?? own.get(name);
      invariant(tensor, `onnx: no values of ${name}`);
      return tensor.data;
    },
  };
}

/** All that the model computes with; the pooler where there is one. */
async function tensorsOf(
  base: BaseWeights & { readonly config: EncoderConfig },
): Promise<ReadonlyMap<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  for (const { name, shape } of [...baseTensors(base.config), ...poolerTensors(base.config)]) {
    const data = await baseTensor(base, name);
    if (data) tensors.set(name, { shape, data });
  }
  return tensors;
}
