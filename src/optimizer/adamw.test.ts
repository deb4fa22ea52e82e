import { expect, it } from 'vitest';
import { adamwReference } from './adamw';

// python -c "import torch; p=torch.nn.Parameter(torch.tensor([1.,-2.,3.],dtype=torch.float64)); q=torch.nn.Parameter(torch.tensor([.5],dtype=torch.float64))
// o=torch.optim.AdamW([{'params':[p],'weight_decay':.1},{'params':[q],'weight_decay':0.}],lr=.01,betas=(.9,.999),eps=1e-8)
// for g,h in [([.3,-.4,1.2],[2.]),([-1.,.2,.1],[.5])]:
//   p.grad=torch.tensor(g,dtype=torch.float64); q.grad=torch.tensor(h,dtype=torch.float64)
//   print(torch.nn.utils.clip_grad_norm_([p,q],1.).item()); o.step()
// print(p.tolist(), q.tolist())"   with torch 2.13.0
const recorded = {
  norms: [2.3853720883753127, 1.140175425099138],
  parameters: [0.9944264551385454, -1.986763206352056, 2.9761333957947214, 0.4806129899035883],
};

it('is torch.optim.AdamW after clip_grad_norm_, decay on the first group only', () => {
  const blocks = {
    parameters: Float64Array.of(1, -2, 3, 0.5),
    gradients: new Float64Array(4),
    exponentialAverage: new Float64Array(4),
    exponentialAverageSquared: new Float64Array(4),
  };
  const norms = [
    [0.3, -0.4, 1.2, 2],
    [-1, 0.2, 0.1, 0.5],
  ].map((gradients, i) => {
    blocks.gradients.set(gradients);
    const settings = {
      step: i + 1,
      learningRate: 0.01,
      weightDecay: 0.1,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      maxGradNorm: 1,
    };
    return adamwReference(blocks, 3, settings, 0.5).gradientNorm;
  });
  norms.forEach((norm, i) => {
    expect(norm).toBeCloseTo(recorded.norms[i]!, 12);
  });
  blocks.parameters.forEach((value, i) => {
    expect(value).toBeCloseTo(recorded.parameters[i]!, 12);
  });
});

it('writes nothing where the loss or a gradient is not finite', () => {
  for (const [gradient, loss] of [
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 1],
    [1, Number.NaN],
  ] as const) {
    const blocks = {
      parameters: Float64Array.of(1),
      gradients: Float64Array.of(gradient),
      exponentialAverage: Float64Array.of(0.1),
      exponentialAverageSquared: Float64Array.of(0.2),
    };
    const settings = {
      step: 1,
      learningRate: 1,
      weightDecay: 1,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      maxGradNorm: 1,
    };
    expect(adamwReference(blocks, 1, settings, loss).skipped).toBe(true);
    expect([blocks.parameters[0], blocks.exponentialAverage[0], blocks.exponentialAverageSquared[0]]).toEqual(
      [1, 0.1, 0.2],
    );
  }
});
