// One row an invocation: x, [residual], dY -> dY * normalized x. Its column sums are the gradient of gamma.
@group(0) @binding(AFTER_SUM) var<storage, read> dY: array<f32>;
@group(0) @binding(AFTER_SUM + 1) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = linearIndex(id);
  if (row >= rows()) { return; }
  let first = row * COLS;
  // Pairs of partial sums, as in layerNorm.row.wgsl: the mean's rounding error is divided by the deviation.
  var even = 0.0;
  var odd = 0.0;
  for (var j = 0u; j + 1u < COLS; j += 2u) {
    even += summed(first + j);
    odd += summed(first + j + 1u);
  }
  if (COLS % 2u == 1u) { even += summed(first + COLS - 1u); }
  let mean = (even + odd) / f32(COLS);
  var squares = 0.0;
  for (var j = 0u; j < COLS; j++) {
    let centred = summed(first + j) - mean;
    squares += centred * centred;
  }
  let rstd = 1.0 / sqrt(squares / f32(COLS) + EPSILON);
  for (var j = 0u; j < COLS; j++) { out[first + j] = dY[first + j] * (summed(first + j) - mean) * rstd; }
}
