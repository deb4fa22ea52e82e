/**
 * Puts a kernel's text together: constants, the extents of this graph, the `step` uniform, shared snippets, the kernel.
 * The `.wgsl` files are valid text but for what is prepended here.
 */
import { type Rows, rowTerms } from '../../graph/graph';
import type { KernelDispatch } from '../../lower/webgpu/kernel';

/** Bound at @group(0) @binding(0) of every kernel. Twin of `StepScalars`. */
const stepUniform = `struct Step { tokens: u32, sequences: u32, seed: u32, microStep: u32 }
@group(0) @binding(0) var<uniform> step: Step;
`;

export const stepUniformBytes = 16;

function extentFunction(name: string, rows: Rows): string {
  const { tokens, sequences, constant } = rowTerms(rows);
  const terms = [
    ...(tokens ? ['step.tokens'] : []),
    ...(sequences === 1 ? ['step.sequences'] : sequences > 1 ? [`${sequences}u * step.sequences`] : []),
  ];
  const value = terms.length > 0 ? terms.join(' + ') : `${constant}u`;
  return `fn ${name}() -> u32 { return ${value}; }\n`;
}

/** The whole WGSL module of a dispatch. `enable subgroups;` comes first where the kernel needs it. */
export function shaderText(dispatch: KernelDispatch, requires: readonly 'subgroups'[]): string {
  const enables = requires.map((feature) => `enable ${feature};\n`).join('');
  const constants = Object.entries(dispatch.constants).map(([name, value]) => `const ${name} = ${value};\n`);
  const extents = Object.entries(dispatch.extents).map(([name, rows]) => extentFunction(name, rows));
  return enables + constants.join('') + stepUniform + extents.join('') + dispatch.wgsl;
}
