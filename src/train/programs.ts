/**
 * Puts model, adapter and head together into the two programs of a run. The only place where the three meet.
 */
import type { AdapterConfig } from '../adapters/config';
import type { AdapterMethod } from '../adapters/method';
import { grad } from '../graph/grad';
import { GraphBuilder, type Node } from '../graph/graph';
import { layoutParameters, matrixShape } from '../graph/parameters';
import { makeProgram, type Program } from '../graph/program';
import { buildHead, type ClassificationHead, headParameters } from '../heads/classification';
import type { BuildContext, Initializer, RobertaConfig } from '../models/hooks';
import { buildEncoder } from '../models/roberta';
import { add } from '../ops/add/add';
import { crossEntropyLoss } from '../ops/crossEntropy/crossEntropy';
import { drop } from '../ops/dropout/dropout';
import { meanOfRows } from '../ops/mean/mean';
import type { TrainingPrograms } from '../runtime/executor';
import { isDecayed } from './weight-decay';

export interface ModelSettings {
  readonly model: RobertaConfig;
  readonly method: AdapterMethod;
  /** Null where only the head trains. */
  readonly methodConfig: AdapterConfig | null;
  /** Occurs in the tensor names. */
  readonly adapterName: string;
  readonly head: ClassificationHead;
  /** Dropout in the train program, where the reference has it. */
  readonly dropout: boolean;
  /** Adds `hidden.<i>` to the evaluate program's outputs; for golden tests. */
  readonly captureHidden?: boolean;
}

export interface TrainableTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
}

export interface BuiltTraining {
  readonly programs: TrainingPrograms;
  /** Adapter's first, then the head's. */
  readonly trainable: readonly TrainableTensor[];
}

export function buildTraining(settings: ModelSettings): BuiltTraining {
  const { method, methodConfig, model, adapterName, head } = settings;
  const adapter = method.build(methodConfig ?? {}, model, adapterName);
  const trainable = [...adapter.parameters, ...headParameters(head, model)];
  const parameters = layoutParameters(
    trainable.map(({ name, shape }) => ({ name, shape, weightDecay: isDecayed(name) })),
  );
  const build = (training: boolean) => buildProgram(settings, adapter.hooks, training);
  return { programs: { train: build(true), evaluate: build(false), parameters }, trainable };
}

function buildProgram(
  settings: ModelSettings,
  hooks: Parameters<typeof buildEncoder>[3],
  training: boolean,
): Program {
  const { model, head } = settings;
  const graph = new GraphBuilder();
  const layout = graph.leaf('input', 'layout', { rows: 'sequences', cols: 4 }, 'u32');
  const tokenLayout = graph.leaf('input', 'tokenLayout', { rows: 'tokens', cols: 4 }, 'u32');
  const labels = graph.leaf('input', 'labels', { rows: 'sequences', cols: 1 }, 'u32');
  const embeddings = graph.leaf('input', 'embeddings', { rows: 'tokens', cols: model.hiddenSize });
  const dropping = training && settings.dropout;
  const context: BuildContext = {
    graph,
    layout,
    tokenLayout,
    dropout: (x, rate, site) => drop(graph, x, tokenLayout, dropping ? rate : 0, site),
    attentionDropout: (rate) => (dropping ? rate : 0),
    parameter: (name, shape) => graph.leaf('trainable', name, matrixShape(shape)),
  };
  const hidden = buildEncoder(context, model, embeddings, hooks);
  const logits = buildHead(context, head, model, hidden.at(-1)!);
  const loss = meanOfRows(graph, crossEntropyLoss(graph, logits, labels, 'loss.rows'), 'loss');
  if (!training) {
    const captured: (readonly [string, Node])[] = settings.captureHidden
      ? hidden.map((node, i) => [`hidden.${i}`, node])
      : [];
    return makeProgram(graph, { loss, logits, ...Object.fromEntries(captured) });
  }
  const seed = graph.leaf('input', 'lossScale', { rows: 1, cols: 1 });
  return makeProgram(graph, { loss, logits }, grad(graph, loss, seed, add));
}
