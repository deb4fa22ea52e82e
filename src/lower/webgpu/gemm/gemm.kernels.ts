/**
 * WGSL of `gemm`, in two families. Register tiles without barriers are 2–4 times faster where a GPU is software; tiles in
 * workgroup memory are what real GPUs need. The runtime times them and chooses. Products whose inner size is the batch
 * (weight gradients) have few outputs and a long sum: it is split in a fixed way and added in a second dispatch.
 */
import type { Storage } from '../../../graph/frozen';
import { type Extents, type OpNode, rowCount } from '../../../graph/graph';
import { f32, linearGrid, u32 } from '../grid';
import grid from '../grid.wgsl?raw';
import type { KernelBinding, KernelDispatch, KernelVariant, StorageOf } from '../kernel';
import { packedWords } from '../packing';
import epilogueAddend from './epilogue.addend.wgsl?raw';
import epilogueBias from './epilogue.bias.wgsl?raw';
import epilogueBiasAddend from './epilogue.biasAddend.wgsl?raw';
import epilogueNone from './epilogue.none.wgsl?raw';
import epiloguePartial from './epilogue.partial.wgsl?raw';
import naive from './naive.wgsl?raw';
import registerQuad from './register.quad.wgsl?raw';
import register from './register.wgsl?raw';
import sumSplits from './sum-splits.wgsl?raw';
import tile from './tile.wgsl?raw';
import weightsF16 from './weights.f16.wgsl?raw';
import weightsF32 from './weights.f32.wgsl?raw';
import weightsInt8 from './weights.int8.wgsl?raw';

/** Splits of a sum over a batch's rows. Fixed, so that the order of additions depends on the row count only. */
const batchSplits = 8;

interface Family {
  readonly name: string;
  readonly wgsl: string;
  readonly requires: readonly 'subgroups'[];
  readonly constants: Readonly<Record<string, string>>;
  /** Outputs of one workgroup. */
  readonly block: { readonly rows: number; readonly cols: number };
}

const registerBlock = { rows: 32, cols: 64 };
const families: readonly Family[] = [
  { name: 'register', wgsl: register, requires: [], constants: {}, block: registerBlock },
  { name: 'register.quad', wgsl: registerQuad, requires: ['subgroups'], constants: {}, block: registerBlock },
  { name: 'tile32', wgsl: tile, requires: [], constants: { SIDE: '8u' }, block: { rows: 32, cols: 32 } },
  { name: 'tile64', wgsl: tile, requires: [], constants: { SIDE: '16u' }, block: { rows: 64, cols: 64 } },
];

/**
 * On a software adapter: no barriers (8–10 times slower there), the inner elements shared by quads (20–60 % faster than every
 * lane loading all of them).
 */
export const gemmSoftwareOrder = ['register.quad', 'register'] as const;

/** How `loadB` reads b from each storage. */
const weightsOf: Readonly<Record<Storage, string>> = { f32: weightsF32, f16: weightsF16, int8: weightsInt8 };

export function gemmKernels(node: OpNode, storageOf: StorageOf): readonly KernelVariant[] {
  const product = describeProduct(node, storageOf(node.inputs[1]!));
  // Tiles wider than the result mostly compute what is not stored.
  const fitting = families.filter(({ name }) => name !== 'tile64' || node.shape.cols > 32);
  return [naiveVariant(product), ...fitting.map((family) => familyVariant(product, family))];
}

type Product = ReturnType<typeof describeProduct>;

function describeProduct(node: OpNode, storage: Storage) {
  const [a, b] = node.inputs.map((input) => input.shape);
  const { transposeA, transposeB, alpha, bias, addend } = node.attributes;
  const extras = Number(bias) + Number(addend);
  const inner = transposeA ? a!.rows : a!.cols;
  return {
    node,
    extents: { rows: node.shape.rows, inner },
    /** Inner size changes with the batch: the product is a sum over its rows. */
    overBatch: typeof inner === 'string',
    constants: {
      COLS: u32(node.shape.cols),
      A_ROW: u32(transposeA ? 1 : a!.cols),
      A_INNER: u32(transposeA ? a!.cols : 1),
      B_INNER: u32(transposeB ? 1 : b!.cols),
      B_COL: u32(transposeB ? b!.cols : 1),
      ...(storage === 'int8'
        ? {
            TRANSPOSED: String(transposeB),
            SCALES: u32(packedWords(storage, b!.rows as number, b!.cols) - (b!.rows as number)),
          }
        : {}),
    },
    weights: weightsOf[storage],
    alpha: f32(Number(alpha)),
    epilogue:
      bias && addend ? epilogueBiasAddend : bias ? epilogueBias : addend ? epilogueAddend : epilogueNone,
    extraInputs: Array.from({ length: extras }, (_, i): KernelBinding => ({ kind: 'input', index: 2 + i })),
  };
}

const operands: readonly KernelBinding[] = [
  { kind: 'input', index: 0 },
  { kind: 'input', index: 1 },
];

function naiveVariant({
  node,
  extents,
  constants,
  weights,
  alpha,
  epilogue,
  extraInputs,
}: Product): KernelVariant {
  const dispatch: KernelDispatch = {
    label: 'gemm.naive',
    wgsl: grid + weights + epilogue + naive,
    constants: { ...constants, ALPHA: alpha, EPILOGUE: '3u' },
    extents,
    bindings: [...operands, ...extraInputs, { kind: 'output' }],
    workgroups: (batch) => linearGrid(rowCount(node.shape.rows, batch) * node.shape.cols),
  };
  return { name: 'naive', requires: [], dispatches: [dispatch] };
}

function familyVariant(product: Product, family: Family): KernelVariant {
  const { node, extents, constants, weights, alpha, epilogue, extraInputs, overBatch } = product;
  const { name, wgsl, requires, block } = family;
  const splits = overBatch ? batchSplits : 1;
  const groups = (batch: Extents): readonly [number, number, number] => {
    const rows = rowCount(node.shape.rows, batch);
    return [Math.ceil(node.shape.cols / block.cols), Math.ceil(rows / block.rows), splits];
  };
  const shared = { ...constants, ...family.constants, SPLITS: u32(splits), EPILOGUE: '3u' };
  if (splits === 1) {
    const dispatch: KernelDispatch = {
      label: `gemm.${name}`,
      wgsl: weights + epilogue + wgsl,
      constants: { ...shared, ALPHA: alpha },
      extents,
      bindings: [...operands, ...extraInputs, { kind: 'output' }],
      workgroups: groups,
    };
    return { name, requires, dispatches: [dispatch] };
  }
  const partials: KernelBinding = {
    kind: 'scratch',
    floats: (batch) => splits * rowCount(node.shape.rows, batch) * node.shape.cols,
  };
  const first: KernelDispatch = {
    label: `gemm.${name}.partials`,
    wgsl: weights + epiloguePartial + wgsl,
    constants: shared,
    extents,
    bindings: [...operands, partials],
    workgroups: groups,
  };
  const second: KernelDispatch = {
    label: `gemm.${name}.sum`,
    wgsl: grid + epilogue + sumSplits,
    constants: { COLS: constants.COLS, SPLITS: u32(splits), ALPHA: alpha, EPILOGUE: '2u' },
    extents: { rows: node.shape.rows },
    bindings: [partials, ...extraInputs, { kind: 'output' }],
    workgroups: (batch) => linearGrid(rowCount(node.shape.rows, batch) * node.shape.cols),
  };
  return { name, requires, dispatches: [first, second] };
}
