// dY [rows * summands, N] -> [rows, N], blocks in order
@group(0) @binding(1) var<storage, read> dY: array<f32>;
@group(0) @binding(2) var<storage, read_write> dX: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  var sum = 0.0;
  for (var block = 0u; block < summands(); block++) { sum += dY[block * rows() * COLS + i]; }
  dX[i] = sum;
}
