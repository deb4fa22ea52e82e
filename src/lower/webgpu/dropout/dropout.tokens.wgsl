// Dropout of token rows: x [M, N], tokenLayout [M, 4] (sequence, first row, rows, keys).
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> tokenLayout: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  let row = i / COLS;
  let place = tokenLayout[row];
  let hash = fold(fold(fold(maskKey(), place.x), row - place.y), i % COLS);
  out[i] = select(0.0, x[i] * SCALE, hash >= THRESHOLD);
}
