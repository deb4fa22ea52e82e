/** WGSL of `layerNorm` and its gradient: a row an invocation without barriers, and a row a workgroup. */
import { type Extents, type OpNode, rowCount } from '../../../graph/graph';
import { f32, perRow, u32 } from '../grid';
import grid from '../grid.wgsl?raw';
import type { KernelDispatch, KernelVariant } from '../kernel';
import treeSum from '../tree-sum.wgsl?raw';
import forwardRow from './layerNorm.row.wgsl?raw';
import forwardWorkgroup from './layerNorm.workgroup.wgsl?raw';
import gradGammaRow from './layerNormGradGamma.row.wgsl?raw';
import backwardRow from './layerNormGradInput.row.wgsl?raw';
import backwardWorkgroup from './layerNormGradInput.workgroup.wgsl?raw';
import plain from './sum.plain.wgsl?raw';
import residual from './sum.residual.wgsl?raw';

const maxWorkgroupsPerDimension = 65_535;

function sumAndConstants(node: OpNode) {
  return {
    sum: node.attributes.residual ? residual : plain,
    constants: {
      COLS: u32(node.shape.cols),
      EPSILON: f32(Number(node.attributes.epsilon)),
      AFTER_SUM: node.attributes.residual ? '3' : '2',
    },
  };
}

function variants(node: OpNode, row: string, workgroup: string): readonly KernelVariant[] {
  const { sum, constants } = sumAndConstants(node);
  const label = node.op.name;
  const byRow = perRow(node, { label, wgsl: grid + sum + row, constants, invocationsPerRow: 1 });
  const byWorkgroup: KernelDispatch = {
    ...byRow,
    wgsl: treeSum + sum + workgroup,
    workgroups: (extents: Extents) => {
      const rows = rowCount(node.shape.rows, extents);
      return rows <= maxWorkgroupsPerDimension
        ? [rows, 1, 1]
        : [maxWorkgroupsPerDimension, Math.ceil(rows / maxWorkgroupsPerDimension), 1];
    },
  };
  return [
    { name: 'row', requires: [], dispatches: [byRow] },
    { name: 'workgroup', requires: [], dispatches: [byWorkgroup] },
  ];
}

export const layerNormKernels = (node: OpNode) => variants(node, forwardRow, forwardWorkgroup);
export const layerNormGradInputKernels = (node: OpNode) => variants(node, backwardRow, backwardWorkgroup);

export function layerNormGradGammaKernels(node: OpNode): readonly KernelVariant[] {
  const { sum, constants } = sumAndConstants(node);
  const wgsl = grid + sum + gradGammaRow;
  const dispatch = perRow(node, { label: node.op.name, wgsl, constants, invocationsPerRow: 1 });
  return [{ name: 'row', requires: [], dispatches: [dispatch] }];
}
