// One row an invocation: x [rows, N] -> p [rows, N].
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> p: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = linearIndex(id);
  if (row >= rows()) { return; }
  let first = row * COLS;
  var largest = x[first];
  for (var j = 1u; j < COLS; j++) { largest = max(largest, x[first + j]); }
  var sum = 0.0;
  for (var j = 0u; j < COLS; j++) { sum += exp(x[first + j] - largest); }
  for (var j = 0u; j < COLS; j++) { p[first + j] = exp(x[first + j] - largest) / sum; }
}
