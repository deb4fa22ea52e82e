/** Exponential moving average with bias correction, as TensorBoard draws it: weight 0 leaves the values as they are. */
export function smooth(values: readonly number[], weight: number): number[] {
  let last = 0;
  let norm = 1;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    last = last * weight + (1 - weight) * value;
    norm *= weight;
    return last / (1 - norm);
  });
}
