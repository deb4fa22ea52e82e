// dY [sequences, N], tokenLayout [tokens, 4] (sequence, first row, rows, keys) -> [tokens, N]
@group(0) @binding(1) var<storage, read> dY: array<f32>;
@group(0) @binding(2) var<storage, read> tokenLayout: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> dX: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  let place = tokenLayout[i / COLS];
  let value = dY[place.x * COLS + i % COLS];
  dX[i] = select(value, value / f32(place.z), MEAN);
}
