/**
 * Puts model, adapters and heads together into the two programs of a run. The only place where they meet.
 */

import { composeHooks } from '../adapters/builders/compose';
import { type FusionConfig, fusionParameters, fusionPlace, parseFusion } from '../adapters/builders/fusion';
import type { AdapterParameter, AdapterParts } from '../adapters/builders/parts';
import { buildMethod } from '../adapters/builders/registry';
import type { AdapterConfig } from '../adapters/config';
import type { MethodDescription } from '../adapters/method';
import {
  type AdapterSetup,
  adaptersOf,
  type Branch,
  branchesOf,
  fusionName,
  fusionsOf,
  single,
} from '../adapters/setup';
import { invariant, StudioError } from '../errors';
import { grad } from '../graph/grad';
import { GraphBuilder, type LeafNode, type Node } from '../graph/graph';
import { layoutParameters, matrixShape } from '../graph/parameters';
import { makeProgram, type Program } from '../graph/program';
import { buildHead, type ClassificationHead } from '../heads/classification';
import { headParameters } from '../heads/head-parameters';
import { buildRowLosses, type LossOptions, plainLoss, targetKind } from '../heads/loss';
import { tableOfTensor } from '../models/embedding';
import { baseTensors, buildEncoder, gatherEmbeddings, sublayerSites } from '../models/encoder';
import type { BuildContext, EncoderConfig, Initializer, ModelHooks } from '../models/hooks';
import { add, sum } from '../ops/add/add';
import { drop } from '../ops/dropout/dropout';
import { meanOfRows } from '../ops/mean/mean';
import { withoutIdentity } from '../ops/minusIdentity/minusIdentity';
import { multiply, timesConstant } from '../ops/scale/scale';
import { rowsOf } from '../ops/slice/slice';
import type { TrainingPrograms } from '../runtime/executor';
import type { BatchForm } from './batch';
import { isDecayed } from './weight-decay';

/** One adapter and one head: what most runs are. */
export interface ModelSettings {
  readonly model: EncoderConfig;
  readonly method: Pick<MethodDescription, 'id'>;
  /** Null where only the head trains. */
  readonly methodConfig: AdapterConfig | null;
  /** Occurs in the tensor names. */
  readonly adapterName: string;
  readonly head: ClassificationHead;
  readonly loss?: LossOptions;
  /** Dropout in the train program, where the reference has it. */
  readonly dropout: boolean;
  /** Adds `hidden.<i>` to the evaluate program's outputs; for golden tests. */
  readonly captureHidden?: boolean;
}

/** Several adapters composed. */
export interface CompositionSettings {
  readonly model: EncoderConfig;
  /** Null: no adapter, only the base model. */
  readonly setup: AdapterSetup | null;
  /** Parts of every adapter of the setup by name. */
  readonly parts: ReadonlyMap<string, AdapterParts>;
  /** Configuration of the fusion layers where the setup has a `Fuse` block. */
  readonly fusion: AdapterConfig | null;
  /** Names of the adapters that train; the others' tensors are frozen. */
  readonly trained: ReadonlySet<string>;
  /** One head, or one of the name of each branch's last adapter. */
  readonly heads: readonly ClassificationHead[];
  readonly loss: LossOptions;
  readonly dropout: boolean;
  readonly captureHidden: boolean;
}

export interface TrainableTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
}

export interface BuiltTraining {
  readonly programs: TrainingPrograms;
  /** Adapters' first, then fusions', then the heads'. */
  readonly trainable: readonly TrainableTensor[];
  /** Tensors of the adapters that do not train: the executor wants their values beside the base model's. */
  readonly frozen: readonly TrainableTensor[];
  readonly batchForm: BatchForm;
}

export function buildTraining(settings: ModelSettings): BuiltTraining {
  const { model, method, methodConfig, adapterName, head, dropout } = settings;
  const parts = buildMethod(method, methodConfig ?? {}, model, adapterName);
  return buildComposition({
    model,
    setup: single(adapterName),
    parts: new Map([[adapterName, parts]]),
    fusion: null,
    trained: new Set([adapterName]),
    heads: [head],
    loss: settings.loss ?? plainLoss,
    dropout,
    captureHidden: settings.captureHidden ?? false,
  });
}

