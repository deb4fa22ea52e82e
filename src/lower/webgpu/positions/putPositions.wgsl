// x [tokens, N], picked [COUNT * sequences, N], tokenLayout [tokens, 4] -> [tokens, N]
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> picked: array<f32>;
@group(0) @binding(3) var<storage, read> tokenLayout: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  let row = i / COLS;
  let place = tokenLayout[row];
  let index = indexOf(row - place.y, place.w);
  if (index < COUNT) {
    out[i] = picked[(place.x * COUNT + index) * COLS + i % COLS];
  } else {
    out[i] = x[i];
  }
}
