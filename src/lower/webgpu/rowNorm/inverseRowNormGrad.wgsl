// v [rows, N], y [rows, 1], dY [rows, 1] -> dV [rows, N]
@group(0) @binding(1) var<storage, read> v: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read> dY: array<f32>;
@group(0) @binding(4) var<storage, read_write> dV: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  let row = i / COLS;
  dV[i] = -dY[row] * y[row] * y[row] * y[row] * v[i];
}
