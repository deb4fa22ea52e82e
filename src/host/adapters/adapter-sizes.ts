/**
 * The two sizes of an adapter, wherever they are shown: how many numbers train (`parameterCount`, the layout's count), and the
 * bytes that its file holds. The file has frozen tensors too: LoReFT's bases, VeRA's factors, adapters of a composition.
 */

/** float32 values of all tensors; names, headers and settings add some kilobytes. */
export function bytesOf(tensors: Iterable<{ readonly shape: readonly number[] }>): number {
  let count = 0;
  for (const { shape } of tensors) count += shape.reduce((product, n) => product * n, 1);
  return 4 * count;
}
