/** Small matrices of numbers, for the properties of storages. */
import fc from 'fast-check';

export const drawnMatrix = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 9 }))
  .chain(([rows, cols]) =>
    fc
      .array(fc.float({ min: -1000, max: 1000, noNaN: true }), {
        minLength: rows * cols,
        maxLength: rows * cols,
      })
      .map((values) => ({ rows, cols, data: Float32Array.from(values) })),
  );
