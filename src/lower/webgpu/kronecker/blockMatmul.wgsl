// a, b: blocks one below another -> [blocks * BLOCK_ROWS, COLS]; strides say what is transposed within a block.
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = linearIndex(id);
  if (index >= rows() * COLS) { return; }
  let row = index / COLS;
  let t = row / BLOCK_ROWS;
  let aAt = t * A_BLOCK + (row % BLOCK_ROWS) * A_ROW;
  let bAt = t * B_BLOCK + (index % COLS) * B_COL;
  var sum = 0.0;
  for (var k = 0u; k < INNER; k++) { sum += a[aAt + k * A_INNER] * b[bAt + k * B_INNER]; }
  out[index] = sum;
}
