/** How WebGPU computes each op, by the op's name. */
import { invariant } from '../../errors';
import type { Op } from '../../graph/op';
import { activationGradKernels, activationKernels } from './activation/activation.kernels';
import { addKernels, rowAddKernels } from './add/add.kernels';
import {
  attentionDeltaKernels,
  attentionGradKeyKernels,
  attentionGradQueryKernels,
  attentionGradValueKernels,
  attentionKernels,
  attentionLseKernels,
} from './attention/attention.kernels';
import { columnSumKernels } from './columnSum/columnSum.kernels';
import { crossEntropyGradKernels, crossEntropyKernels } from './crossEntropy/crossEntropy.kernels';
import { dropoutKernels } from './dropout/dropout.kernels';
import { gatherGradKernels, gatherKernels } from './gather/gather.kernels';
import { gemmKernels, gemmSoftwareOrder } from './gemm/gemm.kernels';
import type { Lowering } from './kernel';
import { joinKeysKernels, takePrefixKernels, takeTokensKernels } from './keys/keys.kernels';
import {
  blockMatmulKernels,
  kroneckerGradRuleKernels,
  kroneckerGradWeightKernels,
  kroneckerSumKernels,
} from './kronecker/kronecker.kernels';
import {
  layerNormGradGammaKernels,
  layerNormGradInputKernels,
  layerNormKernels,
} from './layerNorm/layerNorm.kernels';
import { rowLossGradKernels, rowLossKernels } from './losses/losses.kernels';
import { meanGradKernels, meanKernels } from './mean/mean.kernels';
import { minusIdentityKernels } from './minusIdentity/minusIdentity.kernels';
import { orthonormalGradKernels, orthonormalKernels } from './orthonormal/orthonormal.kernels';
import {
  clearPositionsKernels,
  putPositionsKernels,
  scatterPositionsKernels,
  takePositionsKernels,
} from './positions/positions.kernels';
import { reshapeKernels } from './reshape/reshape.kernels';
import { rowDotKernels } from './rowDot/rowDot.kernels';
import { inverseRowNormGradKernels, inverseRowNormKernels } from './rowNorm/rowNorm.kernels';
import { scatterFirstKernels, takeFirstKernels } from './rows/rows.kernels';
import { scaleByKernels, scaleKernels } from './scale/scale.kernels';
import {
  repeatRowsKernels,
  sequenceSpreadKernels,
  sequenceSumKernels,
  sumRepeatsKernels,
} from './sequences/sequences.kernels';
import { placeKernels, sliceKernels } from './slice/slice.kernels';
import { softmaxGradKernels, softmaxKernels } from './softmax/softmax.kernels';
import { taskMaskKernels } from './taskMask/taskMask.kernels';

export const webgpuLowerings: Readonly<Record<string, Lowering>> = {
  activation: { kernels: activationKernels },
  activationGrad: { kernels: activationGradKernels },
  add: { kernels: addKernels },
  attention: { kernels: attentionKernels },
  attentionDelta: { kernels: attentionDeltaKernels },
  attentionGradKey: { kernels: attentionGradKeyKernels },
  attentionGradQuery: { kernels: attentionGradQueryKernels },
  attentionGradValue: { kernels: attentionGradValueKernels },
  attentionLse: { kernels: attentionLseKernels },
  blockMatmul: { kernels: blockMatmulKernels },
  clearPositions: { kernels: clearPositionsKernels },
  columnSum: { kernels: columnSumKernels },
  crossEntropy: { kernels: crossEntropyKernels },
  crossEntropyGrad: { kernels: crossEntropyGradKernels },
  dropout: { kernels: dropoutKernels },
  gather: { kernels: gatherKernels },
  gatherGrad: { kernels: gatherGradKernels },
  gemm: { kernels: gemmKernels, compactInput: 1, softwareOrder: gemmSoftwareOrder },
  inverseRowNorm: { kernels: inverseRowNormKernels },
  inverseRowNormGrad: { kernels: inverseRowNormGradKernels },
  joinKeys: { kernels: joinKeysKernels },
  kroneckerGradRule: { kernels: kroneckerGradRuleKernels },
  kroneckerGradWeight: { kernels: kroneckerGradWeightKernels },
  kroneckerSum: { kernels: kroneckerSumKernels },
  layerNorm: { kernels: layerNormKernels },
  layerNormGradGamma: { kernels: layerNormGradGammaKernels },
  layerNormGradInput: { kernels: layerNormGradInputKernels },
  mean: { kernels: meanKernels },
  meanGrad: { kernels: meanGradKernels },
  minusIdentity: { kernels: minusIdentityKernels },
  orthonormal: { kernels: orthonormalKernels },
  orthonormalGrad: { kernels: orthonormalGradKernels },
  place: { kernels: placeKernels },
  putPositions: { kernels: putPositionsKernels },
  repeatRows: { kernels: repeatRowsKernels },
  reshape: { kernels: reshapeKernels },
  rowAdd: { kernels: rowAddKernels },
  rowDot: { kernels: rowDotKernels },
  rowLoss: { kernels: rowLossKernels },
  rowLossGrad: { kernels: rowLossGradKernels },
  scale: { kernels: scaleKernels },
  scaleBy: { kernels: scaleByKernels },
  scatterFirst: { kernels: scatterFirstKernels },
  scatterPositions: { kernels: scatterPositionsKernels },
  sequenceSpread: { kernels: sequenceSpreadKernels },
  sequenceSum: { kernels: sequenceSumKernels },
  slice: { kernels: sliceKernels },
  softmax: { kernels: softmaxKernels },
  softmaxGrad: { kernels: softmaxGradKernels },
  sumRepeats: { kernels: sumRepeatsKernels },
  takeFirst: { kernels: takeFirstKernels },
  takePositions: { kernels: takePositionsKernels },
  takePrefix: { kernels: takePrefixKernels },
  takeTokens: { kernels: takeTokensKernels },
  taskMask: { kernels: taskMaskKernels },
};

/** Throws (programmer error) for an op that has none. */
export function loweringOf({ name }: Op): Lowering {
  const lowering = webgpuLowerings[name];
  invariant(lowering, `WebGPU has no lowering of the op ${name}: enrol it in src/lower/webgpu/registry.ts`);
  return lowering;
}
