import { expect, it } from 'vitest';
import { softTargets } from './loss';

const logits = [
  [1, -2, 0.5],
  [0, 0.25, 3],
  [-1, 2, 2],
  [0.5, 0.5, -4],
];
const labels = [0, 2, 1, 2];

/** Mean over the rows of −Σ_c t_c log softmax(z)_c. */
function softCrossEntropy(targets: Float32Array): number {
  const rows = logits.map((row, i) => {
    const logSum = Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0));
    return row.reduce((loss, z, c) => loss - targets[i * row.length + c]! * (z - logSum), 0);
  });
  return rows.reduce((sum, loss) => sum + loss, 0) / rows.length;
}

// torch 2.13, the same logits in float64, y = torch.tensor([0, 2, 1, 2]):
//   torch.nn.CrossEntropyLoss(weight=torch.tensor(w), label_smoothing=e)(z, y).item()
it.each([
  [null, 0.2, 1.686346751968807],
  [[0.5, 3, 1.25], 0, 1.506415101236786],
  [[0.5, 3, 1.25], 0.1, 1.5565314890061108],
])(
  'soft targets of weights %j and smoothing %d give torch’s loss',
  (classWeights, labelSmoothing, torchs) => {
    // The targets are float32.
    expect(softCrossEntropy(softTargets(labels, 3, { classWeights, labelSmoothing }))).toBeCloseTo(torchs, 6);
  },
);
