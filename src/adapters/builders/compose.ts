/**
 * From the parts of several adapters and a setup without parted batches (a `Branch`) to the model's hooks, as AdapterHub's
 * `ComposableAdapterLayerBase` composes them:
 *
 * - Stack: a bottleneck gets the output of the one before as h; a module on a linear layer gets the state of the one before in
 *   place of x, and only the last is added. A later prefix comes in front of an earlier one. Of invertible blocks, prompts and
 *   ReFT only the first adapter of the setup counts.
 * - Average: the states times their weights, averaged. The library normalises the weights to sum 1 *and* divides by their
 *   number again.
 * - Fuse: AdapterFusion over bottlenecks.
 * - MultiTask: each sequence gets the state of the adapter of its task.
 */
import { StudioError } from '../../errors';
import type { Node } from '../../graph/graph';
import type {
  BuildContext,
  KeyPrefix,
  LinearSite,
  ModelHooks,
  SublayerEnd,
  SublayerSite,
} from '../../models/hooks';
import { sum } from '../../ops/add/add';
import { timesConstant } from '../../ops/scale/scale';
import { keepTask } from '../../ops/taskMask/taskMask';
import { type AdapterSetup, adaptersOf, fusionName } from '../setup';
import { type FusionConfig, fuse, fusionPlace } from './fusion';
import { type AdapterParts, type BottleneckPart, isReplacement, type LinearPart } from './parts';

export interface Composition {
  readonly setup: AdapterSetup;
  readonly parts: ReadonlyMap<string, AdapterParts>;
  /** For `Fuse` blocks. */
  readonly fusion: FusionConfig | null;
}

export function composeHooks(composition: Composition): ModelHooks {
  const { setup, parts } = composition;
  const names = adaptersOf(setup);
  const all = names.map((name) => parts.get(name)!);
  const [first] = all;
  const hooks: ModelHooks = {
    ...(first?.virtualTokens?.embedded && first.prompt ? { embeddingSum: first.prompt } : {}),
    embedding(context, x) {
      const inverted = first?.invertible?.(context, x) ?? x;
      return first?.virtualTokens?.embedded ? inverted : (first?.prompt?.(context, inverted) ?? inverted);
    },
    linear: (context, site, x, frozen) => composeLinear(composition, context, site, x, frozen),
    prefixes: (context, layer, x) => prefixesOf(composition, context, layer, x),
    sublayer: (context, site, end) => composeSublayer(composition, context, site, end),
    layerOutput: (context, layer, h) => first?.intervention?.(context, layer, h) ?? h,
  };
  return hooks;
}

const unsupportedSetup = (block: string, what: string) =>
  new StudioError(
    'unsupported-setup',
    `A ${block} of ${what} cannot be computed.`,
    'Use a Stack, or one adapter.',
  );

/** Weighted sum of states, divided by their number once more, as the library's `mean` does. */
function average(
  { graph }: BuildContext,
  states: readonly Node[],
  weights: readonly number[],
  name: string,
): Node {
  return states
    .map((state, i) => timesConstant(graph, state, weights[i]! / states.length, `${name}.${i}`))
    .reduce((total, state, i) => sum(graph, total, state, `${name}.sum.${i}`));
}

function byTask({ graph, tokenLayout, taskIds }: BuildContext, states: readonly Node[], name: string): Node {
  return states
    .map((state, task) => keepTask(graph, state, tokenLayout, taskIds(), task, `${name}.${task}`))
    .reduce((total, state, i) => sum(graph, total, state, `${name}.sum.${i}`));
}

/** The composed state of a linear layer's modules, and the module that ends it. */
interface LinearState {
  readonly state: Node | null;
  readonly last: LinearPart | null;
}

