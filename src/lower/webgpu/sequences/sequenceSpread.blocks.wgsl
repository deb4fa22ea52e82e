// dY [sequences, N] -> [PER_SEQUENCE * sequences, N]
@group(0) @binding(1) var<storage, read> dY: array<f32>;
@group(0) @binding(2) var<storage, read_write> dX: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  let value = dY[(i / COLS / PER_SEQUENCE) * COLS + i % COLS];
  dX[i] = select(value, value / f32(PER_SEQUENCE), MEAN);
}
