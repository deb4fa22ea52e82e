/** Which operators compute each op, by the op's name. */
import { activation, activationGrad } from './activation';
import { add, columnSum } from './add';
import {
  attention,
  attentionDelta,
  attentionGradKey,
  attentionGradQuery,
  attentionGradValue,
  attentionLse,
} from './attention';
import { dropout } from './dropout';
import { gemm } from './gemm';
import { blockMatmul, kroneckerGradRule, kroneckerGradWeight, kroneckerSum } from './kronecker';
import { layerNorm, layerNormGradGamma, layerNormGradInput } from './layerNorm';
import { crossEntropy, crossEntropyGrad, rowLoss, rowLossGrad } from './losses';
import type { OnnxLowering } from './lowering';
import { orthonormal, orthonormalGrad } from './orthonormal';
import {
  clearPositions,
  joinKeys,
  putPositions,
  scatterFirst,
  scatterPositions,
  takeFirst,
  takePositions,
  takePrefix,
  takeTokens,
  taskMask,
} from './rows';
import { inverseRowNorm, inverseRowNormGrad, minusIdentity, rowDot, scale, scaleBy } from './scale';
import { repeatRows, sequenceSpread, sequenceSum, sumRepeats } from './sequences';
import { gather, gatherGrad, mean, meanGrad, place, reshape, slice } from './shapes';
import { softmax, softmaxGrad } from './softmax';

export const onnxLowerings: Readonly<Record<string, OnnxLowering>> = {
  activation,
  activationGrad,
  add,
  attention,
  attentionDelta,
  attentionGradKey,
  attentionGradQuery,
  attentionGradValue,
  attentionLse,
  blockMatmul,
  clearPositions,
  columnSum,
  crossEntropy,
  crossEntropyGrad,
  dropout,
  gather,
  gatherGrad,
  gemm,
  inverseRowNorm,
  inverseRowNormGrad,
  joinKeys,
  kroneckerGradRule,
  kroneckerGradWeight,
  kroneckerSum,
  layerNorm,
  layerNormGradGamma,
  layerNormGradInput,
  mean,
  meanGrad,
  minusIdentity,
  orthonormal,
  orthonormalGrad,
  place,
  putPositions,
  repeatRows,
  reshape,
  // ONNX broadcasts the row [1, N].
  rowAdd: add,
  rowDot,
  rowLoss,
  rowLossGrad,
  scale,
  scaleBy,
  scatterFirst,
  scatterPositions,
  sequenceSpread,
  sequenceSum,
  slice,
  softmax,
  softmaxGrad,
  sumRepeats,
  takeFirst,
  takePositions,
  takePrefix,
  takeTokens,
  taskMask,
};
