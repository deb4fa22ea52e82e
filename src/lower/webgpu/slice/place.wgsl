// x [sourceRows, SOURCE_COLS] -> [rows, COLS], zero but for x at (ROW_START, COL_START)
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  // Left of or above the rectangle these wrap around to a large number.
  let row = i / COLS - ROW_START;
  let column = i % COLS - COL_START;
  out[i] = 0.0;
  if (row < sourceRows() && column < SOURCE_COLS) { out[i] = x[row * SOURCE_COLS + column]; }
}
