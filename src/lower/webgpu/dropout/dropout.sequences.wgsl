// Dropout of sequence rows: the row is the sequence, the position 0.
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  let hash = fold(fold(fold(maskKey(), i / COLS), 0u), i % COLS);
  out[i] = select(0.0, x[i] * SCALE, hash >= THRESHOLD);
}
