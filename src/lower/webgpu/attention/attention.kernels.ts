/** WGSL of attention and its gradients: no workgroup memory, probabilities recomputed where they are needed. */
import type { OpNode } from '../../../graph/graph';
import { maskConstants } from '../dropout/dropout.kernels';
import rng from '../dropout/rng.wgsl?raw';
import { f32, perRow, u32 } from '../grid';
import grid from '../grid.wgsl?raw';
import type { KernelVariant } from '../kernel';
import placePrefix from '../keys-place.prefix.wgsl?raw';
import placeTokens from '../keys-place.tokens.wgsl?raw';
import deltaWgsl from './delta.wgsl?raw';
import forwardWgsl from './forward.wgsl?raw';
import gradKeyWgsl from './gradKey.wgsl?raw';
import gradQueryWgsl from './gradQuery.wgsl?raw';
import gradValueWgsl from './gradValue.wgsl?raw';
import lseWgsl from './lse.wgsl?raw';
import maskDropout from './mask.dropout.wgsl?raw';
import maskNone from './mask.none.wgsl?raw';

/** Features that one invocation accumulates. */
const chunk = 32;

function geometry(node: OpNode) {
  const heads = Number(node.attributes.heads);
  const width = node.inputs[0]!.shape.cols;
  const headSize = width / heads;
  const prefix = Number(node.attributes.prefix ?? 0);
  return { heads, width, headSize, prefix, chunks: Math.ceil(headSize / chunk) };
}

function perHead(node: OpNode, kernel: string): readonly KernelVariant[] {
  const { heads, width, headSize, prefix } = geometry(node);
  const dispatch = perRow(node, {
    label: node.op.name,
    wgsl: grid + kernel,
    constants: {
      HEADS: u32(heads),
      HEAD_SIZE: u32(headSize),
      WIDTH: u32(width),
      PREFIX: u32(prefix),
      SCORE_SCALE: f32(1 / Math.sqrt(headSize)),
    },
    invocationsPerRow: heads,
  });
  return [{ name: 'head', requires: [], dispatches: [dispatch] }];
}

function perChunk(node: OpNode, kernel: string): readonly KernelVariant[] {
  const { heads, width, headSize, prefix, chunks } = geometry(node);
  const rate = Number(node.attributes.rate);
  const dispatch = perRow(node, {
    label: node.op.name,
    wgsl:
      grid + (rate > 0 ? rng + maskDropout : maskNone) + (prefix > 0 ? placePrefix : placeTokens) + kernel,
    constants: {
      HEADS: u32(heads),
      HEAD_SIZE: u32(headSize),
      CHUNKS: u32(chunks),
      WIDTH: u32(width),
      PREFIX: u32(prefix),
      SCORE_SCALE: f32(1 / Math.sqrt(headSize)),
      ...(rate > 0 ? maskConstants(rate, Number(node.attributes.site)) : {}),
    },
    invocationsPerRow: heads * chunks,
  });
  return [{ name: 'chunk', requires: [], dispatches: [dispatch] }];
}

export const attentionLseKernels = (node: OpNode) => perHead(node, lseWgsl);
export const attentionDeltaKernels = (node: OpNode) => perHead(node, deltaWgsl);
export const attentionKernels = (node: OpNode) => perChunk(node, forwardWgsl);
export const attentionGradQueryKernels = (node: OpNode) => perChunk(node, gradQueryWgsl);
export const attentionGradKeyKernels = (node: OpNode) => perChunk(node, gradKeyWgsl);
export const attentionGradValueKernels = (node: OpNode) => perChunk(node, gradValueWgsl);
