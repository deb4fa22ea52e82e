// dY [1] -> dX [rows], each dY / rows
@group(0) @binding(1) var<storage, read> dY: array<f32>;
@group(0) @binding(2) var<storage, read_write> dX: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i < rows()) { dX[i] = dY[0] / f32(rows()); }
}
