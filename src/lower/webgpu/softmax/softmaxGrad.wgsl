// One row an invocation: p, dP [rows, N] -> dX [rows, N].
@group(0) @binding(1) var<storage, read> p: array<f32>;
@group(0) @binding(2) var<storage, read> dP: array<f32>;
@group(0) @binding(3) var<storage, read_write> dX: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = linearIndex(id);
  if (row >= rows()) { return; }
  let first = row * COLS;
  var dot = 0.0;
  for (var j = 0u; j < COLS; j++) { dot += p[first + j] * dP[first + j]; }
  for (var j = 0u; j < COLS; j++) { dX[first + j] = p[first + j] * (dP[first + j] - dot); }
}