/** Throws `unsupported-setup` or `unsupported-config` for what cannot be computed. */
export function buildComposition(settings: CompositionSettings): BuiltTraining {
  const { model, setup, heads } = settings;
  const fusion = settings.fusion ? parseFusion(settings.fusion, model) : null;
  const tensors = unique([...adapterTensors(settings), ...fusionTensors(settings, fusion)]);
  const trainable: readonly AdapterParameter[] = [
    ...tensors.filter(({ frozen }) => !frozen),
    ...heads.flatMap((head) => headParameters(head, model)),
  ];
  const frozen = tensors.filter((tensor) => tensor.frozen);
  const layout = layoutParameters(
    trainable.map(({ name, shape }) => ({ name, shape, weightDecay: isDecayed(name) })),
  );
  const names = new Set(trainable.map(({ name }) => name));
  const branches = setup ? branchesOf(setup) : [];
  requireHeads(branches, heads);
  const batchForm = formOf(settings, names);
  const build = (training: boolean) =>
    buildProgram({ ...settings, fusion, branches, trainable: names, batchForm, training });
  return {
    programs: { train: build(true), evaluate: build(false), parameters: layout },
    trainable,
    frozen,
    batchForm,
  };
}

/** Tensors of all adapters, frozen where their adapter does not train; and base tensors that a method trains. */
function adapterTensors({ setup, parts, trained, model }: CompositionSettings): readonly AdapterParameter[] {
  if (!setup) return [];
  return adaptersOf(setup).flatMap((name) => {
    const part = parts.get(name);
    invariant(part, `composition: no parts of adapter ${name}`);
    const own = trained.has(name)
      ? part.parameters
      : part.parameters.map((tensor) => ({ ...tensor, frozen: true as const }));
    const { trainsBase } = part;
    const base =
      trainsBase && trained.has(name) ? baseTensors(model).filter((tensor) => trainsBase(tensor.name)) : [];
    return [...own, ...base.map((tensor) => ({ ...tensor, initializer: { kind: 'base' } as const }))];
  });
}

function fusionTensors(
  { setup, parts, model }: CompositionSettings,
  fusion: FusionConfig | null,
): AdapterParameter[] {
  if (!setup) return [];
  return fusionsOf(setup).flatMap((block) => {
    if (!fusion)
      throw new StudioError(
        'unsupported-setup',
        `The setup fuses ${fusionName(block)}, but there is no configuration of a fusion.`,
        'Add a dynamic or a static fusion.',
      );
    const places = sublayersOfAll(
      adaptersOf(block).map((name) => parts.get(name)!),
      model,
    );
    return places.flatMap((module) =>
      fusionParameters(fusion, fusionPlace(module, fusionName(block)), model.hiddenSize),
    );
  });
}

/** Modules of the sub-layers at which every adapter has a bottleneck. */
function sublayersOfAll(all: readonly AdapterParts[], model: EncoderConfig): readonly string[] {
  return sublayerSites(model)
    .filter((site) => all.every((parts) => parts.bottleneck?.(site)))
    .map(({ module }) => module);
}

/** Shared tensors come with every adapter that shares them. */
function unique(tensors: readonly AdapterParameter[]): readonly AdapterParameter[] {
  return [...new Map(tensors.map((tensor) => [tensor.name, tensor])).values()];
}

function requireHeads(branches: readonly Branch[], heads: readonly ClassificationHead[]): void {
  if (branches.length <= 1 || branches.every(({ head }) => heads.some(({ name }) => name === head))) return;
  throw new StudioError(
    'unsupported-setup',
    `The setup has ${branches.length} branches (${branches.map(({ head }) => head).join(', ')}), but not a head for each.`,
    'Give every adapter of a Parallel or BatchSplit block a head of its name.',
  );
}

function formOf(
  { setup, parts, heads, loss }: CompositionSettings,
  trainable: ReadonlySet<string>,
): BatchForm {
  // As in the library, only the first adapter's prompt counts.
  const first = setup ? parts.get(adaptersOf(setup)[0]!) : undefined;
  const [head] = heads;
  invariant(head, 'composition: no head');
  return {
    virtualTokens: first?.virtualTokens ?? null,
    positionShift: first?.positionShift ?? 0,
    task: head.task,
    targets: targetKind(head.task, loss),
    classes: head.numLabels,
    loss,
    trainsEmbeddings: [...trainable].some((name) => tableOfTensor(name) !== undefined),
  };
}

interface ProgramSettings extends Omit<CompositionSettings, 'fusion'> {
  readonly fusion: FusionConfig | null;
  readonly branches: readonly Branch[];
  readonly trainable: ReadonlySet<string>;
  readonly batchForm: BatchForm;
  readonly training: boolean;
}

