// joined [tokens + (NEW + PREFIX) * sequences, N], tokenLayout -> [tokens + PREFIX * sequences, N]
@group(0) @binding(1) var<storage, read> joined: array<f32>;
@group(0) @binding(2) var<storage, read> tokenLayout: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  let row = i / COLS;
  // Each sequence up to and including this row's has NEW more rows in the joined matrix.
  out[i] = joined[(row + (keyPlace(row).x + 1u) * NEW) * COLS + i % COLS];
}
