// One row an invocation, no barriers: the fast one where invocations run one after another (software adapters).
@group(0) @binding(AFTER_SUM) var<storage, read> gamma: array<f32>;
@group(0) @binding(AFTER_SUM + 1) var<storage, read> beta: array<f32>;
@group(0) @binding(AFTER_SUM + 2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = linearIndex(id);
  if (row >= rows()) { return; }
  let first = row * COLS;
  // Pairs of partial sums halve the rounding error of a long row and the latency of the additions.
  var even = 0.0;
  var odd = 0.0;
  for (var j = 0u; j + 1u < COLS; j += 2u) {
    even += summed(first + j);
    odd += summed(first + j + 1u);
  }
  if (COLS % 2u == 1u) { even += summed(first + COLS - 1u); }
  let mean = (even + odd) / f32(COLS);
  even = 0.0;
  odd = 0.0;
  for (var j = 0u; j + 1u < COLS; j += 2u) {
    let a = summed(first + j) - mean;
    let b = summed(first + j + 1u) - mean;
    even += a * a;
    odd += b * b;
  }
  if (COLS % 2u == 1u) {
    let a = summed(first + COLS - 1u) - mean;
    even += a * a;
  }
  let rstd = 1.0 / sqrt((even + odd) / f32(COLS) + EPSILON);
  for (var j = 0u; j < COLS; j++) {
    out[first + j] = (summed(first + j) - mean) * rstd * gamma[j] + beta[j];
  }
}
