// dY [tokens, N], order [tokens], starts [V + 1] -> dTable [V, N]
@group(0) @binding(1) var<storage, read> dY: array<f32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read> starts: array<u32>;
@group(0) @binding(4) var<storage, read_write> dTable: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = linearIndex(id);
  if (i >= rows() * COLS) { return; }
  let v = i / COLS;
  var sum = 0.0;
  if (i32(v) != PADDING) {
    for (var at = starts[v]; at < starts[v + 1u]; at++) { sum += dY[order[at] * COLS + i % COLS]; }
  }
  dTable[i] = sum;
}
