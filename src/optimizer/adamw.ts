/**
 * The update of all trainable parameters, as passes over the flat blocks: global norm, clipping, AdamW, and a guard that
 * leaves everything as it was when the loss or a gradient is not finite. Not a graph op: it has state.
 *
 * `torch.nn.utils.clip_grad_norm_`: g ← g · min(1, maxNorm / (norm + 1e-6)).
 * `torch.optim.AdamW` (arXiv:1711.05101): w ← w (1 − lr · decay);  m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;
 *   w ← w − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).
 */

export interface AdamWSettings {
  /** From 1; the bias corrections depend on it. */
  readonly step: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Gradients are multiplied by min(1, maxGradNorm / (norm + 1e-6)); 0 switches clipping off. */
  readonly maxGradNorm: number;
}

export interface FlatBlocks<A extends Float32Array | Float64Array> {
  readonly parameters: A;
  readonly gradients: A;
  readonly exponentialAverage: A;
  readonly exponentialAverageSquared: A;
}

/** What the kernels read from a uniform, computed once a step in float64. */
export function updateScalars(settings: AdamWSettings) {
  const { step, learningRate, weightDecay, beta1, beta2 } = settings;
  return {
    decayFactor: 1 - learningRate * weightDecay,
    stepSize: learningRate / (1 - beta1 ** step),
    secondMomentScale: 1 / Math.sqrt(1 - beta2 ** step),
  };
}

/** Keeps the clipping factor finite, as torch does. */
export const clipEpsilon = 1e-6;

/** The definition. Returns the norm before clipping; where it or `loss` is not finite, nothing is written. */
export function adamwReference(
  blocks: FlatBlocks<Float64Array>,
  decayedFloats: number,
  settings: AdamWSettings,
  loss: number,
): { readonly gradientNorm: number; readonly skipped: boolean } {
  const { parameters, gradients, exponentialAverage: m, exponentialAverageSquared: v } = blocks;
  let sumOfSquares = 0;
  for (const g of gradients) sumOfSquares += g * g;
  const gradientNorm = Math.sqrt(sumOfSquares);
  if (!Number.isFinite(gradientNorm) || !Number.isFinite(loss)) return { gradientNorm, skipped: true };
  const { maxGradNorm, beta1, beta2, epsilon } = settings;
  const clip = maxGradNorm > 0 ? Math.min(1, maxGradNorm / (gradientNorm + clipEpsilon)) : 1;
  const { decayFactor, stepSize, secondMomentScale } = updateScalars(settings);
  for (let i = 0; i < parameters.length; i++) {
    const g = gradients[i]! * clip;
    m[i] = beta1 * m[i]! + (1 - beta1) * g;
    v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
    const decayed = i < decayedFloats ? parameters[i]! * decayFactor : parameters[i]!;
    parameters[i] = decayed - (stepSize * m[i]!) / (Math.sqrt(v[i]!) * secondMomentScale + epsilon);
  }
  return { gradientNorm, skipped: false };
}
