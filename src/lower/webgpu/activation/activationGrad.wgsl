// x, dY -> dX = dY f'(x); f' comes from functions/<kind>.wgsl.
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dY: array<f32>;
@group(0) @binding(3) var<storage, read_write> dX: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  dX[i] = dY[i] * activationDerivative(x[i]);
}
