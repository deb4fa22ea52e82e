/** Heads of every option and task: AdapterHub's files read here, its logits, losses and gradients, and ours read there. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headOnly } from '../src/adapters/methods/head-only';
import { collate } from '../src/data/collate';
import { readAdapterHub, writeAdapterHub } from '../src/formats/adapterhub';
import { packParameters } from '../src/graph/parameters';
import { type LossOptions, plainLoss } from '../src/heads/loss';
import { headOf } from '../src/host/runs/run-preparation';
import { referenceExecutor } from '../src/runtime/reference/reference';
import { toExecutorBatch } from '../src/train/batch';
import { buildTraining } from '../src/train/programs';
import { fixturesFolder } from './fixtures-folder';
import { type BaseModel, loadBaseModel } from './golden/base-model';
import { allowedGradient, relativeError } from './golden/compare';
import { diskSource } from './golden/disk-source';
import { findPython, runPython, runPythonChecks } from './python';

const python = findPython();
const model = 'models/tiny-a';

interface HeadCase {
  readonly id: string;
  readonly head: Readonly<Record<string, unknown>>;
  readonly labels: readonly unknown[];
  readonly loss?: { readonly weight: readonly number[] | null; readonly label_smoothing: number };
}

const id2label = { 0: 'a', 1: 'b', 2: 'c' };
const classes = { num_labels: 3, id2label };
const several = [
  [1, 0, 1],
  [0, 0, 0],
  [1, 1, 1],
  [0, 1, 0],
];
const cases: readonly HeadCase[] = [
  { id: 'one_layer', head: { ...classes, layers: 1 }, labels: [0, 2, 1, 2] },
  {
    id: 'three_layers_relu',
    head: { ...classes, layers: 3, activation_function: 'relu' },
    labels: [0, 2, 1, 2],
  },
  {
    id: 'four_layers_gelu',
    head: { ...classes, layers: 4, activation_function: 'GELU' },
    labels: [0, 2, 1, 2],
  },
  { id: 'no_activation', head: { ...classes, layers: 3, activation_function: null }, labels: [0, 2, 1, 2] },
  { id: 'no_bias', head: { ...classes, bias: false }, labels: [0, 2, 1, 2] },
  { id: 'pooler', head: { ...classes, use_pooler: true }, labels: [0, 2, 1, 2] },
  {
    id: 'pooler_one_layer_no_bias',
    head: { ...classes, layers: 1, use_pooler: true, bias: false },
    labels: [0, 2, 1, 2],
  },
  { id: 'multilabel', head: { ...classes, multilabel: true }, labels: several },
  { id: 'multilabel_one_layer', head: { ...classes, multilabel: true, layers: 1 }, labels: several },
  { id: 'regression', head: { num_labels: 1 }, labels: [0.5, -2, 3.25, 0] },
  {
    id: 'regression_leakyrelu',
    head: { num_labels: 1, layers: 3, activation_function: 'leakyrelu', bias: false },
    labels: [0.5, -2, 3.25, 0],
  },
  {
    id: 'label_smoothing',
    head: classes,
    labels: [0, 2, 1, 2],
    loss: { weight: null, label_smoothing: 0.2 },
  },
  {
    id: 'class_weights',
    head: classes,
    labels: [0, 2, 1, 2],
    loss: { weight: [0.5, 3, 1.25], label_smoothing: 0 },
  },
  {
    id: 'class_weights_smoothed',
    head: classes,
    labels: [0, 2, 1, 2],
    loss: { weight: [0.5, 3, 1.25], label_smoothing: 0.1 },
  },
];

interface Result {
  readonly logits: readonly (readonly number[])[];
  readonly loss: number;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

const filesOf = (folder: string) =>
  new Map(readdirSync(folder).map((file) => [file, new Uint8Array(readFileSync(join(folder, file)))]));

describe.skipIf(!python)('heads of the library', () => {
  const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-'));
  const recorded = JSON.parse(readFileSync(join(fixturesFolder(), 'methods/batches.json'), 'utf8'))[0] as {
    readonly input_ids: number[][];
    readonly attention_mask: number[][];
  };
  let results: readonly Result[];
  let base: BaseModel;

  beforeAll(async () => {
    base = await loadBaseModel(diskSource, model);
    const { input_ids, attention_mask } = recorded;
    const at = join(fixturesFolder(), model);
    results = runPython(python!, 'make_heads.py', { base: at, folder, input_ids, attention_mask, cases });
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(cases.map((headCase, i) => [headCase.id, i] as const))(
    '%s: the same logits, loss and gradients',
    async (id, i) => {
      const bundle = readAdapterHub(filesOf(join(folder, id)), id);
      const { loss } = cases[i]!;
      const options: LossOptions = loss
        ? { classWeights: loss.weight, labelSmoothing: loss.label_smoothing }
        : plainLoss;
      const built = buildTraining({
        model: base.config,
        method: headOnly,
        methodConfig: null,
        adapterName: 'main',
        head: headOf(bundle),
        loss: options,
        dropout: false,
      });
      const { parameters } = built.programs;
      const ids = recorded.input_ids.map((row, s) =>
        Uint32Array.from(row.filter((_, position) => recorded.attention_mask[s]![position])),
      );
      const values = cases[i]!.labels.flat() as number[];
      const labels =
        built.batchForm.task === 'classification' ? Uint32Array.from(values) : Float32Array.from(values);
      const batch = toExecutorBatch(
        collate(ids, labels, { mode: 'ragged' }),
        base.tables,
        base.config,
        built.batchForm,
      );
      const session = await referenceExecutor.open({
        programs: built.programs,
        frozen: base.frozen,
        largest: { tokens: batch.tokens, sequences: batch.sequences },
      });
      const zeros = new Float32Array(parameters.totalFloats);
      session.writeState({
        parameters: packParameters(parameters, bundle.headTensors),
        exponentialAverage: zeros,
        exponentialAverageSquared: zeros,
      });
      const expected = results[i]!;
      const output = await session.evaluate(batch);
      expect(relativeError(output.logits, expected.logits.flat())).toBeLessThan(5e-5);
      expect(relativeError([output.loss], [expected.loss])).toBeLessThan(5e-5);
      const { gradients } = await session.gradients(batch, { seed: 0, microStep: 0 });
      expect(parameters.parameters.map(({ name }) => name).sort()).toEqual(
        Object.keys(expected.gradients).sort(),
      );
      for (const { name, offset, length } of parameters.parameters) {
        const error = relativeError(gradients.subarray(offset, offset + length), expected.gradients[name]!);
        expect(error, `gradient of ${name}`).toBeLessThan(allowedGradient(name));
      }
    },
  );

  it('reads ours, with the same options and logits', () => {
    const checks = cases.map(({ id }, i) => {
      const ours = join(folder, `${id}-ours`);
      mkdirSync(ours);
      for (const [file, bytes] of writeAdapterHub(readAdapterHub(filesOf(join(folder, id)), id)))
        writeFileSync(join(ours, file), bytes);
      const inputs = join(folder, `${id}.json`);
      writeFileSync(inputs, JSON.stringify({ ...recorded, logits: results[i]!.logits }));
      return { base: join(fixturesFolder(), model), adapter: ours, inputs, expected: inputs, atol: 1e-5 };
    });
    for (const [i, check] of runPythonChecks(python!, { checks }).checks.entries()) {
      expect(check, `${cases[i]!.id}: ${check.output}`).toMatchObject({ exit_code: 0, problems: [] });
      const theirs = JSON.parse(readFileSync(join(folder, cases[i]!.id, 'head_config.json'), 'utf8'));
      const ours = JSON.parse(readFileSync(join(folder, `${cases[i]!.id}-ours`, 'head_config.json'), 'utf8'));
      // A head without names gets names.
      const named = { ...theirs.config, label2id: theirs.config.label2id ?? { LABEL_0: 0 } };
      expect(ours.config).toEqual(named);
    }
  }, 300_000);
});
