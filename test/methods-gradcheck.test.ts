/**
 * The gradient of every registered method, and of PEFT's variants, as the whole model has it: against central differences of the loss
 * along a random direction of each tensor, in float64 on the reference executor's definitions.
 */
import { expect, it } from 'vitest';
import { peftMethods } from '../src/adapters/methods/peft-methods';
import { adapterMethods } from '../src/adapters/registry';
import { collate } from '../src/data/collate';
import type { Values } from '../src/graph/op';
import { buildPlan, planOfBundle, tensorsOfBundle } from '../src/host/adapters/adapter-plan';
import { headOf } from '../src/host/runs/run-preparation';
import { fold, siteHash } from '../src/ops/dropout/rng';
import { interpret } from '../src/runtime/reference/interpret';
import { toExecutorBatch } from '../src/train/batch';
import { drawnAdapter } from './drawn-adapters';
import { loadBaseModel } from './golden/base-model';
import { diskSource } from './golden/disk-source';

const base = await loadBaseModel(diskSource, 'models/tiny-a');
const rows = [Uint32Array.of(0, 17, 45, 200, 3, 2), Uint32Array.of(0, 301, 9, 2)];
const step = { seed: 0, microStep: 0 };

/**
 * Central differences of step h err by h² f‴ / 6 and by rounding / h, which meet near 1e-9 of the largest derivative; what a wrong term
 * does shows at 1e-2 or more. A kink of relu within the step errs by its share of the units.
 */
const [h, tolerance] = [1e-5, 1e-5];

/**
 * A direction of ±1 from the tensor's name; 0 on the diagonal of LoReFT's matrix, which the library casts to integers: it has no
 * gradient, and the least step away from −1 is a jump.
 */
function direction(name: string, [, cols = 1]: readonly number[], length: number): Float64Array {
  let state = fold(siteHash(name), 3);
  const isStep = (i: number) => name.endsWith('.original') && Math.floor(i / cols) === i % cols;
  return Float64Array.from({ length }, (_, i) => {
    state = fold(state, 1);
    return isStep(i) ? 0 : state % 2 === 0 ? 1 : -1;
  });
}

/** PEFT's DoRA takes its norm as a constant: its gradient is not the loss's derivative, and torch says what it is (golden suite). */
const isDetached = (id: string, name: string) => id === 'peft_dora' && /\.lora_[AB]\.weight$/.test(name);

it.each([...adapterMethods, ...peftMethods].map(({ id }) => id))(
  '%s',
  async (id) => {
    const bundle = await drawnAdapter(base, id);
    const { programs, trainable, batchForm } = buildPlan(planOfBundle(bundle), {
      model: base.config,
      head: headOf(bundle),
      dropout: false,
    });
    const batch = toExecutorBatch(
      collate(rows, Uint32Array.of(1, 0), { mode: 'longest' }),
      base.tables,
      base.config,
      batchForm,
    );
    const { train } = programs;
    const own = tensorsOfBundle(bundle);
    const values = new Map<string, Values>([
      ['lossScale', Float64Array.of(1)],
      ...Object.entries(batch.inputs).map(([name, input]): [string, Values] => [
        name,
        input instanceof Uint32Array ? input : Float64Array.from(input),
      ]),
    ]);
    for (const { name } of train.leaves) {
      if (values.has(name)) continue;
      values.set(name, Float64Array.from(own.get(name)?.data ?? (await base.frozen.read(name))));
    }
    const run = () => interpret(train, (name) => values.get(name), { ...batch, ...step });
    const loss = () => run().get(train.outputs.loss!)![0]!;
    const all = run();
    const inProgram = new Set(train.leaves.map(({ name }) => name));
    const checked = trainable.flatMap(({ name, shape }) => {
      const gradient = train.gradients.get(name);
      // ReFT's unit for suffixes trains, as the library's does, without a suffix to be read from: nothing depends on it.
      expect(gradient !== undefined, `gradient of ${name}`).toBe(inProgram.has(name));
      if (!gradient || isDetached(id, name)) return [];
      const leaf = values.get(name) as Float64Array;
      const along = direction(name, shape, leaf.length);
      const exact = Float64Array.from(all.get(gradient)!).reduce((sum, g, i) => sum + g * along[i]!, 0);
      const start = Float64Array.from(leaf);
      const lossAt = (distance: number) => {
        leaf.set(start.map((value, i) => value + distance * along[i]!));
        return loss();
      };
      const numerical = (lossAt(h) - lossAt(-h)) / (2 * h);
      leaf.set(start);
      return [{ name, exact, numerical }];
    });
    const largest = Math.max(...checked.map(({ exact }) => Math.abs(exact)));
    expect(largest).toBeGreaterThan(0);
    for (const { name, exact, numerical } of checked)
      expect(Math.abs(numerical - exact) / largest, `${name}: ${exact} against ${numerical}`).toBeLessThan(
        tolerance,
      );
  },
  120_000,
);
