// x [sourceRows, SOURCE_COLS] -> [rows, COLS] from (ROW_START, COL_START)
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  out[i] = x[(ROW_START + i / COLS) * SOURCE_COLS + COL_START + i % COLS];
}
