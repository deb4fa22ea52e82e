/** How many models ONNX Runtime is asked to make, and which it keeps: counted, on sessions that compute nothing. */
import * as module from 'onnxruntime-web';
import { expect, it, vi } from 'vitest';
import { loadBaseModel } from '../../../test/golden/base-model';
import { diskSource } from '../../../test/golden/disk-source';
import { lora } from '../../adapters/methods/lora';
import { seqBn } from '../../adapters/methods/seq-bn';
import { defaultHead } from '../../heads/classification';
import { buildTraining } from '../../train/programs';
import { OnnxExecutor } from './executor';
import { LoadedModels } from './loaded-models';
import { ortOf } from './ort';

const { config, frozen } = await loadBaseModel(diskSource, 'models/tiny-a');

/** Built anew at each call, as by each run. */
function programsOf({ method = lora, adapterName = 'main', labels = 2, dropout = true } = {}) {
  const head = defaultHead(adapterName, labels);
  const methodConfig = method.defaultConfig;
  return buildTraining({ model: config, method, methodConfig, adapterName, head, dropout }).programs;
}

function counting() {
  const released: number[] = [];
  let made = 0;
  const createSession = async () => {
    const number = ++made;
    return { release: async () => void released.push(number) } as never;
  };
  return { ort: { ...ortOf(module as never, 1), createSession }, released, made: () => made };
}

it('makes the model of a step once for runs of one choice, whoever opens them', async () => {
  const { ort, made } = counting();
  const executor = new OnnxExecutor(ort);
  const base = executor.hold(frozen);
  for (let run = 0; run < 3; run++) {
    const session = await executor.open({
      programs: programsOf(),
      frozen: { ...frozen, elements: () => undefined },
      base,
      largest: { tokens: 8, sequences: 2 },
    });
    await session.ready();
    await session.ready();
    session.dispose();
  }
  expect(made()).toBe(1);
});

it.each([
  ['a method', { method: seqBn }],
  ['a name, by which dropout draws', { adapterName: 'other' }],
  ['a number of labels', { labels: 3 }],
  ['no dropout', { dropout: false }],
])('makes another one for %s, and lets go of the one before', async (_, other) => {
  const { ort, made, released } = counting();
  const models = new LoadedModels(ort);
  const first = await models.borrow('training', programsOf());
  const second = await models.borrow('training', programsOf(other));
  expect([made(), released]).toEqual([2, []]);
  first.giveBack();
  // It may be wanted next; the one that is given back last is.
  second.giveBack();
  await vi.waitFor(() => expect(released).toEqual([1]));
  (await models.borrow('training', programsOf(other))).giveBack();
  expect(made()).toBe(2);
});

it('has nothing idle of another run while it makes a run’s', async () => {
  const { ort, released } = counting();
  const models = new LoadedModels(ort);
  for (const kind of ['training', 'evaluation'] as const)
    (await models.borrow(kind, programsOf())).giveBack();
  // A prediction of another adapter: the run's own step stays.
  const prediction = await models.borrow('evaluation', programsOf({ labels: 3 }));
  await vi.waitFor(() => expect(released).toEqual([2]));
  prediction.giveBack();
  await models.borrow('training', programsOf({ labels: 4 }));
  await vi.waitFor(() => expect(released).toEqual([2, 1, 3]));
});

it('shares one that is being made, and keeps it from whoever gives it back twice', async () => {
  const { ort, made, released } = counting();
  const models = new LoadedModels(ort);
  const [a, b] = await Promise.all([
    models.borrow('training', programsOf()),
    models.borrow('training', programsOf()),
  ]);
  expect(made()).toBe(1);
  a.giveBack();
  a.giveBack();
  const other = await models.borrow('training', programsOf({ labels: 3 }));
  other.giveBack();
  expect(released).toEqual([]);
  b.giveBack();
  await vi.waitFor(() => expect(released).toEqual([2]));
});

it('forgets one that could not be made', async () => {
  const { ort, made } = counting();
  const models = new LoadedModels({
    ...ort,
    createSession: () =>
      made() === 0 ? ort.createSession().then(() => Promise.reject(new Error('no'))) : ort.createSession(),
  });
  await expect(models.borrow('training', programsOf())).rejects.toThrow('no');
  await models.borrow('training', programsOf());
  expect(made()).toBe(2);
});
