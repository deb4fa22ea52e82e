// One column an invocation, rows in order: x [rows, N] -> [N].
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = linearIndex(id);
  if (column >= COLS) { return; }
  var sum = 0.0;
  for (var i = 0u; i < summands(); i++) { sum += x[i * COLS + column]; }
  out[column] = sum;
}
