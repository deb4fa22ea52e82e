/**
 * Which adapters work together and how: AdapterHub's composition blocks (`adapters.composition`), as `adapter_setup.json`
 * holds them. Plain data.
 */
import { StudioError } from '../errors';

export type AdapterSetup =
  | { readonly type: 'single'; readonly name: string }
  | { readonly type: 'Stack' | 'Fuse' | 'Parallel' | 'MultiTask'; readonly children: readonly AdapterSetup[] }
  /** `weights` as the library has normalised them, to sum 1 unless it was told not to. */
  | {
      readonly type: 'Average';
      readonly children: readonly AdapterSetup[];
      readonly weights: readonly number[];
    }
  /** `batchSizes`: how many sequences of the batch, in order, each child gets. */
  | {
      readonly type: 'BatchSplit';
      readonly children: readonly AdapterSetup[];
      readonly batchSizes: readonly number[];
    };

export const single = (name: string): AdapterSetup => ({ type: 'single', name });

/** Names of all adapters, in order. */
export function adaptersOf(setup: AdapterSetup): readonly string[] {
  return setup.type === 'single' ? [setup.name] : setup.children.flatMap(adaptersOf);
}

/** Name of a fusion: its adapters' names joined by commas. */
export const fusionName = (setup: AdapterSetup): string => adaptersOf(setup).join(',');

/** All `Fuse` blocks within. */
export function fusionsOf(setup: AdapterSetup): readonly AdapterSetup[] {
  if (setup.type === 'single') return [];
  return [...(setup.type === 'Fuse' ? [setup] : []), ...setup.children.flatMap(fusionsOf)];
}

/** One way through the model: a setup without blocks that part the batch. */
export interface Branch {
  readonly setup: AdapterSetup;
  /** The adapter whose name the branch's head has. */
  readonly head: string;
  /** Which sequences of the batch it is for; null for all. */
  readonly sequences: { readonly first: number; readonly count: number } | null;
}

/**
 * The branches of a setup: one for each child of `Parallel`, which all get the whole batch, and of `BatchSplit`, which get
 * their sequences; inside a `Stack` the adapters before are common to all. Throws `unsupported-setup` for two such blocks.
 */
export function branchesOf(setup: AdapterSetup): readonly Branch[] {
  if (setup.type === 'Parallel')
    return setup.children.map((child) => ({
      setup: child,
      head: adaptersOf(child).at(-1)!,
      sequences: null,
    }));
  if (setup.type === 'BatchSplit') {
    let first = 0;
    return setup.children.map((child, i) => {
      const count = setup.batchSizes[i]!;
      const branch = { setup: child, head: adaptersOf(child).at(-1)!, sequences: { first, count } };
      first += count;
      return branch;
    });
  }
  const whole: Branch = { setup, head: adaptersOf(setup).at(-1)!, sequences: null };
  if (setup.type !== 'Stack') return [whole];
  const parting = setup.children.filter((child) => child.type === 'Parallel' || child.type === 'BatchSplit');
  if (parting.length === 0) return [whole];
  const [block] = parting;
  if (parting.length > 1 || block !== setup.children.at(-1))
    throw new StudioError(
      'unsupported-setup',
      'A stack may end in one Parallel or BatchSplit block, not hold several or go on after it.',
      'Put the block at the end of the stack.',
    );
  const before = setup.children.slice(0, -1);
  return branchesOf(block!).map((branch) => ({
    ...branch,
    setup: { type: 'Stack', children: [...before, branch.setup] },
  }));
}
