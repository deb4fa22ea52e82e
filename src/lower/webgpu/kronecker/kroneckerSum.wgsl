// rule [BLOCKS * A, B], weight [BLOCKS * C, D] -> [A * C, B * D]
@group(0) @binding(1) var<storage, read> rule: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = linearIndex(id);
  if (index >= rows() * COLS) { return; }
  let row = index / COLS;
  let column = index % COLS;
  var sum = 0.0;
  for (var t = 0u; t < BLOCKS; t++) {
    sum += rule[(t * A + row / C) * B + column / D] * weight[(t * C + row % C) * D + column % D];
  }
  out[index] = sum;
}