function composeLinear(
  { setup, parts }: Composition,
  context: BuildContext,
  site: LinearSite,
  x: Node,
  frozen: (x: Node) => Node,
): Node {
  const modules = new Map(adaptersOf(setup).map((name) => [name, parts.get(name)!.linear?.(site) ?? null]));
  const replacements = [...modules.values()].flatMap((part) => (part && isReplacement(part) ? [part] : []));
  if (replacements.length > 0) {
    if (modules.size > 1) throw unsupportedSetup(setup.type, "PEFT's adapters");
    return replacements[0]!.replace(context, x, frozen);
  }
  const compose = (block: AdapterSetup, before: LinearState): LinearState => {
    switch (block.type) {
      case 'single': {
        const part = modules.get(block.name) as LinearPart | null;
        return part ? { state: part.update(context, x, before.state), last: part } : before;
      }
      case 'Stack':
        return block.children.reduce((state, child) => compose(child, state), before);
      case 'Average':
      case 'MultiTask': {
        const after = block.children.map((child) => compose(child, before)).filter(({ last }) => last);
        if (after.length === 0) return before;
        const states = after.map(({ state }) => state!);
        const state =
          block.type === 'Average'
            ? average(context, states, block.weights, `${site.kind}.average`)
            : byTask(context, states, `${site.kind}.task`);
        return { state, last: after.at(-1)!.last };
      }
      default:
        if (block.children.every((child) => compose(child, before).last === null)) return before;
        throw unsupportedSetup(block.type, 'modules on linear layers');
    }
  };
  const { state, last } = compose(setup, { state: null, last: null });
  const y = frozen(x);
  return state && last ? last.combine(context, y, state) : y;
}

interface BottleneckState {
  readonly hidden: Node;
  readonly residual: Node;
  readonly up: Node | null;
  readonly last: BottleneckPart | null;
}

function composeSublayer(
  { setup, parts, fusion }: Composition,
  context: BuildContext,
  site: SublayerSite,
  end: SublayerEnd,
): Node {
  const modules = new Map(
    adaptersOf(setup).map((name) => [name, parts.get(name)!.bottleneck?.(site) ?? null]),
  );
  const has = (block: AdapterSetup) => adaptersOf(block).some((name) => modules.get(name));
  const enter = (part: BottleneckPart, state: BottleneckState): BottleneckState => {
    const { x, residual } = part.before(context, { ...end, h: state.hidden });
    return { ...state, hidden: x, residual };
  };
  const pass = (part: BottleneckPart, state: BottleneckState): BottleneckState => {
    const { output, up } = part.forward(context, state.hidden, state.residual);
    return { ...state, hidden: output, up, last: part };
  };
  const edge = (block: AdapterSetup, which: 0 | -1): BottleneckPart =>
    adaptersOf(block)
      .map((name) => modules.get(name))
      .filter((part) => part !== null)
      .at(which)!;
  const compose = (block: AdapterSetup, before: BottleneckState): BottleneckState => {
    if (!has(block)) return before;
    switch (block.type) {
      case 'single':
        return pass(modules.get(block.name)!, before);
      case 'Stack':
        return block.children.filter(has).reduce((state, child) => {
          const entered = child.type === 'single' ? enter(modules.get(child.name)!, state) : state;
          return compose(child, entered);
        }, before);
      case 'Average':
      case 'MultiTask': {
        const entered = enter(edge(block, 0), before);
        const after = block.children.filter(has).map((child) => compose(child, entered));
        const states = after.map(({ hidden }) => hidden);
        const hidden =
          block.type === 'Average'
            ? average(context, states, block.weights, `${site.kind}.average`)
            : byTask(context, states, `${site.kind}.task`);
        return { ...entered, hidden, last: after.at(-1)!.last };
      }
      case 'Fuse': {
        if (!fusion) throw unsupportedSetup('Fuse', 'adapters without a fusion layer');
        const last = edge(block, -1);
        const entered = enter(last, before);
        const ups = block.children.filter(has).map((child) => compose(child, entered).up!);
        const place = fusionPlace(site.module, fusionName(block));
        const hidden = fuse(context, fusion, place, {
          query: entered.hidden,
          ups,
          residual: entered.residual,
        });
        return { ...entered, hidden, last };
      }
      default:
        throw unsupportedSetup(block.type, 'bottlenecks inside another block');
    }
  };
  // A single adapter is a stack of one: it is entered first.
  const stack: AdapterSetup = setup.type === 'single' ? { type: 'Stack', children: [setup] } : setup;
  const { hidden, last } = compose(stack, { hidden: end.h, residual: end.residual, up: null, last: null });
  return last ? last.after(context, hidden, end) : end.norm(end.h, end.residual);
}

function prefixesOf(
  { setup, parts }: Composition,
  context: BuildContext,
  layer: number,
  x: Node,
): readonly KeyPrefix[] {
  const collect = (block: AdapterSetup): readonly KeyPrefix[] => {
    if (block.type === 'single') {
      const prefix = parts.get(block.name)!.prefix?.(context, layer, x);
      return prefix ? [prefix] : [];
    }
    const found = block.children.flatMap(collect);
    if (found.length > 0 && block.type !== 'Stack') throw unsupportedSetup(block.type, 'prefixes');
    return found;
  };
  return collect(setup);
}
