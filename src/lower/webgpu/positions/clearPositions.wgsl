// x [tokens, N], tokenLayout [tokens, 4] -> [tokens, N], zero at the positions
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> tokenLayout: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  let row = i / COLS;
  let place = tokenLayout[row];
  out[i] = select(x[i], 0.0, indexOf(row - place.y, place.w) < COUNT);
}
