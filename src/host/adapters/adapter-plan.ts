/**
 * What a run or a stored adapter computes with: one adapter, a new one stacked on saved ones, or a fusion of saved ones, each
 * under a head. The one place that turns them into programs.
 */
import { partName } from '../../adapters/adapter-name';
import { partsOfConfig } from '../../adapters/builders/parts-of-config';
import { buildMethod } from '../../adapters/builders/registry';
import { dynamicFusion, staticFusion } from '../../adapters/default-configs';
import { headOnly } from '../../adapters/methods/head-only';
import { methodOfConfig } from '../../adapters/registry';
import { type AdapterSetup, adaptersOf, single } from '../../adapters/setup';
import { withOwner } from '../../adapters/tensor-names';
import { StudioError } from '../../errors';
import type { AdapterBundle, AdapterConfig, ComposedAdapters, Tensor } from '../../formats/bundle';
import type { ClassificationHead } from '../../heads/classification';
import { type LossOptions, plainLoss } from '../../heads/loss';
import type { EncoderConfig } from '../../models/hooks';
import type { AdapterRecord } from '../../protocol/records';
import type { RunSettings } from '../../runs/settings';
import { type BuiltTraining, buildComposition } from '../../train/programs';

export interface AdapterPlan {
  /** Of the adapter that trains, and of its head. */
  readonly name: string;
  /** Of the adapter that trains; null where only a head or a fusion does. */
  readonly config: AdapterConfig | null;
  readonly composition: ComposedAdapters | null;
}

export interface BuildOptions {
  readonly model: EncoderConfig;
  readonly head: ClassificationHead;
  readonly loss?: LossOptions;
  readonly dropout: boolean;
}

/** Throws `unsupported-config` or `unsupported-setup` for what cannot be computed. */
export function buildPlan(plan: AdapterPlan, { model, head, loss, dropout }: BuildOptions): BuiltTraining {
  const { name, config, composition } = plan;
  const own = buildMethod(methodOfConfig(config), config ?? {}, model, name);
  const others = composition?.others ?? [];
  const setup = composition?.setup ?? single(name);
  return buildComposition({
    model,
    setup,
    parts: new Map([
      ...others.map((other) => [other.name, partsOfConfig(other.config, model, other.name)] as const),
      [name, own],
    ]),
    fusion: composition?.fusion ?? null,
    trained: new Set(adaptersOf(setup).includes(name) ? [name] : []),
    heads: [head],
    loss: loss ?? plainLoss,
    dropout,
    captureHidden: false,
  });
}

export const planOfBundle = ({ name, config, composition }: AdapterBundle): AdapterPlan => ({
  name,
  config,
  composition: composition ?? null,
});

/** What lists show of a composition. */
export function composedOf({
  composition,
}: Pick<AdapterPlan, 'composition'>): Pick<AdapterRecord, 'composed'> {
  if (!composition) return {};
  return { composed: { type: composition.fusion ? 'Fuse' : 'Stack', others: composition.others.length } };
}

/** Every tensor that a stored adapter brings, those of the adapters it is composed with included. */
export function tensorsOfBundle({
  tensors,
  headTensors,
  composition,
}: AdapterBundle): ReadonlyMap<string, Tensor> {
  return new Map([
    ...(composition?.others ?? []).flatMap((other) => [...other.tensors]),
    ...tensors,
    ...headTensors,
  ]);
}

/** Stored adapters that a run begins with. */
export interface SavedAdapters {
  /** The one it goes on training. */
  readonly parent: AdapterBundle | null;
  /** Those that `settings.composition` names, in its order. */
  readonly composed: readonly AdapterBundle[];
}

/** What a run trains: the adapter it goes on with, or a new one called `name`. Throws `unsupported-setup`. */
export function planOfRun(
  { composition, method, methodConfig }: RunSettings,
  { parent, composed }: SavedAdapters,
  name: string,
): AdapterPlan {
  if (parent) return planOfBundle(parent);
  // Only a bare head has no configuration; PEFT's methods have one without having a default.
  const config = method === headOnly.id ? null : methodConfig;
  if (!composition) return { name, config, composition: null };
  const others = composed.map((bundle, i) => renamed(bundle, partName(name, i)));
  const singles = others.map((other) => single(other.name));
  if (composition.type === 'Stack') {
    const setup: AdapterSetup = { type: 'Stack', children: [...singles, single(name)] };
    return { name, config, composition: { setup, others, fusion: null } };
  }
  const setup: AdapterSetup = { type: 'Fuse', children: singles };
  const fusion = composition.fusion === 'static' ? staticFusion : dynamicFusion;
  return { name, config: null, composition: { setup, others, fusion } };
}

/** The adapter under another name: in one model no two may have the same. */
function renamed(bundle: AdapterBundle, to: string): ComposedAdapters['others'][number] {
  const { name, config, composition } = bundle;
  if (config === null || composition)
    throw new StudioError(
      'unsupported-setup',
      `"${name}" is ${config === null && !composition ? 'a head alone' : 'a composition itself'} and cannot be part of another.`,
      'Choose adapters of one method each.',
    );
  return { name: to, config, tensors: renamedBundle(bundle, to).tensors };
}

/** An adapter by itself, and its head, under another name. */
export function renamedBundle(bundle: AdapterBundle, to: string): AdapterBundle {
  const { name, tensors, headTensors } = bundle;
  const rename = (all: AdapterBundle['tensors']) =>
    new Map([...all].map(([tensor, value]): [string, Tensor] => [withOwner(tensor, name, to), value]));
  return { ...bundle, name: to, tensors: rename(tensors), headTensors: rename(headTensors) };
}

/** Gates average over padded positions: a gated method gets the library's numbers only on batches padded as its. */
export function isGated({ config, composition }: Pick<AdapterPlan, 'config' | 'composition'>): boolean {
  const configs = [config, ...(composition?.others ?? []).map((other) => other.config)];
  return configs.some((each) => each !== null && configIsGated(each));
}

/** The key of the configuration itself, or of a member where it is a union. */
function configIsGated({ use_gating, configs }: AdapterConfig): boolean {
  if (use_gating === true) return true;
  return Array.isArray(configs) && (configs as readonly AdapterConfig[]).some(configIsGated);
}
