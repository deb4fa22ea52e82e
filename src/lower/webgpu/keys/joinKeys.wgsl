// prefix [NEW * sequences, N], x [tokens + BEFORE * sequences, N], tokenLayout -> [tokens + PREFIX * sequences, N]
@group(0) @binding(1) var<storage, read> prefix: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> tokenLayout: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  let row = i / COLS;
  let place = keyPlace(row);
  let position = row - place.y - place.x * PREFIX;
  if (position < NEW) {
    out[i] = prefix[(place.x * NEW + position) * COLS + i % COLS];
  } else {
    out[i] = x[(place.y + place.x * BEFORE + position - NEW) * COLS + i % COLS];
  }
}
