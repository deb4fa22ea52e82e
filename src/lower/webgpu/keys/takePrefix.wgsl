// joined [tokens + ALL * sequences, N], layout [sequences, 4] -> [NEW * sequences, N]
@group(0) @binding(1) var<storage, read> joined: array<f32>;
@group(0) @binding(2) var<storage, read> sequenceLayout: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  let sequence = i / COLS / NEW;
  let position = (i / COLS) % NEW;
  out[i] = joined[(sequenceLayout[sequence].x + sequence * ALL + position) * COLS + i % COLS];
}
