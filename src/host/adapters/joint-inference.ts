/**
 * Several saved adapters of one base model asked at once, in one program: AdapterHub's `Parallel`, in which every adapter
 * answers every text, and `BatchSplit`, in which each answers its own.
 */
import { buildMethod } from '../../adapters/builders/registry';
import { methodOfConfig } from '../../adapters/registry';
import { type AdapterSetup, single } from '../../adapters/setup';
import { StudioError } from '../../errors';
import { taskOf } from '../../formats/bundle';
import { plainLoss } from '../../heads/loss';
import type { AdapterRecord } from '../../protocol/records';
import type { Commands, JointPrediction } from '../../protocol/types';
import { toExecutorBatch, withVirtualTokens } from '../../train/batch';
import { collateRows } from '../../train/plan';
import { buildComposition } from '../../train/programs';
import type { OpenedExecutor } from '../executors';
import type { BaseKeeper } from '../models/base-keeper';
import type { LoadedBaseModel } from '../models/base-models';
import { headOf } from '../runs/run-preparation';
import { isGated, planOfBundle, renamedBundle, tensorsOfBundle } from './adapter-plan';
import { noTargets, openToAnswer, predictionOf } from './answers';

type Request = Omit<Commands['predictJointly']['request'], 'adapterIds'>;

const fail = (what: string, wayOut: string) => new StudioError('unsupported-setup', what, wayOut);

/** Throws `unsupported-setup` for adapters that cannot share a program, naming the one, and `empty-text`. */
function check(adapters: readonly AdapterRecord[], { texts, block }: Request): void {
  const [first] = adapters;
  if (!first || adapters.length < 2)
    throw fail('One adapter alone is not asked jointly.', 'Choose at least two.');
  if (texts.length === 0 || texts.some((text) => text.trim() === ''))
    throw new StudioError('empty-text', 'There is no text to classify.', 'Type a sentence.');
  if (block === 'BatchSplit' && texts.length !== adapters.length)
    throw fail(
      `There are ${texts.length} texts for ${adapters.length} adapters.`,
      'Give each adapter one text, a line each.',
    );
  for (const { name, baseModel, baseStorage, bundle } of adapters) {
    if (baseModel !== first.baseModel)
      throw fail(
        `"${name}" was trained on ${baseModel}, "${first.name}" on ${first.baseModel}.`,
        'Choose adapters of one base model.',
      );
    if (baseStorage !== first.baseStorage)
      throw fail(
        `"${name}" was trained on the base model stored as ${baseStorage}, "${first.name}" as ${first.baseStorage}.`,
        'Choose adapters of one storage, or ask them one by one.',
      );
    if (bundle.composition) throw fail(`"${name}" is a composition itself.`, 'Ask it by itself.');
    // The heads read the same targets, which are as wide as there are labels.
    const [task, labels] = [taskOf(bundle.head), bundle.head.numLabels];
    if (task === 'multilabel' && labels !== first.bundle.head.numLabels)
      throw fail(
        `"${name}" and "${first.name}" have ${labels} and ${first.bundle.head.numLabels} labels.`,
        'Choose adapters with equally many labels, of which a text may have several.',
      );
    if (task !== taskOf(first.bundle.head))
      throw fail(
        `"${name}" and "${first.name}" have different tasks.`,
        'Choose adapters whose heads have the same task.',
      );
  }
}

export async function predictJointly(
  adapters: readonly AdapterRecord[],
  request: Request,
  base: LoadedBaseModel,
  keeper: BaseKeeper,
  { executor }: OpenedExecutor,
): Promise<readonly JointPrediction[]> {
  check(adapters, request);
  const { texts, block } = request;
  const bundles = adapters.map(({ bundle }, i) => renamedBundle(bundle, `adapter${i + 1}`));
  const parts = bundles.map(({ name, config }, i) => {
    const own = buildMethod(methodOfConfig(config), config ?? {}, base.config, name);
    if (own.trainsBase || own.virtualTokens || own.positionShift)
      throw fail(
        `"${adapters[i]!.name}" ${own.trainsBase ? 'changes the base model itself' : 'puts a prompt into the texts'}, which the others would not have.`,
        'Ask it by itself.',
      );
    return [name, own] as const;
  });
  const children = bundles.map(({ name }) => single(name));
  const setup: AdapterSetup =
    block === 'Parallel'
      ? { type: 'Parallel', children }
      : { type: 'BatchSplit', children, batchSizes: children.map(() => 1) };
  const heads = bundles.map(headOf);
  const built = buildComposition({
    model: base.config,
    setup,
    parts: new Map(parts),
    fusion: null,
    trained: new Set(),
    heads,
    loss: plainLoss,
    dropout: false,
    captureHidden: false,
  });
  const { batchForm } = built;
  // A text that several adapters read is cut where the first of them would cut it.
  const shortest = Math.min(...adapters.map((adapter) => adapter.maxLength));
  const limits = texts.map((_, i) => (block === 'BatchSplit' ? adapters[i]!.maxLength : shortest));
  const whole = texts.map((text) => base.tokenizer.encode(text, Number.MAX_SAFE_INTEGER).length);
  const ids = texts.map((text, i) => base.tokenizer.encode(text, limits[i]!));
  const gated = bundles.some((bundle) => isGated(planOfBundle(bundle)));
  const batch = toExecutorBatch(
    // The program also computes losses, of targets that nobody reads here.
    collateRows({ ids, labels: noTargets(batchForm, texts.length) }, [...texts.keys()], {
      mode: gated ? 'longest' : 'ragged',
    }),
    base.tables,
    base.config,
    batchForm,
  );
  const tensors = new Map(bundles.flatMap((bundle) => [...tensorsOfBundle(bundle)]));
  const session = await openToAnswer(
    keeper,
    executor,
    built,
    base,
    tensors,
    withVirtualTokens(batchForm, batch),
  );
  try {
    const { logits, extra } = await session.evaluate(batch);
    const answer = (adapter: number, text: number): JointPrediction => {
      const { numLabels } = adapters[adapter]!.bundle.head;
      const all = adapter === 0 ? logits : extra[`logits.${adapter}`]!;
      const own = all.subarray(text * numLabels, (text + 1) * numLabels);
      const lengths = { tokens: ids[text]!.length, whole: whole[text]! };
      return {
        adapterId: adapters[adapter]!.id,
        text: texts[text]!,
        prediction: predictionOf(adapters[adapter]!, base, batchForm, own, lengths),
      };
    };
    return block === 'BatchSplit'
      ? adapters.map((_, i) => answer(i, i))
      : texts.flatMap((_, text) => adapters.map((__, adapter) => answer(adapter, text)));
  } finally {
    session.dispose();
  }
}
