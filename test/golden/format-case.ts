/** Saved files of the reference libraries (`formats/<library>/<id>`) in the studio's own readers: their logits, and written again. */
import { partsOfConfig } from '../../src/adapters/builders/parts-of-config';
import { collate } from '../../src/data/collate';
import { writeAdapterHub } from '../../src/formats/adapterhub';
import {
  type AdapterSetupBundle,
  isAdapterSetup,
  readAdapterSetup,
  writeAdapterSetup,
} from '../../src/formats/adapterhub-setup';
import type { AdapterBundle, Tensor } from '../../src/formats/bundle';
import { isPeft, writePeft } from '../../src/formats/peft';
import { readAdapter } from '../../src/formats/read-adapter';
import { readZip } from '../../src/formats/zip';
import { packParameters } from '../../src/graph/parameters';
import type { Program } from '../../src/graph/program';
import { plainLoss } from '../../src/heads/loss';
import { buildPlan, planOfBundle, tensorsOfBundle } from '../../src/host/adapters/adapter-plan';
import { headOf } from '../../src/host/runs/run-preparation';
import type { Executor } from '../../src/runtime/executor';
import { toExecutorBatch, withVirtualTokens } from '../../src/train/batch';
import { type BuiltTraining, buildComposition } from '../../src/train/programs';
import { withTensors } from '../with-tensors';
import { type BaseModel, loadBaseModel } from './base-model';
import { allowed, type Check, largestAbsolute } from './compare';
import { checkTensors } from './save-and-load';
import { type FixtureSource, readFolder, readJson } from './source';

interface Expected {
  readonly base_model: string;
  readonly input_ids: readonly (readonly number[])[];
  readonly attention_mask: readonly (readonly number[])[];
  readonly forward_extra?: { readonly task_ids?: readonly number[] };
  readonly logits: readonly (readonly number[])[];
  /** What the library's own reload changed; DiReFT's files come back as NoReFT. */
  readonly notes?: Readonly<Record<string, unknown>>;
}

type Files = ReadonlyMap<string, Uint8Array>;

export interface FormatCase {
  /** `<library>/<id>` */
  readonly id: string;
  readonly base: BaseModel;
  readonly expected: Expected;
  /** The same adapter in each container: `bin`, `safetensors`, `<id>.zip`. */
  readonly containers: ReadonlyMap<string, Files>;
}

/** Ids of every saved adapter. Throws where there is none. */
export async function recordedFormats(source: FixtureSource): Promise<readonly string[]> {
  const ids = (await source.list('formats')).flatMap(
    (path) => /^(.+)\/expected\.json$/.exec(path)?.[1] ?? [],
  );
  if (ids.length === 0) throw new Error('there is no formats/<library>/<id>/expected.json');
  return ids;
}

export async function loadFormatCase(source: FixtureSource, id: string): Promise<FormatCase> {
  const expected = await readJson<Expected>(source, `formats/${id}/expected.json`);
  const base = await loadBaseModel(source, `models/${expected.base_model}`);
  const containers = new Map<string, Map<string, Uint8Array>>();
  for (const [path, bytes] of await readFolder(source, `formats/${id}`)) {
    const [container = '', ...inside] = path.split('/');
    if (path === 'expected.json') continue;
    if (path.endsWith('.zip')) containers.set(path, new Map(readZip(bytes, path)));
    else containers.set(container, (containers.get(container) ?? new Map()).set(inside.join('/'), bytes));
  }
  return { id, base, expected, containers };
}

