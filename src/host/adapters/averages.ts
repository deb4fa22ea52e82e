/** A new adapter from several stored ones, by weights (`formats/average.ts`). The first one's head becomes its head. */
import { withOwner } from '../../adapters/tensor-names';
import { StudioError } from '../../errors';
import { averageAdapters } from '../../formats/average';
import type { AdapterBundle, Tensor } from '../../formats/bundle';
import { sha256OfBundle } from '../../formats/bundle-digest';
import type { AdapterRecord } from '../../protocol/records';
import type { Commands } from '../../protocol/types';
import type { LoadedBaseModel } from '../models/base-models';
import { tensorsOfBundle } from './adapter-plan';
import { bytesOf } from './adapter-sizes';
import { requireFit } from './imports';

type Request = Omit<Commands['averageAdapters']['request'], 'adapterIds'>;

/** Throws `average-unsupported` where the adapters have different methods, base models or classes. */
export async function averageRecords(
  adapters: readonly AdapterRecord[],
  request: Request,
  base: LoadedBaseModel,
): Promise<AdapterRecord> {
  const [first] = adapters;
  if (!first || adapters.length < 2)
    throw new StudioError(
      'average-unsupported',
      'There is nothing to average.',
      'Choose at least two adapters.',
    );
  const composition = adapters.find(({ bundle }) => bundle.composition);
  if (composition)
    throw new StudioError(
      'average-unsupported',
      `"${composition.name}" is a composition of several adapters.`,
      'Average the adapters that it is composed of.',
    );
  for (const { name, baseModel, method, bundle } of adapters) {
    const same =
      baseModel === first.baseModel &&
      method === first.method &&
      bundle.head.headType === first.bundle.head.headType &&
      bundle.head.labels.join('\n') === first.bundle.head.labels.join('\n');
    if (!same)
      throw new StudioError(
        'average-unsupported',
        `"${name}" and "${first.name}" differ in base model, method or classes.`,
        'Choose adapters of the same method that tell apart the same classes on the same base model.',
      );
  }
  const name = `${first.bundle.name}_averaged`;
  const { config, tensors } = averageAdapters(
    adapters.map(({ bundle }) => bundle),
    { name, ...request },
  );
  const bundle: AdapterBundle = {
    ...first.bundle,
    name,
    config,
    tensors,
    headTensors: averagedHead(adapters, request, name),
  };
  const parameterCount = requireFit(bundle, bundle.name, base);
  return {
    ...first,
    id: crypto.randomUUID(),
    name: `average of ${adapters.map((adapter) => adapter.name).join(', ')}`,
    createdAt: Date.now(),
    runId: null,
    parentId: null,
    parameterCount,
    sizeBytes: bytesOf(tensorsOfBundle(bundle).values()),
    sha256: await sha256OfBundle(bundle),
    evaluation: null,
    bundle,
  };
}

/** Heads are averaged as the adapters are, where the weights are those of a mean; task arithmetic keeps the first one's. */
function averagedHead(
  adapters: readonly AdapterRecord[],
  { weights, normalize }: Request,
  name: string,
): ReadonlyMap<string, Tensor> {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = normalize
    ? weights.map((weight) => weight / total)
    : weights.map((_, i) => (i === 0 ? 1 : 0));
  const [first] = adapters;
  return new Map(
    [...first!.bundle.headTensors].map(([key, { shape, data }]) => {
      const sum = new Float64Array(data.length);
      adapters.forEach(({ bundle }, i) => {
        const own = bundle.headTensors.get(withOwner(key, first!.bundle.name, bundle.name));
        own?.data.forEach((value, k) => {
          sum[k]! += shares[i]! * value;
        });
      });
      return [withOwner(key, first!.bundle.name, name), { shape, data: Float32Array.from(sum) }];
    }),
  );
}