function buildContext({ trainable, dropout, training }: ProgramSettings, graph: GraphBuilder): BuildContext {
  const tokenLayout = graph.leaf('input', 'tokenLayout', { rows: 'tokens', cols: 4 }, 'u32');
  const dropping = training && dropout;
  const parameter = (name: string, shape: readonly number[]) =>
    graph.leaf(trainable.has(name) ? 'trainable' : 'frozen', name, matrixShape(shape));
  return {
    graph,
    layout: graph.leaf('input', 'layout', { rows: 'sequences', cols: 4 }, 'u32'),
    tokenLayout,
    taskIds: () => graph.leaf('input', 'taskIds', { rows: 'sequences', cols: 1 }, 'u32'),
    dropout: (x, rate, site) => drop(graph, x, tokenLayout, dropping ? rate : 0, site),
    attentionDropout: (rate) => (dropping ? rate : 0),
    parameter,
    base: parameter,
  };
}

function buildProgram(settings: ProgramSettings): Program {
  const { model, heads, parts, fusion, branches, batchForm, training, loss: options } = settings;
  const graph = new GraphBuilder();
  const context = buildContext(settings, graph);
  const embeddings = batchForm.trainsEmbeddings
    ? gatherEmbeddings(context, model)
    : graph.leaf('input', 'embeddings', { rows: 'tokens', cols: model.hiddenSize });
  const through = (hooks: ModelHooks, head: ClassificationHead) => {
    const hidden = buildEncoder(context, model, embeddings, hooks);
    const logits = buildHead(context, head, model, hidden.at(-1)!);
    return { hidden, logits, rows: buildRowLosses(graph, head.task, options, logits) };
  };
  const built =
    branches.length === 0
      ? [{ ...through({}, heads[0]!), branch: null }]
      : branches.map((branch) => {
          const hooks = composeHooks({ setup: branch.setup, parts, fusion });
          const head = heads.find(({ name }) => branches.length > 1 && name === branch.head) ?? heads[0]!;
          return { ...through(hooks, head), branch };
        });
  // Losses of several branches are added, each the mean over its own sequences.
  const loss = built
    .map(({ rows, branch }, i) => {
      const at = branch?.sequences;
      return meanOfRows(
        graph,
        at ? rowsOf(graph, rows, at.first, at.count, `loss.rows.${i}`) : rows,
        `loss.${i}`,
      );
    })
    .reduce((total, mean, i) => sum(graph, total, mean, `loss.sum.${i}`));
  const { logits, hidden } = built[0]!;
  if (!training) {
    const captured: (readonly [string, Node])[] = settings.captureHidden
      ? hidden.map((node, i) => [`hidden.${i}`, node])
      : [];
    const others = built
      .slice(1)
      .map((branch, i): readonly [string, Node] => [`logits.${i + 1}`, branch.logits]);
    return makeProgram(graph, { loss, logits, ...Object.fromEntries([...others, ...captured]) });
  }
  const seed = graph.leaf('input', 'lossScale', { rows: 1, cols: 1 });
  return makeProgram(graph, { loss, logits }, regularized(graph, fusion, grad(graph, loss, seed, add)));
}

/**
 * AdapterFusion's regularisation 0.01 Σ ‖I − W_v‖²: its gradient joins every step's but the first, and it is not part of the
 * loss. The executor sets `regularization` to 0 in the first step.
 */
function regularized(
  graph: GraphBuilder,
  fusion: FusionConfig | null,
  gradients: ReadonlyMap<LeafNode, Node>,
): ReadonlyMap<LeafNode, Node> {
  if (!fusion?.regularization) return gradients;
  const factor = graph.leaf('input', 'regularization', { rows: 1, cols: 1 });
  const isValue = /\.adapter_fusion_layer\..*\.value\.weight$/;
  return new Map(
    [...gradients].map(([leaf, gradient]) => {
      if (!isValue.test(leaf.name)) return [leaf, gradient];
      const pull = timesConstant(
        graph,
        withoutIdentity(graph, leaf, `${leaf.name}.pull`),
        0.02,
        `${leaf.name}.scaled`,
      );
      const penalty = multiply(graph, pull, factor, 'scalar', `${leaf.name}.penalty`);
      return [leaf, sum(graph, gradient, penalty, `${leaf.name}.regularized`)];
    }),
  );
}
