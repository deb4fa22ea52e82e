/**
 * Exponential moving average with bias correction, as TensorBoard draws it: weight 0 leaves the values as they are. What
 * is not finite stays where it is and does not enter the average.
 */
export function smooth(values: ArrayLike<number>, weight: number): Float64Array {
  const smoothed = new Float64Array(values.length);
  let last = 0;
  let norm = 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isFinite(value)) {
      last = last * weight + (1 - weight) * value;
      norm *= weight;
      smoothed[i] = last / (1 - norm);
    } else {
      smoothed[i] = value;
    }
  }
  return smoothed;
}
