// x [PER_SEQUENCE * sequences, N] -> [sequences, N]
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  let first = (i / COLS) * PER_SEQUENCE;
  var sum = 0.0;
  for (var row = first; row < first + PER_SEQUENCE; row++) { sum += x[row * COLS + i % COLS]; }
  out[i] = select(sum, sum / f32(PER_SEQUENCE), MEAN);
}