/** An adapter or a composition ready to compute, with the values of its tensors. */
interface Readable {
  readonly built: BuiltTraining;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

function ofBundle(bundle: AdapterBundle, { config }: BaseModel): Readable {
  const head = headOf(bundle);
  const built = buildPlan(planOfBundle(bundle), { model: config, head, dropout: false });
  return { built, tensors: tensorsOfBundle(bundle) };
}

function ofSetup(
  { base, setup, adapters, fusions, heads }: AdapterSetupBundle,
  { config }: BaseModel,
): Readable {
  const built = buildComposition({
    model: config,
    setup,
    parts: new Map(adapters.map((part) => [part.name, partsOfConfig(part.config, config, part.name)])),
    fusion: fusions[0]?.config ?? null,
    trained: new Set(),
    heads: heads.map((part) => headOf({ ...part, base, config: null, tensors: new Map() })),
    loss: plainLoss,
    dropout: false,
    captureHidden: false,
  });
  const owned = [...adapters, ...fusions].flatMap(({ tensors }) => [...tensors]);
  return { built, tensors: new Map([...owned, ...heads.flatMap(({ headTensors }) => [...headTensors])]) };
}

const nothingToTrain: Program = { nodes: [], leaves: [], outputs: {}, gradients: new Map() };

async function logitsOf(
  executor: Executor,
  { expected, base }: FormatCase,
  { built, tensors }: Readable,
): Promise<Float32Array> {
  const { programs, batchForm: form } = built;
  const isGated = [...tensors.keys()].some((name) => /\.(gate|prefix_gates)\./.test(name));
  const rows = expected.input_ids.map((ids, i) =>
    Uint32Array.from(ids.filter((_, position) => expected.attention_mask[i]![position])),
  );
  const targets = rows.length * (form.targets === 'classes' ? 1 : form.classes);
  const labels = form.targets === 'classes' ? new Uint32Array(targets) : new Float32Array(targets);
  const padding = isGated
    ? ({ mode: 'max_length', length: expected.input_ids[0]!.length } as const)
    : ({ mode: 'ragged' } as const);
  const { task_ids: tasks } = expected.forward_extra ?? {};
  const collated = {
    ...collate(rows, labels, padding),
    ...(tasks ? { taskIds: Uint32Array.from(tasks) } : {}),
  };
  const batch = toExecutorBatch(collated, base.tables, base.config, form);
  const session = await executor.open({
    programs: { ...programs, train: nothingToTrain },
    frozen: withTensors(base.frozen, tensors),
    largest: withVirtualTokens(form, batch),
  });
  try {
    const zeros = new Float32Array(programs.parameters.totalFloats);
    const parameters = packParameters(programs.parameters, tensors);
    session.writeState({ parameters, exponentialAverage: zeros, exponentialAverageSquared: zeros });
    return (await session.evaluate(batch)).logits;
  } finally {
    session.dispose();
  }
}

/**
 * The largest change of the logits, which must be the one that the library's own reload makes: none, but for what its files lose.
 */
function logitsCheck({ expected }: FormatCase, container: string, logits: Float32Array): Check {
  const recorded = expected.logits.flat();
  const kind = container === 'safetensors' ? 'safetensors' : 'bin';
  const change = Number(expected.notes?.[`reload_${kind}_max_abs_logit_change`] ?? 0);
  const got = largestAbsolute(recorded.map((value, i) => value - logits[i]!));
  const error = logits.length === recorded.length ? Math.abs(got - change) : Number.POSITIVE_INFINITY;
  return {
    what: `logits of ${container}`,
    error: error / largestAbsolute(recorded),
    allowed: allowed.output,
  };
}

/** Every way the studio has to read a container: an adapter, and a setup also as what it is. */
function readings(format: FormatCase, files: Files): readonly Readable[] {
  const { id, base } = format;
  if (!isAdapterSetup(files)) return [ofBundle(readAdapter(files, id), base)];
  const setup = readAdapterSetup(files, id);
  const isPlain =
    (setup.setup.type === 'Stack' || setup.setup.type === 'Fuse') &&
    setup.heads.length === 1 &&
    setup.setup.children.every(({ type }) => type === 'single');
  return [ofSetup(setup, base), ...(isPlain ? [ofBundle(readAdapter(files, id), base)] : [])];
}

/** Logits of each container, or only of the first, by the studio's readers. */
export async function checkRead(
  executor: Executor,
  format: FormatCase,
  containers: 'all' | 'first',
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const [container, files] of [...format.containers].slice(0, containers === 'all' ? undefined : 1))
    for (const readable of readings(format, files))
      checks.push(logitsCheck(format, container, await logitsOf(executor, format, readable)));
  return checks;
}

/** What was read, written in its own format and read again: the same tensors, bit by bit. */
export function checkWritten({ id, containers }: FormatCase): readonly Check[] {
  const [[, files]] = [...containers] as [[string, Files]];
  const bundle = isAdapterSetup(files) ? null : readAdapter(files, id);
  const all = ({ adapters, fusions, heads }: AdapterSetupBundle) =>
    new Map([
      ...[...adapters, ...fusions].flatMap(({ tensors }) => [...tensors]),
      ...heads.flatMap(({ headTensors }) => [...headTensors]),
    ]);
  if (!bundle) {
    const setup = readAdapterSetup(files, id);
    const again = readAdapterSetup(writeAdapterSetup(setup), id);
    return [checkTensors(all(again), all(setup), 'setup written again')];
  }
  const written = isPeft(files) ? writePeft(bundle) : writeAdapterHub(bundle);
  return [checkTensors(tensorsOfBundle(readAdapter(written, id)), tensorsOfBundle(bundle), 'written again')];
}
