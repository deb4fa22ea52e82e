/**
 * Which variant computes a node. The choice is a table by operation key, part of the run's record: a resumed run uses it
 * again, so that the bits agree. What the table does not say is chosen here.
 */
import { invariant } from '../../errors';
import type { Extents, Node, OpNode } from '../../graph/graph';
import type { Program } from '../../graph/program';
import type { KernelVariant, StorageOf } from '../../lower/webgpu/kernel';
import { loweringOf } from '../../lower/webgpu/registry';
import type { StudioDevice } from './device';
import { compileCandidates, fastest, tuningExtents } from './tuner';

/** Nodes with the same key run the same kernels: op, attributes but for what only names a place, shapes, storage. */
function operationKey({ op, attributes, inputs, shape }: OpNode, storageOf: StorageOf): string {
  const { site: _, ...rest } = attributes;
  const size = ({ rows, cols }: { rows: unknown; cols: number }) => `${rows}x${cols}`;
  const stored = (input: Node) => (storageOf(input) === 'f32' ? '' : `:${storageOf(input)}`);
  return [
    op.name,
    JSON.stringify(rest),
    ...inputs.map((input) => size(input.shape) + stored(input)),
    size(shape),
  ].join(' ');
}

function usableVariants(
  node: OpNode,
  { hasSubgroups }: StudioDevice,
  storageOf: StorageOf,
): readonly KernelVariant[] {
  const variants = loweringOf(node.op).kernels(node, storageOf);
  return variants.filter(({ requires }) => requires.length === 0 || hasSubgroups);
}

/** The variant of a software adapter: by the fixed order, since timing every shape there costs more than it wins. */
function preferredOnSoftware({ op }: OpNode, variants: readonly KernelVariant[]): KernelVariant {
  for (const name of loweringOf(op).softwareOrder ?? []) {
    const variant = variants.find((v) => v.name === name);
    if (variant) return variant;
  }
  return variants[0]!;
}

export interface KernelChoice {
  readonly table: Readonly<Record<string, string>>;
  readonly asRecorded: boolean;
  readonly variantOf: (node: OpNode) => KernelVariant;
}

/**
 * Chooses for every node of the programs; what `recorded` names is used where this device can. A candidate that the device does not
 * compile is none.
 */
export async function chooseKernels(
  device: StudioDevice,
  programs: readonly Program[],
  storageOf: StorageOf,
  recorded: Readonly<Record<string, string>>,
  largest: Extents,
): Promise<KernelChoice> {
  const table: Record<string, string> = {};
  const chosen = new Map<string, KernelVariant>();
  const open: { readonly key: string; readonly node: OpNode; readonly variants: readonly KernelVariant[] }[] =
    [];
  let asRecorded = true;
  for (const node of programs.flatMap((program) => program.nodes)) {
    const key = operationKey(node, storageOf);
    if (chosen.has(key) || open.some((other) => other.key === key)) continue;
    const variants = usableVariants(node, device, storageOf);
    invariant(variants.length > 0, `${node.op.name} (${node.name}) has no kernel for this device`);
    const named = variants.find(({ name }) => name === recorded[key]);
    if (key in recorded && !named) asRecorded = false;
    if (named) chosen.set(key, named);
    else if (device.isSoftwareAdapter || variants.length === 1)
      chosen.set(key, preferredOnSoftware(node, variants));
    else open.push({ key, node, variants });
    if (variants.length > 1) table[key] = '';
  }
  const refused = await compileCandidates(
    device,
    open.flatMap(({ variants }) => variants),
  );
  for (const { key, node, variants } of open) {
    const compiled = variants.filter((variant) => !refused.has(variant));
    // Nothing is left that could compute it.
    if (compiled.length === 0) throw refused.get(variants[0]!);
    chosen.set(key, await fastest(device, node, compiled, { storageOf, batch: tuningExtents(largest) }));
  }
  for (const key of Object.keys(table)) table[key] = chosen.get(key)!.name;
  return {
    table,
    asRecorded,
    // Variants are made anew for each node: constants such as a dropout site are its own.
    variantOf: (node) => {
      const { name } = chosen.get(operationKey(node, storageOf))!;
      return usableVariants(node, device, storageOf).find((variant) => variant.name === name)!;
    },
  };
}
